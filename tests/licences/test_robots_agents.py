"""Groups that name AI agents: what a refusal of others lets us infer."""

from __future__ import annotations

from typing import Any

import pytest
from golden import cases

from licences.policy import decide, load
from licences.rights import RightsSet
from licences.robots import RobotsDocument
from licences.robots.agents import agent_list
from licences.vocabulary import Kind, LegalEffect, Usage, Verdict

ORIGIN = "https://example.org"
ROBOTS = ORIGIN + "/robots.txt"


@pytest.mark.parametrize("case", cases("ai-agents"))
def test_a_refusal_of_others_is_an_inference(case: dict[str, Any]) -> None:
    document = RobotsDocument.parse(case["robots_txt"].encode())
    stated = document.observe(ORIGIN + case["url"], ROBOTS, product_token="OurBot")
    observations = [one for one in stated if one.statement.kind is Kind.ROBOTS_AI_AGENT_DISALLOW]
    read = [
        {
            "usage": one.statement.usage.value,
            "verdict": one.statement.verdict.value,
            "confidence": one.statement.confidence,
            "tokens": list(one.statement.addressee.tokens),
            **({"note": one.statement.note} if one.statement.note else {}),
        }
        for one in observations
    ]
    assert read == case["observation"]
    for one in observations:
        assert one.statement.legal_effect is LegalEffect.INFERENCE
        assert not one.statement.addressee.matches_us
    for policy, outcome in case.get("outcome", {}).items():
        decision = decide(RightsSet.of(stated), Usage.AI_TRAIN_GEN, load(policy))
        assert decision.outcome.value == outcome


def test_the_evidence_is_the_lines() -> None:
    """A person finds the agent's line and the rule; the scope is the pattern as written."""
    document = RobotsDocument.parse(b"# AI\nUser-agent: gptbot/1.0\nAllow: /open\nDisallow: /a%20b\n")
    (one,) = document.observe(ORIGIN + "/a%20b/c", ROBOTS, product_token="OurBot")
    assert one.source.locator == "line 2, line 4"
    assert one.raw == "User-agent: gptbot/1.0\nDisallow: /a%20b"
    assert one.statement.scope.selector == "/a%20b"
    assert one.source.url == ROBOTS


def test_the_same_lines_give_the_same_objects() -> None:
    """Every page of a site shares them: rights sets stay few, and a URL costs microseconds."""
    document = RobotsDocument.parse(b"User-agent: GPTBot\nDisallow: /a\n")
    assert document.observe(ORIGIN + "/a1", ROBOTS, product_token="OurBot") is document.observe(
        ORIGIN + "/a2", ROBOTS, product_token="OurBot"
    )
    assert document.observe(ORIGIN + "/a1", ROBOTS, product_token="OurBot") is not document.observe(
        ORIGIN + "/b", ROBOTS, product_token="OurBot"
    )


def test_made_up_agents_cost_nothing() -> None:
    """A7: only tokens of the list matter."""
    lines = "".join(f"User-agent: made-up-{number}\nDisallow: /{number}\n" for number in range(5000))
    document = RobotsDocument.parse((lines + "User-agent: CCBot\nDisallow: /\n").encode())
    (one,) = document.observe(ORIGIN + "/x", ROBOTS, product_token="OurBot")
    assert one.statement.addressee.tokens == ("CCBot",)


def test_answer_engines_say_nothing_about_training() -> None:
    document = RobotsDocument.parse(b"User-agent: OAI-SearchBot\nUser-agent: ChatGPT-User\nDisallow: /\n")
    usages = {one.statement.usage for one in document.observe(ORIGIN, ROBOTS, product_token="OurBot")}
    assert usages == {Usage.AI_INDEX, Usage.AI_INPUT}
    assert all(
        one.statement.verdict is Verdict.DENY
        for one in document.observe(ORIGIN, ROBOTS, product_token="OurBot")
    )


def test_the_list_is_dated_and_names_each_agent_once() -> None:
    """The list in force is evidence."""
    listed = agent_list()
    assert listed.version == "2026-08-22"
    assert len(listed.agents) == len({agent.token.lower() for agent in listed.agents.values()})
    assert {agent.group.name for agent in listed.agents.values()} == {
        "control",
        "training",
        "search",
        "user",
        "tool",
    }


def test_nine_thousand_groups_of_one_agent_are_read_in_linear_time() -> None:
    """Each names it again with a preference of its own: a person is shown the first lines."""
    groups = (f"User-agent: GPTBot\nContent-Usage: /{n} train-ai=n\nDisallow: /q\n" for n in range(9000))
    document = RobotsDocument.parse("".join(groups).encode())
    allowed, denied = document.observe(ORIGIN + "/1", ROBOTS, product_token="OurBot")
    assert (allowed.statement.verdict, denied.statement.verdict) == (Verdict.UNKNOWN, Verdict.DENY)
    assert denied.source.locator.count("line") == 40
