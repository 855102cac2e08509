"""One owner at a time, and nobody comes back from the dead (several real processes, both engines)."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provenance.database import Database
from provenance.errors import StaleLease
from provenance.hosts import reserve
from provenance.leases import Held, Lease, Leases

SITE = "example.org"


def taken(answer: Lease | Held) -> Lease:
    assert isinstance(answer, Lease)
    return answer


def test_a_free_site_is_taken_a_held_one_is_not(leases: Leases) -> None:
    """Whoever comes second learns who works there, and since when."""
    lease = taken(leases.acquire(SITE, "worker 1", ttl=600))
    assert lease.epoch == 1
    answer = leases.acquire(SITE, "worker 2", ttl=600)
    assert answer == Held(site=SITE, owner="worker 1", epoch=1, since=lease.acquired, expires=lease.expires)
    assert taken(leases.acquire("other.example", "worker 2", ttl=600)).epoch == 1


def test_every_owner_has_an_epoch_of_its_own(leases: Leases) -> None:
    """Released or expired, the next owner's epoch is higher, even if it is the same worker."""
    leases.release(taken(leases.acquire(SITE, "worker 1", ttl=600)))
    assert taken(leases.acquire(SITE, "worker 1", ttl=-1)).epoch == 2
    assert taken(leases.acquire(SITE, "worker 1", ttl=600)).epoch == 3
    assert isinstance(leases.acquire(SITE, "worker 1", ttl=600), Held), (
        "a name is no key to a site that is held"
    )


def test_a_renewal_prolongs(leases: Leases) -> None:
    """Same epoch, later expiry; an expired lease that nobody took comes back."""
    expired = taken(leases.acquire(SITE, "worker 1", ttl=-1))
    renewed = leases.renew(expired)
    assert renewed.epoch == expired.epoch
    assert renewed.expires >= expired.expires


def test_a_lost_lease_is_lost(leases: Leases) -> None:
    """The paused worker is told to stop, and its release does not free the other's site."""
    lost = taken(leases.acquire(SITE, "worker 1", ttl=-1))
    ours = taken(leases.acquire(SITE, "worker 2", ttl=600))
    with pytest.raises(StaleLease, match="is lost"):
        leases.renew(lost)
    leases.release(lost)
    assert isinstance(leases.acquire(SITE, "worker 3", ttl=600), Held)
    leases.release(ours)
    with pytest.raises(StaleLease, match="is lost"):
        leases.renew(ours)


def test_a_dead_holder_s_site_is_taken_over_by_one(leases: Leases) -> None:
    """Two that see the same dead holder: the faster gets the site."""
    taken(leases.acquire(SITE, "worker 1, dead", ttl=600))
    seen = leases.acquire(SITE, "worker 2", ttl=600)
    assert isinstance(seen, Held)
    assert taken(leases.take_over(seen, "worker 2", ttl=600)).epoch == 2
    answer = leases.take_over(seen, "worker 3", ttl=600)
    assert isinstance(answer, Held)
    assert answer.owner == "worker 2"


HAMMER = """
    import os, sys, time
    from pathlib import Path
    from provenance.database import Database
    from provenance.leases import Lease, Leases

    url, folder, me = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    with Database.open(url) as database:
        leases, epochs = Leases(database), []
        while len(epochs) < 8:
            answer = leases.acquire("example.org", me, ttl=600)
            if isinstance(answer, Lease):
                os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))  # fails when another is inside
                epochs.append(leases.renew(answer).epoch)
                (folder / "inside").unlink()
                leases.release(answer)
            else:
                time.sleep(0.002)
    print(*epochs)
"""


def test_two_leases_never_overlap(migrated_url: str, tmp_path: Path) -> None:
    """Three processes want one site, in a hurry: always one inside, every epoch once."""
    arguments = [sys.executable, "-c", textwrap.dedent(HAMMER), migrated_url, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    workers = [
        subprocess.Popen([*arguments, f"worker {number}"], stdout=subprocess.PIPE, text=True, env=environment)
        for number in range(3)
    ]
    outputs = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sorted(int(epoch) for output in outputs for epoch in output.split()) == list(range(1, 25))


def test_a_host_s_lane_is_reserved_by_one(database: Database) -> None:
    """An errand to a host that no visit owns: one request, then the lane is closed until its time."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    later = now + timedelta(seconds=2)
    assert reserve(database, "cdn.example", now=now, until=later) is None
    assert reserve(database, "cdn.example", now=now, until=later) == later
    assert reserve(database, "cdn.example", now=later, until=later + timedelta(seconds=2)) is None
