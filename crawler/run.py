"""A run: one execution of a job, from its admission to its last word.

Opens database and store, finishes what an earlier process left behind, decides whether this continues an unfinished
run, and keeps the run's row true while it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scrapy.settings import Settings

from crawler import addon
from crawler.archive.erasing import resume_erasures
from crawler.archive.recovery import recover
from crawler.archive.store import Store, open_store
from crawler.errors import CrawlerError
from crawler.holder import owner_name, take
from crawler.job import Job, job_end
from crawler.places import ExitCode, Places
from licences.policy import Policy, load
from licences.vocabulary import Usage
from provenance.admissions import admit_for_run
from provenance.database import Database
from provenance.leases import Held, Lease, Leases
from provenance.queries import crawling
from provenance.recorder import Recorder
from provenance.records import PolicyRecord, RunRecord, RunState, SourceRecord
from provenance.version import SOFTWARE


class UnfinishedRunError(CrawlerError):
    """A changed job file meets an unfinished run of the same name: a person has to choose."""


class Run:
    """The run of one job in this process."""

    def __init__(self, job: Job, job_text: str, places: Places, *, choice: str | None = None) -> None:
        self.job = job
        self.places = places
        self.policy: Policy = load(job.job.policy)
        self.usage = Usage(job.job.purpose)
        self.store: Store = open_store(places.store)
        self.store.check()
        self.database = Database.open(places.database)
        self.recorder = Recorder(self.database)
        self.leases = Leases(self.database)
        self.owner = owner_name()
        self.recovered = recover(self.database, self.store, places.spool)
        self.erasures = resume_erasures(self.database, self.store, places.spool)
        self.id, self.resumed = self._begin(job_text, choice)
        for site, sections in job.sites().items():
            granted = job.permission_for(site, datetime.now(UTC).date())
            for section in sections:
                self.recorder.admit(
                    SourceRecord(
                        run_id=self.id,
                        site=site,
                        start=section.start,
                        include=section.include,
                        admitted_by=section.admitted_by,
                        basis=section.basis,
                        permission=granted.model_dump(mode="json", exclude_none=True) if granted else None,
                    )
                )
            admit_for_run(
                self.database,
                site,
                run_id=self.id,
                by="; ".join(dict.fromkeys(section.admitted_by for section in sections)),
                basis="; ".join(dict.fromkeys(section.basis for section in sections)),
                valid_until=job_end(sections),
            )

    def _begin(self, job_text: str, choice: str | None) -> tuple[int, bool]:
        """Resume the unfinished run of the same job, or begin a new one."""
        digest, name = self.job.digest, self.job.job.name
        unfinished = crawling.unfinished_run(self.database, digest)
        if choice != "new" and unfinished is None:
            newest = next(iter(crawling.runs_named(self.database, name)), None)
            if newest is not None and newest.state is not RunState.FINISHED:
                if choice != "resume":
                    raise UnfinishedRunError(
                        f"run {newest.id} of job {name!r} is unfinished, and the job has changed since: "
                        "say --resume to go on with it under the changed job, or --new to begin again"
                    )
                unfinished = newest
        now = datetime.now(UTC)
        if unfinished is not None and choice != "new":
            self.recorder.policy(self._policy_record())
            self.recorder.resume_run(unfinished.id, now)
            return unfinished.id, True
        self.recorder.policy(self._policy_record())
        identity = self.job.identity
        run_id = self.recorder.begin_run(
            RunRecord(
                job_name=name,
                job_digest=digest,
                job_text=job_text,
                purpose=self.usage.value,
                policy_digest=self.policy.digest,
                operator=identity.operator,
                contact=identity.contact,
                info_url=identity.info_url,
                product_token=identity.product_token,
                user_agent=identity.user_agent,
                software=SOFTWARE,
                settings_digest=addon.digest(effective_settings()),
                started_at=now,
            )
        )
        return run_id, False

    def _policy_record(self) -> PolicyRecord:
        return PolicyRecord(digest=self.policy.digest, name=self.policy.name, text=self.policy.text)

    def warcinfo(self) -> dict[str, str]:
        """Return what each segment says of its making (WARC 1.1 §6.2)."""
        identity = self.job.identity
        return {
            "software": SOFTWARE,
            "format": "WARC File Format 1.1",
            "operator": f"{identity.operator} <{identity.contact}>",
            "http-header-user-agent": identity.user_agent,
            "http-header-from": identity.contact,
            "robots": "RFC 9309; unreachable or refused robots.txt denies",
            "policy": f"{self.policy.name} sha256:{self.policy.digest.hex()}",
            "purpose": self.usage.value,
        }

    def lease(self, site: str) -> Lease | Held:
        """Take a site's lease; a holder on this machine that is certainly dead is replaced at once."""
        return take(self.leases, site, self.owner)

    def end(self, code: ExitCode, summary: Mapping[str, Any]) -> None:
        """Say the run's last word for this process."""
        states = {ExitCode.INTERRUPTED: RunState.INTERRUPTED, ExitCode.UNFINISHED: RunState.INTERRUPTED}
        self.recorder.end_run(
            self.id, states.get(code, RunState.FINISHED), int(code), datetime.now(UTC), summary
        )

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def effective_settings() -> Settings:
    """Return the settings every visit runs with."""
    from crawler import settings as ours  # noqa: PLC0415  # a module of values, wanted as such

    settings = Settings()
    settings.setmodule(ours, priority="project")
    return settings
