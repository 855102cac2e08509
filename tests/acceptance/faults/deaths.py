"""A process that is gone at an arrow of the commit protocol: killed, or with the power."""

from __future__ import annotations

from functools import partial

import power
from fault import Fault
from stage import Stage

from crawler.archive.failpoints import COMMITTING

# at which of its many times an arrow is the end: late enough that something came before
TIMES = {"segment.written": 12, "segment.synced": 3, "rows.committed": 3}
TAILS = ("gone", "torn", "zeros")


def killed(stage: Stage, arrow: str) -> None:
    """SIGKILL, then the same command."""
    stage.dies(("kill_at", {"name": arrow, "time": TIMES.get(arrow, 2)}))
    stage.completes()


def killed_recovering(stage: Stage, arrow: str) -> None:
    """SIGKILL in the middle of the crawl, SIGKILL again while the next start cleans up, then the same command."""
    stage.dies(("kill_at", {"name": "rows.committed", "time": 4}))
    stage.dies(("kill_at", {"name": arrow}))
    stage.completes()


def without_power(stage: Stage, arrow: str, tail: str) -> None:
    """The machine goes down; up again, only what was synced is there."""
    journal = stage.folder / "synced"
    arrangement = {"name": arrow, "journal": str(journal), "time": TIMES.get(arrow, 2)}
    stage.dies(("power_fails_at", arrangement))
    power.fail(stage.spool, journal, tail=tail)
    if stage.is_directory:
        power.fail(stage.store, journal, tail=tail)
    stage.completes()


DEATHS = [
    *(Fault(name=f"SIGKILL at {arrow}", happens=partial(killed, arrow=arrow)) for arrow in COMMITTING),
    *(
        Fault(name=f"SIGKILL in recovery, at {arrow}", happens=partial(killed_recovering, arrow=arrow))
        for arrow in ("store.uploading", "store.uploaded", "store.checked", "rows.stored", "spool.removed")
    ),
    *(
        Fault(
            name=f"power cut at {arrow}, unsynced bytes {tail}",
            happens=partial(without_power, arrow=arrow, tail=tail),
        )
        for number, arrow in enumerate(COMMITTING)
        for tail in (TAILS if arrow == "segment.written" else (TAILS[number % len(TAILS)],))
    ),
]
