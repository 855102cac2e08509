"""A site that changes its mind: three runs, a week apart, each finding other words about its rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from recorded_site import CC_BY, NO_TRAINING, NOON, Writing, begin, licensed, rights

from licences.observation import Scope, ScopeLevel, Statement
from licences.vocabulary import Kind, LegalEffect, Retrieval, Usage, Verdict
from provenance.database import Database
from provenance.leases import Leases
from provenance.records import RightsSetRecord, RunState

SITE = "changing.example"
PLACE = f"https://{SITE}"
WEEKS = tuple(NOON + timedelta(weeks=number) for number in range(3))

ROBOTS = (
    b"User-agent: *\nDisallow: /private/\nAllow: /\n",
    b"User-agent: *\nDisallow: /private/\nAllow: /\n\nUser-agent: GPTBot\nDisallow: /\n",
    b"User-agent: *\nDisallow: /private/\nDisallow: /drafts/\n\nUser-agent: GPTBot\nDisallow: /\n",
)
TDMREP = b'[{"location": "/", "tdm-reservation": 1}]'

PHOTO = licensed("CC0-1.0", scope=Scope(level=ScopeLevel.ELEMENT, selector="figure"))
OWN_TERMS = Statement(
    kind=Kind.LICENCE_LINK,
    protocol="HTML rel=license",
    usage=Usage.AI_TRAIN,
    verdict=Verdict.UNKNOWN,
    legal_effect=LegalEffect.LICENCE_GRANT,
    licence=f"{PLACE}/terms",
    note="unknown_licence",
)
RESERVED = replace(NO_TRAINING, kind=Kind.TDMREP_FILE, protocol="TDMRep", usage=Usage.TDM)


def changing_runs(database: Database) -> None:
    """Record the three runs."""
    _visit(database, 0, (Retrieval.ABSENT, None), {"/": rights(CC_BY), "/photo": rights(PHOTO)})
    _visit(
        database,
        1,
        (Retrieval.OK, TDMREP),
        {
            "/": rights(CC_BY, RESERVED),
            "/photo": rights(PHOTO, RESERVED),
            "/own": rights(OWN_TERMS, RESERVED),
        },
    )
    _visit(
        database,
        2,
        (Retrieval.MALFORMED, b"[{"),
        {"/": rights(NO_TRAINING), "/photo": rights(PHOTO), "/silent": rights()},
    )


def _visit(
    database: Database,
    week: int,
    tdmrep: tuple[Retrieval, bytes | None],
    pages: dict[str, RightsSetRecord],
) -> Writing:
    visit = begin(database, site=SITE, at=WEEKS[week], job_name="weekly")
    visit.look("robots.txt", Retrieval.OK, ROBOTS[week], origin=PLACE)
    visit.look("tdmrep.json", *tdmrep, origin=PLACE)
    permission = visit.permission(origin=PLACE, robots_capture_id=None)
    for path, stated in pages.items():
        visit.add(path, stated, origin=PLACE, permission=permission)
    visit.end()
    visit.recorder.end_run(visit.run, RunState.FINISHED, 0, WEEKS[week] + timedelta(hours=1), {})
    Leases(database).release(visit.lease)
    return visit
