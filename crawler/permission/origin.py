"""What an origin's robots.txt says to us, and until when that holds (RFC 9309 §2.3 and §2.4, C-ROBOTS).

Doubt is a value: until a file was read, or its absence shown, nothing of the origin is asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time

from licences.robots import RobotsDocument, RobotsFlag, RobotsPace, RobotsState
from licences.vocabulary import Retrieval
from provenance.records import PermissionRecord

SHORTEST_LIFE = 3_600.0  # seconds a robots.txt holds …
LONGEST_LIFE = 86_400.0  # … and at most (RFC 9309 §2.4)
REFRESH_AT = 0.8  # of its life: then it is asked for again, while it still holds
GIVEN_UP_AFTER = (
    30 * 86_400.0
)  # seconds unreachable: still a no, looked at once a day, and an operator's to review

_RETRIEVAL = {
    RobotsState.AVAILABLE: Retrieval.OK,
    RobotsState.ALLOW_ALL: Retrieval.ABSENT,
    RobotsState.DENY_ALL: Retrieval.UNREACHABLE,
    RobotsState.UNREACHABLE: Retrieval.UNREACHABLE,
}
_MAX_AGE = re.compile(r"\bmax-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NEVER_STORED = re.compile(r"\bno-(?:cache|store)\b", re.IGNORECASE)


def lifetime(cache_control: str) -> float:
    """Return how many seconds a robots.txt may be served from memory.

    >>> lifetime("public, max-age=60"), lifetime("max-age=7200"), lifetime(""), lifetime("no-cache")
    (3600.0, 7200.0, 86400.0, 3600.0)
    """
    if _NEVER_STORED.search(cache_control):
        return SHORTEST_LIFE
    found = _MAX_AGE.search(cache_control)
    return min(max(float(found[1]), SHORTEST_LIFE), LONGEST_LIFE) if found else LONGEST_LIFE


@dataclass(slots=True)
class OriginRules:
    """The state of one origin."""

    origin: str
    token: str
    state: RobotsState | None = None  # None: not asked yet
    document: RobotsDocument | None = None
    pace: RobotsPace | None = None
    robots_url: str = ""  # where the bytes came from, after redirects
    capture_id: int | None = None
    expires: float = 0.0  # on the services' clock
    refresh_at: float = math.inf
    life: float = 0.0  # seconds, as it was settled
    validators: tuple[tuple[str, str], ...] = ()  # fields of a conditional request for this very file
    digest: bytes = b""  # SHA-256 of what was read
    taken: list[str] = field(default_factory=list)  # URLs fetched, to be judged again when the file changes
    changed: bool = False  # another file than the one that they were fetched under
    unreachable_since: float | None = None
    next_look: float = 0.0
    attempts: int = 0
    asking: bool = False
    wrong_type: bool = False  # a web page answered in robots.txt's place
    reason: str = ""  # why nothing is known, in words
    closed: str | None = None  # the rule under which nothing of this origin is asked for: "address"
    _records: dict[object, PermissionRecord] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether the last look found an answer that decides."""
        return self.state is not None and self.state is not RobotsState.UNREACHABLE

    @property
    def retrieval(self) -> Retrieval:
        """How looking for it went: a web page in its place is another fact than nothing there."""
        if self.wrong_type and self.settled:
            return Retrieval.WRONG_TYPE
        return _RETRIEVAL[self.state or RobotsState.UNREACHABLE]

    def decided(self, now: float) -> bool:
        """Whether URLs can be judged now; a stale file judges nothing."""
        return self.settled and now < self.expires

    def settle(
        self,
        state: RobotsState,
        *,
        now: float,
        life: float,
        document: RobotsDocument | None,
        validators: tuple[tuple[str, str], ...] = (),
        digest: bytes = b"",
    ) -> None:
        """Take what a robots.txt exchange said; only a file whose rules decide is kept."""
        self.changed = self.changed or (self.taken != [] and (digest, state) != (self.digest, self.state))
        self.wrong_type = document is not None and RobotsFlag.WRONG_TYPE in document.flags
        document = document if state is RobotsState.AVAILABLE else None
        self.state, self.document = state, document
        self.pace = document.pace(self.token) if document is not None else None
        self.validators, self.digest, self.life = validators, digest, life
        self.reason, self.unreachable_since = "", None
        self._holds_from(now)
        self._records.clear()

    def refreshed(self, now: float, cache_control: str) -> None:
        """Take that the file is still the one we hold (304)."""
        self.life = lifetime(cache_control) if cache_control else self.life
        self._holds_from(now)

    def _holds_from(self, now: float) -> None:
        self.expires = self.next_look = now + self.life
        self.refresh_at = now + REFRESH_AT * self.life
        self.attempts, self.asking = 0, False

    def unreachable(self, reason: str, *, now: float, wait: float) -> None:
        """Take that no usable answer came: nothing is asked for until the next look finds one."""
        self.state, self.document, self.pace, self.validators = RobotsState.UNREACHABLE, None, None, ()
        since = self.unreachable_since = now if self.unreachable_since is None else self.unreachable_since
        if now - since >= GIVEN_UP_AFTER:
            wait = LONGEST_LIFE
            reason = f"{reason} (for {(now - since) / 86_400:.0f} days: an operator should look)"
        self.reason = reason
        self.next_look = now + wait
        self.asking = False
        self._records.clear()

    def overruled(self) -> Iterator[tuple[str, PermissionRecord]]:
        """Yield fetched URLs that a changed file denies, each once, with the answer they would get today."""
        if not self.changed:
            return
        self.changed, kept = False, []
        for url in dict.fromkeys(self.taken):  # a queue that was rebuilt tells of them again
            record = self.judge(url)
            if record.granted:
                kept.append(url)
            else:
                yield url, record
        self.taken = kept

    @property
    def gap(self) -> float:
        """The gap robots.txt asks for, in seconds; 0 where it asks for none."""
        return self.pace.gap if self.pace is not None else 0.0

    def is_open(self, moment: time) -> bool:
        """Whether the host wants visits at a time of day (UTC)."""
        return self.pace is None or self.pace.is_open(moment)

    def judge(self, url: str) -> PermissionRecord:
        """Return the permission of a URL of this origin, which must be `decided`."""
        if self.state is RobotsState.DENY_ALL:
            return self._interned("deny-all", granted=False, rule="robots.deny-all")
        if self.document is None:
            return self._interned("absent", granted=True, rule="robots.absent")
        access = self.document.access(self.token, url)
        key = (access.allowed, access.line_number, access.overridden_line_number)
        record = self._records.get(key)
        if record is not None:
            return record
        if access.line_number is None:
            rule = "robots.no-rule" if access.allowed else "robots.disallow"
        else:
            rule = "robots.allow" if access.allowed else "robots.disallow"
        return self._interned(
            key,
            granted=access.allowed,
            rule=rule,
            line_number=access.line_number,
            line_text=access.line,
            overridden_line_number=access.overridden_line_number,
            overridden_line_text=access.overridden_line,
        )

    def robots_itself(self) -> PermissionRecord:
        """Return the permission of the robots.txt request, which is always allowed (RFC 9309 §2.2.2)."""
        return PermissionRecord(origin=self.origin, granted=True, rule="robots.itself")

    def _interned(
        self,
        key: object,
        *,
        granted: bool,
        rule: str,
        line_number: int | None = None,
        line_text: str | None = None,
        overridden_line_number: int | None = None,
        overridden_line_text: str | None = None,
    ) -> PermissionRecord:
        record = self._records.get(key)
        if record is None:
            record = self._records[key] = PermissionRecord(
                origin=self.origin,
                granted=granted,
                rule=rule,
                line_number=line_number,
                line_text=line_text,
                overridden_line_number=overridden_line_number,
                overridden_line_text=overridden_line_text,
                robots_state=self.state.value if self.state is not None else None,
                robots_capture_id=self.capture_id,
            )
        return record
