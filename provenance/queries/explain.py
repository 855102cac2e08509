"""Look up everything the database knows of one URL or one payload."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload

from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.models import (
    Capture,
    Decision,
    Origin,
    Permission,
    Refusal,
    Run,
    Source,
    Visit,
    hash_of_url,
)
from provenance.queries.capture_filter import SHORTEST_PREFIX, has_digest
from provenance.queries.capture_rows import digest_in_words, sentences
from provenance.queries.expressions import SPOOL
from provenance.queries.known import (
    admissions_known,
    captures_known,
    decisions_known,
    refusals_known,
    settled,
)
from provenance.queries.receipts import (
    AdmissionReceipt,
    CaptureReceipt,
    DecisionReceipt,
    PermissionReceipt,
    Place,
    Receipt,
    RefusalReceipt,
    RightsReceipt,
    RobotsReceipt,
    RunReceipt,
)
from provenance.records import Kept
from provenance.sources import standing

RECEIPTS_AT_MOST = 50  # one URL over years of runs, or one payload under many URLs: the newest suffice


def receipt(database: Database, asked: str, *, as_of: datetime | None = None) -> Receipt:
    """Return what is known of an URL, or of payloads whose SHA-256 begins with these hex digits.

    Args:
        database: where to look.
        asked: an URL as it was requested, or "sha256:…" or bare hex digits, at least six.
        as_of: what was on record by then, UTC; None: now.  Where the bytes lie is where they lie now.

    Raises:
        ProvenanceError: ``asked`` is neither.
        AsOfInFuture: nobody knows yet what will be recorded by then.
    """
    settled(database, as_of)
    with database.session() as session:
        captures = session.scalars(_captures(asked, as_of)).unique().all()
        refusals = session.scalars(_refusals(asked, as_of)).unique().all() if _is_url(asked) else ()
        return Receipt(
            asked=asked,
            captures=tuple(_capture(session, capture, as_of) for capture in captures),
            refusals=tuple(_refusal(session, refusal, as_of) for refusal in refusals),
        )


def _is_url(asked: str) -> bool:
    return ":" in asked and not asked.startswith("sha256:")


def _captures(asked: str, as_of: datetime | None) -> Select[Capture]:
    condition = _has_url(Capture, asked) if _is_url(asked) else _has_digest(asked)
    return (
        select(Capture)
        .join(Origin, Origin.id == Capture.origin_id)
        .where(condition, *captures_known(as_of))
        .options(
            joinedload(Capture.origin),
            joinedload(Capture.segment),
            joinedload(Capture.rights_set),
            joinedload(Capture.permission).joinedload(Permission.origin),
            joinedload(Capture.visit).joinedload(Visit.site),
            joinedload(Capture.visit).joinedload(Visit.run).joinedload(Run.policy),
        )
        .order_by(Capture.fetched_at.desc(), Capture.id.desc())
        .limit(RECEIPTS_AT_MOST)
    )


def _refusals(url: str, as_of: datetime | None) -> Select[Refusal]:
    return (
        select(Refusal)
        .join(Origin, Origin.id == Refusal.origin_id)
        .where(_has_url(Refusal, url), *refusals_known(as_of))
        .options(
            joinedload(Refusal.origin),
            joinedload(Refusal.permission),
            joinedload(Refusal.visit).joinedload(Visit.site),
            joinedload(Refusal.visit).joinedload(Visit.run).joinedload(Run.policy),
        )
        .order_by(Refusal.at.desc(), Refusal.id.desc())
        .limit(RECEIPTS_AT_MOST)
    )


def _has_url(table: type[Capture | Refusal], url: str) -> ColumnElement[bool]:
    return (table.url_hash == hash_of_url(url)) & (Origin.url + table.path == url)


def _has_digest(asked: str) -> ColumnElement[bool]:
    try:
        return has_digest(asked)
    except ProvenanceError as error:
        raise ProvenanceError(
            f"{asked!r} is neither a URL (https://…) nor a digest: give at least {SHORTEST_PREFIX} "
            "hex digits of a payload's SHA-256"
        ) from error


def _capture(session: Session, capture: Capture, as_of: datetime | None) -> CaptureReceipt:
    run, rights = capture.visit.run, capture.rights_set
    admissions = session.scalars(
        select(Source)
        .join(Run, Run.id == Source.run_id)
        .where(
            Source.run_id == run.id,
            Source.site_id == capture.visit.site_id,
            *admissions_known(as_of),
        )
        .order_by(Source.id)
    )
    return CaptureReceipt(
        id=capture.id,
        url=capture.origin.url + capture.path,
        site=capture.visit.site.name,
        kind=capture.kind,
        fetched_at=capture.fetched_at,
        status=capture.status,
        media_type=capture.media_type,
        payload_digest=digest_in_words(capture.payload_digest),
        length=capture.length,
        truncated=capture.truncated,
        revisit=capture.revisit,
        kept=capture.kept or Kept.BODY.value,
        place=archived_place(capture),
        run=_run(run),
        admissions=tuple(
            AdmissionReceipt(admitted_by=source.admitted_by, basis=source.basis, permission=source.permission)
            for source in admissions
        ),
        source=standing(
            session.connection(), capture.visit.site.name, at=as_of or datetime.now(UTC), as_of=as_of
        ),
        permission=_permission(session, capture.permission, as_of),
        rights=None
        if rights is None
        else RightsReceipt(
            digest=digest_in_words(rights.digest), canonical=rights.canonical, licences=tuple(rights.licences)
        ),
        decisions=() if rights is None else _decisions(session, rights.id, run, as_of),
    )


def _refusal(session: Session, refusal: Refusal, as_of: datetime | None) -> RefusalReceipt:
    return RefusalReceipt(
        url=refusal.origin.url + refusal.path,
        site=refusal.visit.site.name,
        at=refusal.at,
        rule=refusal.rule,
        reason=refusal.reason,
        evidence=refusal.evidence,
        run=_run(refusal.visit.run),
        permission=None if refusal.permission is None else _permission(session, refusal.permission, as_of),
    )


def archived_place(capture: Capture) -> Place:
    """Return where an exchange's records lie."""
    segment = capture.segment
    return Place(
        segment_key=segment.key,
        segment_uri=segment.uri,
        segment_digest=None if segment.digest is None else digest_in_words(segment.digest),
        warc_uri=segment.uri or SPOOL + segment.key,
        offset=capture.warc_offset,
        length=capture.warc_length,
        request_offset=capture.warc_offset - capture.request_length,
        request_length=capture.request_length,
        metadata_offset=capture.warc_offset + capture.warc_length,
        metadata_length=capture.metadata_length,
    )


