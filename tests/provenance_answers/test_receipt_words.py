"""What `explain` prints: who spoke, where, in plain words, the raw text beside it; then the decision, in few lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recorded_site import AGENTS_TURNED_AWAY, CC_BY, NO_TRAINING, ORIGIN, SCRIPT

from crawler.commands.receipt import Explained, ExplainedCapture
from crawler.commands.receipt_words import DECISION_LINES, print_receipt, reasoning
from crawler.commands.statement_words import lookups_in_words, spoken
from licences.observation import Observation, Source, Statement
from licences.rights import Lookup, RightsSet
from licences.vocabulary import AssertedBy, Channel, Retrieval
from provenance.database import Database
from provenance.queries import receipt
from provenance.queries.receipts import DecisionReceipt


def seen(statement: Statement, channel: Channel, locator: str, raw: str = "as it stood") -> dict[str, object]:
    """An observation as the archive holds it."""
    source = Source(channel=channel, url=f"{ORIGIN}/contradiction.html", locator=locator)
    return Observation(statement=statement, source=source, raw=raw).to_json()


HEADER = seen(NO_TRAINING, Channel.HTTP_HEADER, "X-Robots-Tag[0]", "noai")
LINK = seen(CC_BY, Channel.HTML_LINK, "html > head > link", '<link rel="license" href="/by">')
DEFAULT = seen(replace(NO_TRAINING, asserted_by=AssertedBy.PLATFORM), Channel.HTTP_HEADER, "X-Robots-Tag[1]")
ROBOTS = seen(AGENTS_TURNED_AWAY, Channel.ROBOTS_TXT, "line 4", "Disallow: /essays/")


@pytest.fixture
def explained(world: Database) -> ExplainedCapture:
    [capture] = receipt(world, f"{ORIGIN}/contradiction.html").captures
    return ExplainedCapture(receipt=capture, observations=[HEADER, LINK], request_head="", trouble=None)


def test_statements_come_by_speaker_then_by_place() -> None:
    """The publisher first, in whatever order things were seen; what one place says stands together."""
    groups = spoken([DEFAULT, ROBOTS, HEADER, LINK, HEADER])
    assert [(group.speaker, group.where, len(group.sayings)) for group in groups] == [
        ("the publisher", "robots.txt", 1),
        ("the publisher", "response headers", 2),
        ("the publisher", "the page's head", 1),
        ("the platform that serves the site, by default", "response headers", 1),
    ]


def test_a_statement_of_another_release_keeps_its_raw_text() -> None:
    [group] = spoken([HEADER | {"statement": {"kind": "novel.kind"}}])
    assert (group.where, group.sayings[0].raw) == ("words of another release", "noai")


def test_what_was_asked_says_how_it_went() -> None:
    """Absent, unreachable and malformed are three words; a damaged set is an answer too."""
    states = [Retrieval.ABSENT, Retrieval.UNREACHABLE, Retrieval.MALFORMED]
    names = ["ai.txt", "tdmrep.json", "trust.txt"]
    lookups = [
        Lookup(channel=Channel.WELL_KNOWN, retrieval=state, document=name)
        for state, name in zip(states, names, strict=True)
    ]
    stated = RightsSet.of([], lookups)
    assert lookups_in_words(stated.canonical) == [
        "ai.txt: absent; tdmrep.json: unreachable; trust.txt: malformed"
    ]
    assert lookups_in_words(RightsSet.of([]).canonical) == []
    assert lookups_in_words("{}")[0].startswith("not known: ")


def test_the_raw_text_stands_beside_its_reading(
    explained: ExplainedCapture, capsys: pytest.CaptureFixture[str]
) -> None:
    print_receipt([explained], [])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    reading = lines.index("stated by the publisher, in response headers:") + 1
    assert lines[reading : reading + 2] == [
        "- Reserves its rights against training AI models.",
        "X-Robots-Tag: «noai»",
    ]
    assert 'html > head > link: «<link rel="license" href="/by">»' in lines
    assert "kept the whole answer" in lines
    assert (
        "decided needs_review for ai-train-gen under strict-optin: "
        "training AI models that generate content needs a person"
    ) in lines


def test_what_was_not_kept_is_said(explained: ExplainedCapture, capsys: pytest.CaptureFixture[str]) -> None:
    for kept in ("headers", "nothing"):
        print_receipt([replace(explained, receipt=replace(explained.receipt, kept=kept))], [])
        assert "the policy lets no more be kept" in capsys.readouterr().out


def test_silence_and_trouble_are_said(
    explained: ExplainedCapture, capsys: pytest.CaptureFixture[str]
) -> None:
    print_receipt([replace(explained, observations=[], trouble="no such segment")], [])
    said = capsys.readouterr().out
    assert "nothing about rights" in said
    assert "cannot be read: no such segment" in said


def test_a_refusal_is_told_with_the_line_that_refused(
    world: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    print_receipt([], receipt(world, f"{ORIGIN}/private/3").refusals)
    assert "denied by robots.disallow, line 2: Disallow: /private/" in capsys.readouterr().out


def test_nothing_from_the_web_reaches_the_terminal_raw(
    explained: ExplainedCapture, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = seen(NO_TRAINING, Channel.HTTP_HEADER, "X[0]", f"\x1b[31m\u202e{SCRIPT}[bold]")
    print_receipt([replace(explained, observations=[hostile])], [])
    said = capsys.readouterr().out
    assert r"\x1b[31m\u202e" in said
    assert "[bold]" in said
    assert "\x1b[31m" not in said


@pytest.mark.parametrize("reasons", [0, 1, 7, 8, 9, 200])
def test_the_reasoning_is_ten_lines_at_most(reasons: int) -> None:
    """However much there is to say; what is left out is counted."""
    decision = DecisionReceipt(
        policy="strict-optin",
        policy_digest="sha256:00",
        usage="ai-train-gen",
        of_this_run=True,
        outcome="needs_review",
        rule="reservation",
        reasons=[f"reason {number}" for number in range(reasons)],
        conditions=(),
        conflicts=["reason 0"] if reasons else [],
        enforces=(),
    )
    lines = reasoning(decision)
    assert len(lines) == min(reasons + 2, DECISION_LINES)
    assert (lines[-1] == f"and {reasons + 3 - DECISION_LINES} more: --format json has them") is (
        reasons + 2 > DECISION_LINES
    )
    assert len(reasoning(replace(decision, of_this_run=False))) == 1


def test_json_keeps_everything(explained: ExplainedCapture) -> None:
    told = Explained(asked="x", captures=[explained], refusals=[]).to_json()["captures"][0]
    assert told["observations"] == [HEADER, LINK]
    assert (told["kept"], told["rights"]["licences"]) == ("body", ["CC-BY-4.0"])
    assert told["decisions"][0]["conflicts"]
