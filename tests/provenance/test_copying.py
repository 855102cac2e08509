"""The fast way in leaves the same rows as any other."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_records import Visiting, begin, capture, dump, segment, sha256
from sqlalchemy import func, select

from provenance import copying
from provenance.database import Database
from provenance.models import Capture, Visit
from provenance.models.base import storable
from provenance.records import Kept

LONGEST = 2**63 - 1


def test_every_column_is_written(database: Database) -> None:
    """A column that is added to the table and not here would stay empty for ever."""
    assert set(copying.COLUMNS) == set(Capture.__table__.columns.keys())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(),
    language=st.none() | st.text(max_size=8),
    media_type=st.text(max_size=9),
    simhash=st.none() | st.integers(-(2**63), LONGEST),
    length=st.integers(0, LONGEST),
    fetched_at=st.datetimes(timezones=st.timezones()),
    kept=st.sampled_from(Kept),
)
def test_what_is_recorded_comes_back(
    database: Database, path: str, media_type: str, language: str | None, **fields: object
) -> None:
    """Whatever a site wrote, to the microsecond and the last bit, but for what no database can hold."""
    with database.reading() as connection:
        number = connection.execute(select(func.count()).select_from(Visit)).scalar_one()
    visit = begin(database, site=f"site{number}.example")
    texts = {"path": f"/{path}", "media_type": media_type, "language": language}
    made = capture(visit.id, 0, **texts, **fields)
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[made]))
    with database.reading() as connection:
        row = connection.execute(select(Capture.__table__).where(Capture.id == made.id)).mappings().one()
    for name in ("simhash", "length", "fetched_at", "payload_digest", "status", "warc_offset"):
        assert row[name] == getattr(made, name)
    for name, said in texts.items():
        assert row[name] == (None if said is None else storable(said))
    assert row["kept"] == (None if made.kept is Kept.BODY else made.kept.value)
    assert row["recorded_at"] is not None


def test_both_ways_write_the_same(database: Database, visit: Visiting) -> None:
    """A batch that is partly recorded is completed the slow way; nobody can tell by the rows."""
    captures = [capture(visit.id, number, payload_digest=sha256(f"{number}")) for number in range(6)]
    visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=captures[:3]))
    visit.recorder.record(visit.batch(captures=captures))
    whole = dump(database)["capture"]
    assert len(whole) == 6
    told = copying.COLUMNS.index("recorded_at")
    assert len({row[told] for row in whole}) == 2, "what was there keeps the time it was recorded at"


def test_a_naive_instant_is_refused(database: Database, visit: Visiting) -> None:
    """Nobody can say which instant it meant."""
    naive = capture(visit.id, 0, fetched_at=capture(visit.id, 0).fetched_at.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no time zone"):
        visit.recorder.record(visit.batch(segments=[segment(visit.id)], captures=[naive]))
