"""``aboveboard check`` and ``aboveboard recall``: which rows of a manifest may not be used any more, and who has them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from provenance.answering import DatabaseOption, asking, note, refuse
from provenance.as_of import AsOfOption, moment
from provenance.columnar import arrow
from provenance.rendering import Column, Format, instant, write_rows

if TYPE_CHECKING:  # they need the extra [parquet], and half a second to load
    from provenance.manifest.checking import Checked
    from provenance.manifest.register import Registered

FINDING = 1
_LAST = 2**63 - 1  # cursors are 64-bit integers
CHECK_EXAMPLES = """Examples:

aboveboard check corpus.parquet

aboveboard check corpus.parquet --policy eu-tdm --format table

In a pipeline the exit code is the gate: 0 every row is permitted still, 1 some are not or the file was changed, 2 it
cannot be told.
"""
RECALL_EXAMPLES = """Examples:

aboveboard recall --for corpus-team

aboveboard recall --for corpus-team --ack 42 --by 'J. Doe'

aboveboard recall --for corpus-team --after 0
"""
_FAILED = (
    Column(name="row", title="Row", is_numeric=True),
    Column(name="url", title="URL"),
    Column(name="cause", title="Cause"),
    Column(name="outcome", title="Outcome", needs_room=True),
    Column(name="rule", title="By rule", needs_room=True),
    Column(name="reasons", title="Reasons"),
    Column(name="since", title="Since", needs_room=True),
)
_RECALLED = (
    Column(name="cursor", title="Cursor", is_numeric=True),
    Column(name="holder", title="For"),
    Column(name="manifest", title="Manifest", needs_room=True),
    Column(name="capture", title="Capture", needs_room=True),
    Column(name="url", title="URL"),
    Column(name="cause", title="Cause"),
    Column(name="detail", title="Why"),
    Column(name="noted_at", title="Noted, UTC", needs_room=True),
)

FormatOption = Annotated[
    Format, typer.Option("--format", help="jsonl or csv for programs, table for people.")
]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command(epilog=CHECK_EXAMPLES)(check)
    app.command(epilog=RECALL_EXAMPLES)(recall)


def check(
    manifest: Annotated[Path, typer.Argument(help="A file that «aboveboard manifest» wrote.")],
    *,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Decide by this policy, not by today's of the manifest's policy's name."
        ),
    ] = None,
    as_of: AsOfOption = None,
    form: FormatOption = Format.JSONL,
    database: DatabaseOption = None,
) -> None:
    """Decide every row of a manifest again, and print those that may not be used any more.

    What was learned since counts: erased, reserved by its host, answered otherwise, its source out of force, the
    policy changed.  Exit 0 when the policy permits every row still, 1 when it does not or the file is not what was
    sealed, 2 when it cannot be told.  Nothing is written: reading the database is enough.
    """
    with asking(database) as opened:
        arrow()
        from provenance.manifest import checking  # noqa: PLC0415  # needs the extra [parquet]

        try:
            with Console(stderr=True).status("checking rows"):
                found = checking.check(opened, manifest, policy=policy, as_of=moment(as_of))
        except checking.ManifestChanged as error:
            note(f"error: {error}")
            raise typer.Exit(FINDING) from error
        write_rows(found.rows, checking.FailedRow, _FAILED, form, sys.stdout)
        sys.stdout.flush()
        _sum_up(found)
        if found.failed:
            raise typer.Exit(FINDING)


def recall(
    *,
    holder: Annotated[
        str | None, typer.Option("--for", metavar="TEAM", help="Only the rows that this team holds.")
    ] = None,
    after: Annotated[
        int | None,
        typer.Option(
            metavar="CURSOR",
            min=0,
            max=_LAST,
            help="Only entries behind this one; 0 lists all.  [default: behind the one last acknowledged]",
        ),
    ] = None,
    ack: Annotated[
        int | None,
        typer.Option(
            metavar="CURSOR",
            min=0,
            max=_LAST,
            help="Note that the team has acted on its feed up to this entry.",
        ),
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="WHO", help="With --ack: who says so.")] = None,
    form: FormatOption = Format.JSONL,
    database: DatabaseOption = None,
) -> None:
    """Print the rows of manifests that were called back, as a feed: first whatever was learned since is added to it.

    Nothing ever leaves the feed: acknowledged entries are listed again with --after 0.
    """
    from provenance.manifest import recall as recalls  # noqa: PLC0415  # no other command pays for it

    if (ack is None) != (by is None):
        refuse("--ack and --by go together: which entry, and who says that it was acted on")
    if ack is not None and (holder is None or after is not None):
        refuse("--ack goes with --for TEAM, and without --after: it notes what that team did")
    with asking(database) as opened:
        if ack is not None and by is not None and holder is not None:
            recalls.acknowledge(opened, holder, ack, by)
            note(f"acknowledged for {holder}: entries up to {ack}")
            return
        with Console(stderr=True).status("looking for what was learned since") as status:

            def told(manifest: Registered) -> None:
                status.update(f"looking through manifest {manifest.label}")

            added = recalls.sweep(opened, holder=holder, told=told)
        rows = recalls.feed(opened, holder=holder, after=after)
        listed = write_rows(rows, recalls.RecallRow, _RECALLED, form, sys.stdout)
        sys.stdout.flush()
        whose = "" if holder is None else f" from {holder}"
        note(f"{listed:,} rows called back{whose}; {added:,} were added to the feed now")


def _sum_up(found: Checked) -> None:
    manifest, policy = found.manifest, found.policy
    note(
        f"manifest {manifest.label}: {manifest.rows:,} rows for {manifest.usage}, as of {instant(manifest.as_of)}; "
        f"held against {policy.name} as of {instant(found.as_of)}"
    )
    if policy.digest != manifest.policy_digest:
        was, now = manifest.policy_digest.hex()[:16], policy.digest.hex()[:16]
        note(
            f"the policy is another: it was {manifest.policy_name} sha256:{was}, it is {policy.name} sha256:{now}"
        )
    if not found.failed:
        note(f"{policy.name} permits every row still")
        return
    note(f"{found.failed:,} rows may not be used any more:")
    for cause, rows in found.causes.items():
        note(f"  {cause} {rows:,}")
