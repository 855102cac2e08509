"""Keep a site ours while a visit lasts; a visit whose lease is lost stops at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from crawler.errors import CrawlerError
from crawler.holder import LEASE_SECONDS
from crawler.run import Run
from crawler.visit import Visit
from provenance.errors import ProvenanceError, StaleLease
from provenance.leases import Lease


async def keep(
    run: Run,
    visit: Visit,
    lease: Lease,
    *,
    failed: Callable[[BaseException], None],
    every: float = LEASE_SECONDS / 4,
) -> None:
    """Renew a lease, and show that the run lives, until cancelled.

    Args:
        run: whose visit it is.
        visit: stopped and cut when the lease is in other hands.
        lease: what to renew.
        failed: told when the database cannot be asked; renewing ends with it.
        every: seconds.
    """
    while True:
        await asyncio.sleep(every)
        try:
            await asyncio.to_thread(run.leases.renew, lease)
            await asyncio.to_thread(run.recorder.heartbeat, run.id, datetime.now(UTC))
        except StaleLease:
            visit.stop()
            visit.cut()
            return
        except (CrawlerError, ProvenanceError) as error:
            failed(error)
            return