def _run(run: Run) -> RunReceipt:
    return RunReceipt(
        id=run.id,
        job=run.job_name,
        purpose=run.purpose,
        operator=run.operator,
        contact=run.contact,
        info_url=run.info_url,
        product_token=run.product_token,
        user_agent=run.user_agent,
        software=run.software,
        started_at=run.started_at,
        policy=run.policy.name,
        policy_digest=digest_in_words(run.policy.digest),
    )


def _permission(session: Session, permission: Permission, as_of: datetime | None) -> PermissionReceipt:
    robots = session.scalars(
        select(Capture)
        .where(Capture.id == permission.robots_capture_id, *captures_known(as_of))
        .options(joinedload(Capture.origin), joinedload(Capture.segment))
    ).first()
    return PermissionReceipt(
        granted=permission.granted,
        rule=permission.rule,
        line_number=permission.line_number,
        line_text=permission.line_text,
        overridden_line_number=permission.overridden_line_number,
        overridden_line_text=permission.overridden_line_text,
        robots_state=permission.robots_state,
        robots=None
        if robots is None
        else RobotsReceipt(
            url=robots.origin.url + robots.path,
            fetched_at=robots.fetched_at,
            status=robots.status,
            payload_digest=digest_in_words(robots.payload_digest),
            place=archived_place(robots),
        ),
    )


def _decisions(
    session: Session, rights_set_id: int, run: Run, as_of: datetime | None
) -> tuple[DecisionReceipt, ...]:
    found = session.scalars(
        select(Decision)
        .where(Decision.rights_set_id == rights_set_id, *decisions_known(as_of))
        .options(joinedload(Decision.policy))
    )
    decisions = [
        DecisionReceipt(
            policy=decision.policy.name,
            policy_digest=digest_in_words(decision.policy.digest),
            usage=decision.usage,
            of_this_run=decision.policy_id == run.policy_id and decision.usage == run.purpose,
            outcome=decision.outcome,
            rule=decision.rule,
            reasons=sentences(decision.reasons),
            conditions=tuple(decision.conditions),
            conflicts=tuple(decision.conflicts),
            enforces=tuple(decision.enforces),
        )
        for decision in found
    ]
    return tuple(sorted(decisions, key=lambda one: (not one.of_this_run, one.policy, one.usage)))
