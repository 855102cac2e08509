"""A visit's captures are one range of keys, whatever its number."""

from __future__ import annotations

import pytest
from sample_records import NOON, Visiting
from sqlalchemy import func, insert, select

from provenance.database import Database
from provenance.models import Capture, Visit, captures_of
from provenance.records import capture_id


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(127, id="the last one whose keys fit 31 bits"),
        pytest.param(128, id="the first one whose keys do not"),
        pytest.param(2**31 - 2, id="about the last one that a key of 32 bits can name"),
    ],
)
def test_the_range_of_a_visit_with_any_number(database: Database, visit: Visiting, number: int) -> None:
    """Joined or by number, the range begins at the visit's first key: neither engine may count in 32 bits."""
    with database.writing() as connection:
        known = connection.execute(select(Visit.run_id, Visit.site_id, Visit.epoch)).mappings().first()
        assert known is not None
        connection.execute(insert(Visit).values(**known, id=number, opened_at=NOON))
    joined = select(func.count(Capture.id)).select_from(Visit).outerjoin(Capture, captures_of(Visit.id))
    with database.reading() as connection:
        assert connection.scalar(joined.where(Visit.id == number)) == 0
        assert connection.scalar(select(func.count()).where(captures_of(number))) == 0
    assert capture_id(number, 0) == number * 2**24
