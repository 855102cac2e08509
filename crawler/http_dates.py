"""Retry-After in both its forms (RFC 9110 §10.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 400 * 86_400.0  # seconds; a server that says more means «never»


def http_date(value: str) -> datetime | None:
    """Return an HTTP date in UTC, or None where it is none."""
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after_seconds(value: str, date: str) -> float | None:
    """Return how many seconds a server asks to be left alone, or None: absent, malformed, zero or past.

    Args:
        value: the Retry-After field: seconds or an HTTP date.
        date: the response's own Date field, against which an HTTP date counts; "" for none.

    >>> retry_after_seconds("120", ""), retry_after_seconds("-1", ""), retry_after_seconds("soon", "")
    (120.0, None, None)
    >>> retry_after_seconds("Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:00 GMT")
    30.0
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:12])
    else:
        until = http_date(value)
        if until is None:
            return None
        since = http_date(date) or datetime.now(UTC)
        seconds = (until - since).total_seconds()
    return min(seconds, LONGEST) if seconds > 0 else None
