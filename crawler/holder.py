"""Who we are to others that want a site's lease, and whether a holder on this machine still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from provenance.leases import Held, Lease, Leases

LEASE_SECONDS = 120.0


def owner_name() -> str:
    """Return this process's name for leases: host, process and the process's start, so that no two share one."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_time(os.getpid())}"


def holder_is_dead(owner: str) -> bool:
    """Return whether a lease's holder was a process of this machine that is certainly gone."""
    host, _, process = owner.rpartition(":")[0].rpartition(":")
    started = owner.rpartition(":")[2]
    if (
        host != socket.gethostname()
        or not process.isdigit()
        or not started
        or not Path("/proc/self/stat").exists()
    ):
        return False
    return _start_time(int(process)) != started


def take(leases: Leases, site: str, owner: str) -> Lease | Held:
    """Take a site's lease; a holder on this machine that is certainly dead is replaced at once."""
    answer = leases.acquire(site, owner, LEASE_SECONDS)
    if isinstance(answer, Held) and holder_is_dead(answer.owner):
        answer = leases.take_over(answer, owner, LEASE_SECONDS)
    return answer


def _start_time(pid: int) -> str:
    """Return a process's start in clock ticks, or "" where it is gone or the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
