"""Groups that name AI agents: what a refusal of others lets us infer about training and answering.

No standard says that a denial of one operator's training crawler is meant for all; it is our inference, recorded
with effect ``inference`` and a confidence, never as a rule that binds us (that is `RobotsDocument.access`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Protocol

from licences.observation import RAW_LIMIT, Addressee, Observation, Scope, ScopeLevel, Source, Statement
from licences.robots.matching import Rule, RuleSet
from licences.robots.pathed_lines import PathedLines
from licences.robots.target import target
from licences.robots.text import Line, printable
from licences.vocabulary import Channel, Kind, LegalEffect, Usage, Verdict

PROTOCOL = "AI agents in robots.txt"
_STRONG = 0.9  # a control token, or three operators and more
_BY_OPERATORS = {1: 0.6, 2: 0.75}
_LINES_SHOWN = 40
_CACHED = 1024  # sets of lines that decide
_ABOUT_AI = (  # in the order of the observations
    Usage.AI_TRAIN,
    Usage.AI_INDEX,
    Usage.AI_INPUT,
    Usage.TDM,
    Usage.AI_TRAIN_GEN,
    Usage.AI_TRAIN_NONGEN,
)


class AgentClass(NamedTuple):
    """A class of agents, and what denying one of them speaks about."""

    name: str
    usages: tuple[Usage, ...]
    confidence: float | None  # None: by the number of operators denied


class Agent(NamedTuple):
    """A token of the list."""

    token: str  # in the list's spelling
    operator: str  # the first token of its operator
    group: AgentClass


class AgentList(NamedTuple):
    """The list in force."""

    version: str
    agents: dict[str, Agent]  # by token in lower case

    def named_by(self, value: str) -> Agent | None:
        """Return the agent that a User-agent line names: its whole value, else its first word, else its token."""
        whole = self.agents.get(value.lower())
        return (
            whole
            or self.agents.get(_first(r"[^\s/]+", value))
            or self.agents.get(_first(r"[A-Za-z_-]+", value))
        )


@cache
def agent_list() -> AgentList:
    """Return the packaged list."""
    data = tomllib.loads(files("licences.robots").joinpath("agents.toml").read_text(encoding="utf-8"))
    version = data.pop("version")
    agents = {
        token.lower(): Agent(token, operator[0], group)
        for name, entry in data.items()
        for group in [AgentClass(name, tuple(map(Usage, entry["usages"])), entry.get("confidence"))]
        for operator in entry["operators"]
        for token in operator
    }
    return AgentList(version, agents)


class AgentGroup(Protocol):
    """What is needed of a robots.txt group."""

    agents: list[Line]
    rules: list[Rule]


class StatedToGroups(Protocol):
    """What is needed of the extension lines."""

    def of_groups(self, numbers: Iterable[int]) -> tuple[PathedLines, ...]:
        """Return the preferences and signals of some groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bloc:
    """Agents that the same groups name: their merged rules are asked once."""

    agents: tuple[Agent, ...]
    lines: Mapping[Agent, tuple[Line, ...]]  # the User-agent lines that name each
    rules: RuleSet
    stated: tuple[PathedLines, ...]  # their preferences and signals


class AgentReader:
    """Reads the AI-agent groups of one robots.txt.  False when there are none."""

    __slots__ = ("_blocs", "_cache")

    def __init__(self, groups: Sequence[AgentGroup], stated: StatedToGroups) -> None:
        self._blocs = _blocs(groups, stated)
        self._cache: dict[
            tuple[str, tuple[int, ...], tuple[tuple[int, ...], ...]], tuple[Observation, ...]
        ] = {}

    def __bool__(self) -> bool:
        return bool(self._blocs)

    def observe(self, url: str, robots_url: str) -> tuple[Observation, ...]:
        """Return the observations for a URL; the same objects for every URL that the same lines decide."""
        path = target(url)
        decisive = [_denying(bloc.rules, path) for bloc in self._blocs]
        fitting = tuple([lines.matching(path) for bloc in self._blocs for lines in bloc.stated])
        key = (robots_url, tuple([rule.number if rule else 0 for rule in decisive]), fitting)
        if (known := self._cache.get(key)) is None:
            found = [*_by_rules(self._blocs, decisive), *_by_lines(self._blocs, fitting)]
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            known = self._cache[key] = tuple(_observations(found, robots_url))
        return known


