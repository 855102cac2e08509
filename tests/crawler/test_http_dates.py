"""Dates and waits that servers state (RFC 9110 §5.6.7 and §10.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.http_dates import LONGEST, http_date, retry_after_seconds

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", id="IMF-fixdate"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", id="RFC 850, obsolete"),
        pytest.param("Sun Nov  6 08:49:37 1994", id="asctime, obsolete"),
        pytest.param("Sun, 06 Nov 1994 09:49:37 +0100", id="with an offset"),
    ],
)
def test_all_three_forms_of_a_date_are_read(written: str) -> None:
    assert http_date(written) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 120 ", 120.0, id="white space around"),
        pytest.param("Sun, 22 Nov 2026 12:00:30 GMT", 30.0, id="a date, counted from the answer's own"),
        pytest.param("9" * 400, LONGEST, id="for ever"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST, id="a date that means never"),
        pytest.param("", None, id="absent"),
        pytest.param("0", None, id="zero"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="no integer"),
        pytest.param("soon", None, id="a word"),
        pytest.param("٣٠", None, id="digits of another script"),
        pytest.param("Sun, 22 Nov 2026 11:59:59 GMT", None, id="a date that is past"),
        pytest.param("Sun, 32 Nov 2026 12:00:00 GMT", None, id="a day that is none"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 -1400", None, id="a date beyond the calendar"),
    ],
)
def test_retry_after_is_read_in_both_forms_or_not_at_all(retry_after: str, seconds: float | None) -> None:
    """D2: malformed, past or zero is as if it were absent."""
    assert retry_after_seconds(retry_after, NOON) == seconds


@given(st.text(), st.text())
def test_whatever_a_server_writes_there_is_an_answer(retry_after: str, date: str) -> None:
    seconds = retry_after_seconds(retry_after, date)
    assert seconds is None or 0 < seconds <= LONGEST
