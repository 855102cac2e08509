"""The one way in: frozen records become rows, in one transaction a call, and a repeat changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, update

from provenance import batches, recorded, tallies
from provenance.database import Database
from provenance.errors import ProvenanceError, RecordConflict
from provenance.fence import check_site
from provenance.interning import Interning
from provenance.models import Policy, Run, Source, Visit
from provenance.models.base import InstantType
from provenance.partitions import Partitions
from provenance.records import Batch, PolicyRecord, RunRecord, RunState, SourceRecord
from provenance.upsert import insert_new


class Recorder:
    """Writes what the crawler hands over.  One of these a process; any of its threads may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._interning = Interning()
        self._partitions = Partitions(database)
        self._one_at_a_time = Lock()

    def policy(self, record: PolicyRecord) -> int:
        """Record a policy, once for its digest, and return its key."""
        with self._writing() as connection:
            row = {"digest": record.digest, "name": record.name, "text": record.text}
            connection.execute(insert_new(connection, Policy), [row])
            return self._interning.policy(connection, record.digest)

    def begin_run(self, record: RunRecord) -> int:
        """Record a new run, in state running, and return its key.

        Raises:
            ProvenanceError: its policy is not recorded.
        """
        row = {name: getattr(record, name) for name in record.__dataclass_fields__ if name != "policy_digest"}
        with self._writing() as connection:
            row["policy_id"] = self._interning.policy(connection, record.policy_digest)
            row |= {"heartbeat_at": record.started_at, "state": RunState.RUNNING.value}
            row |= {"resumptions": 0, "waiting_for": [], "summary": {}}
            return connection.execute(insert(Run).values(row).returning(Run.id)).scalar_one()

    def heartbeat(self, run_id: int, at: datetime) -> None:
        """Note that a run's process is alive."""
        self._update_run(run_id, heartbeat_at=at)

    def set_run_state(
        self,
        run_id: int,
        state: RunState,
        *,
        waiting_until: datetime | None = None,
        waiting_for: Sequence[str] = (),
    ) -> None:
        """Note where a run stands.

        Args:
            run_id: the run.
            state: its state.
            waiting_until: UTC, when the first of the waiting sites is due; None: nothing waits.
            waiting_for: the sites that are not due yet.
        """
        self._update_run(
            run_id, state=state.value, waiting_until=waiting_until, waiting_for=list(waiting_for)
        )

    def resume_run(self, run_id: int, at: datetime) -> None:
        """Note that an unfinished run was taken up again."""
        self._update_run(
            run_id,
            state=RunState.RUNNING.value,
            resumptions=Run.resumptions + 1,
            resumed_at=at,
            heartbeat_at=at,
            ended_at=None,
            exit_code=None,
            waiting_until=None,
            waiting_for=[],
        )

    def end_run(
        self, run_id: int, state: RunState, exit_code: int, at: datetime, summary: Mapping[str, Any]
    ) -> None:
        """Note how a run's process ended; ``summary`` is what its command printed, JSON-ready."""
        self._update_run(
            run_id,
            state=state.value,
            exit_code=exit_code,
            ended_at=at,
            heartbeat_at=at,
            summary=dict(summary),
        )

    def admit(self, record: SourceRecord) -> int:
        """Record a site's admission to a run, once for its content, and return its key."""
        content: dict[str, Any] = _json_ready(
            {
                "start": list(record.start),
                "include": list(record.include),
                "admitted_by": record.admitted_by,
                "basis": record.basis,
                "permission": None if record.permission is None else dict(record.permission),
            }
        )
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
        with self._writing() as connection:
            site_id = self._interning.site(connection, record.site)
            row = content | {"run_id": record.run_id, "site_id": site_id, "digest": digest}
            row["recorded_at"] = recorded.now(connection)
            connection.execute(insert_new(connection, Source), [row])
            found = select(Source.id).where(
                Source.run_id == record.run_id, Source.site_id == site_id, Source.digest == digest
            )
            return connection.execute(found).scalar_one()

    def begin_visit(self, run_id: int, site: str, epoch: int, at: datetime) -> int:
        """Record the beginning of a visit under a lease's epoch and return its key.

        Raises:
            StaleLease: the site is not leased under that epoch.
        """
        with self._writing() as connection:
            site_id = self._interning.site(connection, site)
            check_site(connection, site, epoch)
            row = {"run_id": run_id, "site_id": site_id, "epoch": epoch, "opened_at": at}
            row["recorded_at"] = recorded.now(connection)
            visit_id = connection.execute(insert(Visit).values(row).returning(Visit.id)).scalar_one()
        self._partitions.reach(visit_id)
        return visit_id

    def end_visit(self, visit_id: int, reason: str, at: datetime) -> None:
        """Note why and when a visit ended; the first word on it stays.  Its documents are tallied."""
        ended = {
            "ended_at": func.coalesce(Visit.ended_at, literal(at, InstantType())),
            "reason": func.coalesce(Visit.reason, reason),
        }
        with self._writing() as connection:
            tallies.seal(connection, visit_id)  # before the row is written: it waits for who still records
            if connection.execute(update(Visit).where(Visit.id == visit_id).values(ended)).rowcount != 1:
                raise ProvenanceError(f"no visit {visit_id}: call Recorder.begin_visit first")

    def record(self, batch: Batch) -> None:
        """Record a batch whole or not at all; recording it again changes nothing.

        Raises:
            StaleLease: the batch's epoch is not the one its site is leased under now.
            RecordConflict: a key is there already with other content.
            DatabaseUnreachable: nothing was recorded; the batch can be tried again.
        """
        try:
            self._record(batch)
        except RecordConflict:  # it was recorded before, or …
            self._interning.forget()  # … an erasure has removed a shared row that we remember: look again
            self._record(batch, again=True)

    def _record(self, batch: Batch, *, again: bool = False) -> None:
        with self._writing() as connection:
            batches.write(connection, batch, self._interning, again=again)

    def _update_run(self, run_id: int, **values: Any) -> None:
        with self._writing() as connection:
            if connection.execute(update(Run).where(Run.id == run_id).values(values)).rowcount != 1:
                raise ProvenanceError(f"no run {run_id}: call Recorder.begin_run first")

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a transaction; remember the shared rows' keys only when it has committed."""
        with self._one_at_a_time:
            try:
                with self._database.writing() as connection:
                    yield connection
            except BaseException:
                self._interning.rollback()
                raise
            self._interning.commit()


def _json_ready(content: Mapping[str, Any]) -> Any:
    """Return the content as JSON keeps it; TOML's dates become their ISO text."""
    return json.loads(json.dumps(content, default=str))
