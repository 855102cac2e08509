"""One manifest from question to files: chosen, written, sealed, registered, and only then given its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance import sources
from provenance.columnar import snapshot
from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.manifest.choosing import Chosen, choose
from provenance.manifest.counting import Counts
from provenance.manifest.dimensions import Dimensions
from provenance.manifest.facts import Facts
from provenance.manifest.gathering import SPOOLED, Gathering
from provenance.manifest.layout import COLUMNS, FORMAT, ROW_GROUP
from provenance.manifest.papers import papers
from provenance.manifest.register import register
from provenance.manifest.rows import Rows
from provenance.manifest.sealing import METHOD
from provenance.manifest.selection import Selection
from provenance.manifest.spooling import Spool
from provenance.manifest.suppressing import Suppressed
from provenance.manifest.writing import ManifestFile, Sealing, make_lasting, sha256_of
from provenance.sources import SourceEntry
from provenance.standings import Standing
from provenance.version import SOFTWARE

Told = Callable[[str, int], None]  # what is being done, and how many rows more it was done to


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A manifest that has its name."""

    path: Path
    papers: tuple[Path, ...]
    header: Mapping[str, Any]
    seal: str
    too_large: tuple[str, ...]  # what a split could not cut, in sentences


def write_manifest(
    database: Database, standing: Standing, asked: Selection, out: Path, *, force: bool, told: Told
) -> Written:
    """Write a manifest and its papers, and register it.

    The same database and question give the same bytes.  Until everything is written nothing has its name; what
    fails or is interrupted leaves nothing behind.

    Args:
        database: what is asked, and where the manifest is registered.
        standing: what holds, of ``asked.usage`` and ``asked.policy``; its moment is the manifest's.
        asked: what to put in.
        out: the file; the papers' names begin with it, without ".parquet".
        force: whether to replace files of these names.
        told: is told of progress.

    Raises:
        ProvenanceError: something is in the way, or cannot be written.
    """
    if out.name in {"", "-"}:
        raise ProvenanceError(f"'{out}' names no file: a manifest and its papers are files, name one")
    names = _names(out)
    _require_free((out, *names.values()), force=force)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProvenanceError(
            f"{out.parent} cannot be made ({error.strerror}): name another place"
        ) from error
    with ExitStack() as stack, Spool(out.parent, SPOOLED) as spool:
        part = stack.enter_context(_unfinished(out))
        facts, chosen, sealing = _write(database, standing, asked, part, spool=spool, told=told)
        ready = {
            path: _paper(stack.enter_context(_unfinished(path)), text)
            for path, text in zip(
                names.values(),
                papers(facts, out.name, sealing, part.stat().st_size, sha256_of(part)).values(),
                strict=True,
            )
        }
        ids = (chosen.ids[at : at + ROW_GROUP] for at in range(0, len(chosen.ids), ROW_GROUP))
        register(database, sealing.header, sealing.seal, sealing.rows_digest, ids, asked.holder)
        for path, unnamed in {**ready, out: part}.items():
            unnamed.replace(path)
        _sync_folder(out.parent)
    split = chosen.split
    return Written(
        path=out,
        papers=tuple(names.values()),
        header=facts.header,
        seal=sealing.seal,
        too_large=tuple(split.too_large) if split else (),
    )


def _write(
    database: Database, standing: Standing, asked: Selection, part: Path, *, spool: Spool, told: Told
) -> tuple[Facts, Chosen, Sealing]:
    with snapshot(database) as connection:
        dimensions = Dimensions.read(connection, standing.as_of)
        found = Gathering(
            connection=connection,
            dimensions=dimensions,
            standing=standing,
            asked=asked,
            spool=spool,
            suppressed=Suppressed.read(database, dimensions),
            told=lambda rows: told("reading documents", rows),
        ).run()
        told("choosing among them", 0)
        chosen = choose(
            connection, asked, dimensions=dimensions, found=found, spool=spool, verdicts=standing.verdicts
        )
    register_of_sources = sources.newest(database, as_of=standing.as_of)
    rows = Rows(
        dimensions=dimensions,
        verdicts=standing.verdicts,
        sources=_labels(dimensions, register_of_sources),
        chosen=chosen,
        decided_at=standing.as_of,
    )
    counts = Counts(dimensions=dimensions, verdicts=standing.verdicts)
    file = ManifestFile(part)
    try:
        for made, of in rows.batches(spool):
            counts.add(made, of)
            file.add([made])
            told("writing rows", made.num_rows)
        header = _header(standing, asked, chosen, counts)
        sealing = file.close(header)
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            file.abandon()
        raise
    facts = Facts(
        header={**header, "rows_digest": sealing.rows_digest},
        counts=counts,
        sources=register_of_sources,
        split=chosen.split,
    )
    return facts, chosen, sealing


def _header(standing: Standing, asked: Selection, chosen: Chosen, counts: Counts) -> dict[str, Any]:
    split = chosen.split
    header: dict[str, Any] = {
        "format": FORMAT,
        "software": SOFTWARE,
        "usage": asked.usage.value,
        "policy": {
            "name": asked.policy.name,
            "digest": f"sha256:{asked.policy.digest.hex()}",
            "text": asked.policy.text,
        },
        "query": asked.query,
        "as_of": standing.as_of.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "holder": asked.holder,
        "columns": [column.name for column in COLUMNS],
        "counts": {
            "considered": chosen.considered,
            "excluded": chosen.excluded,
            **counts.in_header(),
        },
        "rows_digest_method": METHOD,
    }
    if split is not None:
        header["split"] = {
            "documents": dict(zip((part.name for part in split.parts), split.documents, strict=True)),
            "shares": split.shares(),
            "too_large": list(split.too_large),
        }
    return header


def _labels(dimensions: Dimensions, register_of_sources: Mapping[str, SourceEntry]) -> list[str | None]:
    names = dimensions.site_names.to_pylist()
    return [register_of_sources[name].label if name in register_of_sources else None for name in names]


def _names(out: Path) -> dict[str, Path]:
    stem = out.name.removesuffix(".parquet")
    return {
        name: out.with_name(f"{stem}.{name}")
        for name in ("NOTICE.txt", "croissant.json", "prov.json", "datasheet.md")
    }


def _require_free(paths: Iterable[Path], *, force: bool) -> None:
    for path in paths:
        if path.exists() and not path.is_file():  # a folder cannot be replaced, a device must not be
            raise ProvenanceError(f"{path} is there already, and is no file: name another")
        if path.exists() and not force:
            raise ProvenanceError(
                f"{path} is there already: name another file, or give --force to replace it"
            )


@contextmanager
def _unfinished(out: Path) -> Iterator[Path]:
    """Yield a name for the time of writing, beside the one that the file will get; remove what is left there."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _paper(part: Path, text: str) -> Path:
    """Write a paper under the name it has until all is done."""
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        make_lasting(part)
    except OSError as error:
        raise ProvenanceError(f"{part.parent} cannot be written ({error.strerror}): make room") from error
    return part


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
