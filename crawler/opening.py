"""Open a visit: the same under every dispatcher."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.archive.reading import Archive
from crawler.frontier.itinerary import Itinerary
from crawler.frontier.memory import HostMemory
from crawler.frontier.services import Services
from crawler.job import job_end
from crawler.resuming import restore, seed
from crawler.run import Run
from crawler.site_work import SiteWork
from crawler.unchanged import Payloads
from crawler.visit import Visit
from provenance.leases import Lease


def prepare(work: SiteWork, run: Run, lease: Lease) -> None:
    """Queue what the job names, and what the run's archive leads to, unless the last visit here left its queue.

    Between two visits of this process another one may have had the site, and have gone on with the same run: the lease's
    epoch tells.  What that one took is in the archive, and our own queue would have it asked for again.
    """
    before, work.epoch = work.epoch, lease.epoch
    if lease.epoch == before + 1 and work.restored:
        return
    if work.restored:
        work.itinerary = Itinerary(run.job.sites()[work.site])
    work.restored = True
    seed(work.itinerary)
    archive = Archive(run.store, run.places.spool)
    work.tally.captured = restore(
        work.itinerary, run.database, archive, run.id, work.site, taken=work.gate.taken
    )


def memory_of(run: Run, services: Services) -> HostMemory:
    """Return what the run's database knows of hosts."""
    if services.memory is None:
        services.memory = HostMemory(run.database, services)
    return services.memory


def open_visit(run: Run, services: Services, work: SiteWork, lease: Lease) -> Visit:
    """Record a visit under its lease, and return it with what its hosts taught us before."""
    now = datetime.now(UTC)
    hosts = {stop.target.host for queue in work.itinerary.queues.values() for stop in queue.line()}
    memory_of(run, services).recall(hosts)
    services.suppressed.refresh(run.database)
    services.sources.bind({site: job_end(sections) for site, sections in run.job.sites().items()})
    services.sources.refresh(run.database)
    visit = Visit(
        id=run.recorder.begin_visit(run.id, work.site, lease.epoch, now),
        run_id=run.id,
        site=work.site,
        epoch=lease.epoch,
        identity=run.job.identity,
        policy=run.policy,
        usage=run.usage,
        owner=run.job.permission_for(work.site, now.date()),
        services=services,
        itinerary=work.itinerary,
        gate=work.gate,
        started_at=now,
        tally=work.tally,
        planned=work.planned,
    )
    services.writer.open_visit(visit, run.warcinfo(), Payloads(run.database, visit.site, visit.id))
    return visit
