"""Words, statements, rights sets: the lattice, canonical JSON, and that order and place do not matter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import observed

from licences.errors import RecordError
from licences.observation import Addressee, Observation, Scope, ScopeLevel, Source, Statement
from licences.rights import Lookup, RightsSet
from licences.vocabulary import (
    AssertedBy,
    Channel,
    Condition,
    ConditionType,
    Kind,
    LegalEffect,
    Retrieval,
    Usage,
    Verdict,
)

_TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=8)
_TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
CONDITIONS = st.builds(
    Condition, type=st.sampled_from(ConditionType), value=st.none() | _TEXTS, url=st.none() | _TEXTS
)
STATEMENTS = st.builds(
    Statement,
    kind=st.sampled_from(Kind),
    protocol=_TEXTS,
    protocol_version=_TEXTS,
    usage=st.sampled_from(Usage),
    verdict=st.sampled_from(Verdict),
    legal_effect=st.sampled_from(LegalEffect),
    scope=st.builds(
        Scope,
        level=st.sampled_from(ScopeLevel),
        selector=st.none() | _TEXTS,
        media=st.lists(_TEXTS, max_size=2).map(tuple),
    ),
    addressee=st.builds(
        Addressee, all=st.booleans(), tokens=st.lists(_TEXTS, max_size=2).map(tuple), matches_us=st.booleans()
    ),
    asserted_by=st.sampled_from(AssertedBy),
    covers=st.lists(st.sampled_from(Usage), max_size=2).map(tuple),
    conditions=st.lists(CONDITIONS, max_size=2).map(tuple),
    confidence=st.floats(min_value=0, max_value=1),
    lenient=st.booleans(),
    retrieval=st.sampled_from(Retrieval),
    valid_from=_TIMES,
    valid_until=_TIMES,
    licence=st.none() | _TEXTS,
    note=st.none() | _TEXTS,
)
SOURCES = st.builds(Source, channel=st.sampled_from(Channel), url=_TEXTS, locator=_TEXTS)
OBSERVATIONS = st.builds(Observation, statement=STATEMENTS, source=SOURCES, raw=_TEXTS)
LOOKUPS = st.builds(Lookup, channel=st.sampled_from(Channel), retrieval=st.sampled_from(Retrieval))


@pytest.mark.parametrize(
    ("usage", "denied_by"),
    [
        pytest.param(
            Usage.AI_TRAIN_GEN, {"ai-train-gen", "ai-train", "tdm"}, id="training: every word above it"
        ),
        pytest.param(Usage.SNIPPET, {"snippet", "index"}, id="a snippet: the index"),
        pytest.param(Usage.INDEX, {"index"}, id="the index: not by tdm"),
        pytest.param(Usage.TDM, {"tdm"}, id="tdm: not by what is below"),
        pytest.param(Usage.AI_INDEX, {"ai-index", "ai-input"}, id="an AI index: also by its only use"),
        pytest.param(Usage.AI_INPUT, {"ai-input"}, id="input: not by the index"),
    ],
)
def test_a_denial_flows_down(usage: Usage, denied_by: set[str]) -> None:
    assert {other.value for other in usage.denied_by} == denied_by


@given(st.sampled_from(Usage))
def test_the_lattice_is_consistent(usage: Usage) -> None:
    assert all(usage in above.descendants for above in usage.ancestors)
    assert usage not in usage.descendants
    assert (usage.parent is None) is (not usage.ancestors)


@given(OBSERVATIONS)
def test_an_observation_reads_back(observation: Observation) -> None:
    """Through JSON text, as the WARC record keeps it."""
    assert Observation.from_json(json.loads(json.dumps(observation.to_json()))) == observation


@given(st.lists(OBSERVATIONS, max_size=4), st.lists(LOOKUPS, max_size=3), st.randoms())
def test_order_and_repeats_do_not_matter(
    observations: list[Observation], lookups: list[Lookup], random: object
) -> None:
    shuffled = observations + observations[:1]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert RightsSet.of(observations, lookups) is RightsSet.of(shuffled, lookups[::-1])


@given(st.lists(OBSERVATIONS, max_size=4), st.lists(LOOKUPS, max_size=3))
def test_the_canonical_json_round_trips(observations: list[Observation], lookups: list[Lookup]) -> None:
    """The digest names the JSON; the JSON gives back the set."""
    rights = RightsSet.of(observations, lookups)
    assert rights.digest == sha256(rights.canonical.encode()).digest()
    assert RightsSet.from_json(rights.canonical) == rights
    read = json.loads(rights.canonical)
    assert json.dumps(read, separators=(",", ":"), sort_keys=True) == rights.canonical
    assert set(rights.statements) == {one.statement for one in observations}
    assert set(rights.lookups) == set(lookups)


@given(OBSERVATIONS, SOURCES)
def test_the_place_is_not_in_the_set(observation: Observation, elsewhere: Source) -> None:
    other = Observation(statement=observation.statement, source=elsewhere, raw="other words")
    assert RightsSet.of([observation]) is RightsSet.of([other])


def test_the_canonical_form_does_not_drift() -> None:
    """Digests are kept for years: a change of this text needs a new format number."""
    rights = RightsSet.of(
        observed('<link rel=license href="https://creativecommons.org/publicdomain/mark/1.0/">'),
        [Lookup(channel=Channel.ROBOTS_TXT, retrieval=Retrieval.ABSENT)],
    )
    assert rights.canonical == (
        '{"format":1,"lookups":[{"channel":"robots_txt","retrieval":"absent"}],"statements":'
        '[{"conditions":[{"type":"keep_notices"}],"confidence":0.7,"kind":"licence.link","legal_effect":"notice",'
        '"licence":"CC-PDM-1.0","protocol":"HTML rel=license","usage":"ai-train","verdict":"allow"}]}'
    )
    assert rights.licences == ("CC-PDM-1.0",)
    assert rights.digest.hex()[:8] == sha256(rights.canonical.encode()).hexdigest()[:8]


def test_instants_are_kept_in_utc() -> None:
    (one,) = observed(headers=[("X-Robots-Tag", "unavailable_after: 25 Jun 2030 15:00:00 PST")])
    assert one.statement.valid_from == datetime(2030, 6, 25, 23, tzinfo=UTC)
    assert '"valid_from":"2030-06-25T23:00:00+00:00"' in one.statement.canonical


@pytest.mark.parametrize(
    ("canonical", "says"),
    [
        pytest.param("", "restore", id="nothing"),
        pytest.param("{}", "restore", id="no format"),
        pytest.param('{"format":2}', "upgrade", id="of a later release"),
        pytest.param(
            '{"format":1,"lookups":[],"statements":[{"kind":"x"}]}', "restore", id="an unknown kind"
        ),
        pytest.param(
            '{"format":1,"lookups":[],"statements":[{"mood":"x"}]}', "restore", id="an unknown part"
        ),
        pytest.param("[]", "restore", id="a list"),
    ],
)
def test_what_is_no_rights_set_says_what_to_do(canonical: str, says: str) -> None:
    with pytest.raises(RecordError, match=says):
        RightsSet.from_json(canonical)
