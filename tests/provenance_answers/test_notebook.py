"""The Python API for notebooks: the same answers as the questions give, lazily, and as Arrow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from recorded_site import ORIGIN

import provenance
from provenance.errors import ProvenanceError
from provenance.notebook import Captures, Notebook
from provenance.queries import CaptureRow
from provenance.rendering import plain

USABLE = ["permitted", "permitted_with_conditions"]


@pytest.fixture
def corpus(world_url: str) -> Iterator[Notebook]:
    with provenance.open(world_url) as opened:
        yield opened


@pytest.fixture
def changes(changed_url: str) -> Iterator[Notebook]:
    with provenance.open(changed_url) as opened:
        yield opened


QUESTIONS = [
    pytest.param({}, id="everything"),
    pytest.param({"kind": None}, id="every kind"),
    pytest.param({"outcome": "needs_review"}, id="a recorded outcome"),
    pytest.param({"usage": "ai-train-gen", "policy": "strict-optin"}, id="under a policy"),
    pytest.param({"usage": "ai-train-gen", "policy": "eu-tdm", "outcome": USABLE}, id="what is usable"),
    pytest.param({"policy": "strict-optin", "condition": "attribution"}, id="each run's own purpose"),
    pytest.param({"usage": "index"}, id="each run's own policy"),
    pytest.param({"licence": "CC-BY-*", "conflicting": True}, id="a licence, and conflicts"),
    pytest.param({"site": "example.org", "run": 2}, id="a site in a run"),
    pytest.param({"prefix": f"{ORIGIN}/notes/", "status": 200}, id="a prefix"),
    pytest.param({"media_type": "text/*", "limit": 3}, id="the first three of a type"),
    pytest.param({"usage": "tdm", "policy": "observe", "limit": 1}, id="the first one under a policy"),
    pytest.param({"language": "en"}, id="nothing at all"),
]


def same(found: Captures) -> None:
    """Rows, table and count agree."""
    rows = list(found)
    assert found.to_arrow().to_pylist() == [in_arrow(row) for row in sorted(rows, key=lambda row: row.id)]
    assert found.count() == len(rows)


def in_arrow(row: CaptureRow) -> dict[str, object]:
    told = {name: getattr(row, name) for name in CaptureRow.__slots__}
    for name in ("licences", "reasons", "conflicts"):
        told[name] = list(told[name])
    return told | {"conditions": json_of(row.conditions)}


def json_of(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_table_holds_the_rows(corpus: Notebook, asked: dict[str, object]) -> None:
    same(corpus.captures(**asked))  # type: ignore[arg-type]  # keyword arguments of several types


@pytest.mark.parametrize("asked", QUESTIONS[:9])
def test_a_table_knows_what_was_learned_since(changes: Notebook, asked: dict[str, object]) -> None:
    """Hosts' files that changed, and newer exchanges: the vectors answer as the rows do."""
    same(changes.captures(**asked))  # type: ignore[arg-type]  # keyword arguments of several types


def test_counting_by_what_documents_have_in_common(corpus: Notebook) -> None:
    found = corpus.captures(usage="ai-train-gen", policy="strict-optin")
    by_outcome = {row.outcome: row.documents for row in found.count_by("outcome", learned_since=True)}
    assert sum(by_outcome.values()) == found.count() == 18
    for outcome, documents in by_outcome.items():
        assert found.where(outcomes=[outcome]).count() == documents
    assert {(row.site, row.run) for row in found.count_by("site", "run")} == {
        ("example.org", 1),
        ("example.org", 2),
        ("hostile.example", 3),
    }


def test_refusals_lie_beside_captures(corpus: Notebook) -> None:
    found = corpus.refusals(rule="robots")
    assert found.count() == len(found.to_arrow()) == 7
    assert {row.rule for row in found} == {"robots.disallow"}


def test_nothing_is_asked_before_it_is_needed(corpus: Notebook) -> None:
    described = corpus.captures(licence="CC-BY-*").as_of("2001-01-01").where(site="example.org")
    assert described.count() == 0
    assert described.as_of(None).count() == 11
    assert corpus.refusals().as_of("2001-01-01").count() == 0


def test_a_receipt_is_there_too(corpus: Notebook) -> None:
    assert corpus.explain(f"{ORIGIN}/silent.html").captures
    assert not corpus.explain(f"{ORIGIN}/silent.html", as_of="2001-01-01")


@pytest.mark.parametrize(
    "asked",
    [
        {"usage": "training"},
        {"outcome": "allowed"},
        {"colour": "red"},
        {"condition": "cake"},
        {"as_of": "noon"},
    ],
)
def test_what_there_is_not_is_said(corpus: Notebook, asked: dict[str, object]) -> None:
    with pytest.raises(ProvenanceError, match=r"help\(|is no moment"):
        corpus.captures(**asked)  # type: ignore[arg-type]  # that is the point


def test_a_day_is_the_same_day_in_either_spelling(corpus: Notebook) -> None:
    """Without an offset it is UTC, as text and as a datetime."""
    naive = datetime(2026, 11, 20)  # noqa: DTZ001  # what people write in a notebook
    asked = [corpus.captures().as_of(at) for at in ("2026-11-20", naive, naive.replace(tzinfo=UTC))]
    assert asked[0].wanted == asked[1].wanted == asked[2].wanted
    assert asked[0].count() == asked[1].count()


def test_a_table_needs_an_extra_and_says_which() -> None:
    """Without pyarrow everything else works."""
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from provenance.arrow_rows import schema_of; from provenance.queries import CaptureRow\n"
        "try:\n    schema_of(CaptureRow)\nexcept Exception as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'aboveboard[parquet]'" in done.stdout
