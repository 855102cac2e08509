"""A wall clock that can be moved while a process runs; the monotonic one goes on as always.

Installed before anything else is imported, `datetime.now` and `time.time` everywhere, libraries included, are off
by a number of seconds that starts at none: as when somebody sets the machine's clock.
"""

from __future__ import annotations

import datetime as dt
import time

_real_datetime, _real_time = dt.datetime, time.time
_offset = 0.0  # seconds


def install() -> None:
    """Put this clock in the place of the system's, in this process."""
    dt.datetime = FalseDatetime  # type: ignore[misc]  # replacing the class is the point
    time.time = lambda: _real_time() + _offset


def jump(seconds: float) -> None:
    """Move the clock, backwards below zero."""
    global _offset  # noqa: PLW0603 - one clock a process
    _offset += seconds


class _Type(type(_real_datetime)):  # type: ignore[misc]  # its metaclass is `type`, which mypy does not see here
    """Lets real instants count as instances."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _real_datetime)


class FalseDatetime(_real_datetime, metaclass=_Type):
    """Makes real instants of a false present."""

    __slots__ = ()  # C extensions compare the size

    def __new__(cls, *arguments: object, **named: object) -> _real_datetime:  # type: ignore[misc]  # a real one, see there
        """Return a real instant."""
        return _real_datetime(*arguments, **named)  # type: ignore[arg-type]  # handed through

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> _real_datetime:  # type: ignore[override]  # a real one
        """Return what this clock says."""
        return _real_datetime.fromtimestamp(_real_time() + _offset, tz)

    @classmethod
    def utcnow(cls) -> _real_datetime:  # type: ignore[override]  # a real one
        """Return what this clock says, without a zone."""
        return _real_datetime.fromtimestamp(_real_time() + _offset, dt.UTC).replace(tzinfo=None)