def _blocs(groups: Sequence[AgentGroup], stated: StatedToGroups) -> tuple[Bloc, ...]:
    listed = agent_list()
    naming: dict[Agent, dict[int, Line]] = {}
    for number, group in enumerate(groups):
        for line in group.agents:
            if (agent := listed.named_by(line.value)) is not None:
                naming.setdefault(agent, {}).setdefault(number, line)
    alike: dict[tuple[int, ...], list[Agent]] = {}
    for agent, named in naming.items():
        alike.setdefault(tuple(named), []).append(agent)
    return tuple(
        Bloc(
            agents=tuple(agents),
            lines={agent: tuple(naming[agent].values()) for agent in agents},
            rules=RuleSet(rule for number in numbers for rule in groups[number].rules),
            stated=stated.of_groups(numbers),
        )
        for numbers, agents in alike.items()
    )


def _denying(rules: RuleSet, path: str) -> Rule | None:
    verdicts = rules.decide(path)
    return None if verdicts.allowed else verdicts.denial


class _Finding(NamedTuple):
    usage: Usage
    agent: Agent
    rule: Rule | None  # the line that denies; None: named and allowed
    bloc: Bloc
    certainty: float = 1.0


def _by_rules(blocs: Sequence[Bloc], decisive: Sequence[Rule | None]) -> Iterable[_Finding]:
    for bloc, rule in zip(blocs, decisive, strict=True):
        for agent in bloc.agents:
            for usage in agent.group.usages:
                yield _Finding(usage, agent, rule, bloc)


def _by_lines(blocs: Sequence[Bloc], fitting: Sequence[tuple[int, ...]]) -> Iterable[_Finding]:
    """Yield what preferences and signals deny the agents: said to others, so that it is an inference too."""
    every = ((bloc, lines) for bloc in blocs for lines in bloc.stated)
    for (bloc, lines), matching in zip(every, fitting, strict=True):
        for (line, pattern, _), word in lines.spoken(matching):
            rule = Rule(line.number, line.text, allow=False, value=pattern)
            for statement in word.statements:
                if statement.verdict is Verdict.DENY and statement.usage in _ABOUT_AI:
                    for agent in bloc.agents:
                        yield _Finding(statement.usage, agent, rule, bloc, statement.confidence)


def _observations(found: Sequence[_Finding], robots_url: str) -> Iterable[Observation]:
    for usage in _ABOUT_AI:
        about = [finding for finding in found if finding.usage is usage]
        for weak in (False, True):
            alike = [finding for finding in about if (finding.agent.group.confidence is not None) is weak]
            if denied := [finding for finding in alike if finding.rule is not None]:
                yield _observation(usage, denied, robots_url)
            if allowed := [finding for finding in alike if finding.rule is None]:
                yield _observation(usage, allowed, robots_url)


def _observation(usage: Usage, findings: list[_Finding], robots_url: str) -> Observation:
    patterns = sorted({printable(finding.rule.value) for finding in findings if finding.rule})
    denied = bool(patterns)
    everywhere = not all(patterns)
    statement = Statement(
        kind=Kind.ROBOTS_AI_AGENT_DISALLOW,
        protocol=PROTOCOL,
        protocol_version=agent_list().version,
        usage=usage,
        verdict=Verdict.DENY if denied else Verdict.UNKNOWN,
        legal_effect=LegalEffect.INFERENCE,
        scope=Scope(level=ScopeLevel.PATH, selector=None if everywhere else " ".join(patterns) or None),
        addressee=Addressee(
            all=False, tokens=tuple(sorted({finding.agent.token for finding in findings})), matches_us=False
        ),
        confidence=min(
            _confidence([finding.agent for finding in findings]),
            max(finding.certainty for finding in findings),
        ),
        note=None if denied else "named_allow",
    )
    lines = _evidence(findings)
    shown = sorted(lines)[:_LINES_SHOWN]
    return Observation(
        statement=statement,
        source=Source(
            channel=Channel.ROBOTS_TXT,
            url=robots_url,
            locator=", ".join(f"line {number}" for number in shown),
        ),
        raw="\n".join(printable(lines[number]) for number in shown)[:RAW_LIMIT],
    )


def _evidence(findings: Sequence[_Finding]) -> dict[int, str]:
    """Return the lines that name the agents and those that decide, by their numbers."""
    lines: dict[int, str] = {}
    named = {(finding.agent, id(finding.bloc)): finding.bloc for finding in findings}
    for (agent, _), bloc in named.items():
        lines.update((line.number, line.text) for line in bloc.lines[agent])
    lines.update((finding.rule.number, finding.rule.text) for finding in findings if finding.rule is not None)
    return lines


def _confidence(agents: Sequence[Agent]) -> float:
    if (weak := agents[0].group.confidence) is not None:
        return weak
    if any(agent.group.name == "control" for agent in agents):
        return _STRONG
    return _BY_OPERATORS.get(len({agent.operator for agent in agents}), _STRONG)


def _first(pattern: str, value: str) -> str:
    found = re.match(pattern, value)
    return found[0].lower() if found else ""
