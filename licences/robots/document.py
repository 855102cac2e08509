"""A robots.txt as a document: numbered lines, groups, extension lines; every answer names its line (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from licences.observation import Observation
from licences.robots.agents import AgentReader
from licences.robots.extensions import FIELDS, STATING, Extension
from licences.robots.matching import Rule, RuleSet, Verdicts
from licences.robots.pace import RobotsPace, read_pace, read_sitemaps
from licences.robots.stated import LineReader, StatedLines
from licences.robots.target import target
from licences.robots.text import Line, RobotsFlag, decode, lines, platform_lines, printable

FRAMEWORK_TOKEN = "Scrapy"  # noqa: S105 - a product token; a group naming it binds us too: we run on it

_EXTENSION_LIMIT = 20_000  # lines kept, beside those that speak of rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whether a URL may be requested, and the line that says so."""

    allowed: bool
    line_number: int | None = None  # from 1; None: no rule matched, or none is needed
    line: str | None = None  # verbatim
    overridden_line_number: int | None = None  # a Disallow that a longer (or equal) Allow overrode
    overridden_line: str | None = None


ALLOWED_WITHOUT_RULE = Access(allowed=True)


@dataclass(slots=True)
class Group:
    """Consecutive User-agent lines and the rules behind them; unknown lines neither end nor split it."""

    agents: list[Line] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


class RobotsDocument:
    """A parsed robots.txt.  Answers for one token are compiled once and then cost microseconds a URL."""

    def __init__(
        self,
        groups: list[Group],
        extensions: list[Extension],
        flags: frozenset[RobotsFlag],
        known_lines: int,
        platform: frozenset[int] = frozenset(),
    ) -> None:
        self.groups = groups
        self.extensions = extensions
        self.flags = flags
        self.known_lines = known_lines  # lines whose field we know; 0 in a page that is no robots.txt
        self._index: dict[str, list[int]] = {}
        for number, group in enumerate(groups):
            for name in {name for agent in group.agents for name in _names(agent.value)}:
                self._index.setdefault(name, []).append(number)
        self._binding: dict[str, tuple[RuleSet, ...]] = {}
        self._answers: dict[tuple[int, int, bool], Access] = {}
        self._paces: dict[str, RobotsPace] = {}
        self._stated = StatedLines(extensions, platform)
        self._readers: dict[str, LineReader] = {}
        self._agents = AgentReader(groups, self._stated)

    @classmethod
    def parse(cls, body: bytes) -> RobotsDocument:
        """Read a robots.txt of any size and content; never raises, linear in at most 512 KiB."""
        text, flags = decode(body)
        groups: list[Group] = []
        extensions: list[Extension] = []
        known, collecting = 0, False
        for line in lines(text):
            if line.field == "user-agent":
                if not collecting:
                    groups.append(Group())
                    collecting = True
                groups[-1].agents.append(line)
            elif line.field in {"allow", "disallow"}:
                collecting = False
                if groups and line.value:
                    groups[-1].rules.append(Rule(line.number, line.text, line.field == "allow", line.value))
            elif line.field in FIELDS:
                if len(extensions) < _EXTENSION_LIMIT or line.field in STATING:
                    extensions.append(Extension(line, len(groups) - 1 if groups else None))
            else:
                continue
            known += 1
        if not known and text.lstrip()[:1] == "<":
            flags |= {RobotsFlag.WRONG_TYPE}
        return cls(groups, extensions, flags, known, platform_lines(text))

    def access(self, product_token: str, url: str) -> Access:
        """Tell whether a URL may be requested by us.

        A group that names our token decides alone.  Otherwise the groups for ``*`` decide, and a group for the
        framework we run on binds us besides: a denial in either wins.
        """
        path = target(url)
        if path == "/robots.txt":
            return ALLOWED_WITHOUT_RULE
        rule_sets = self._binding.get(product_token)
        if rule_sets is None:
            rule_sets = self._binding[product_token] = tuple(
                RuleSet(self._rules_of(numbers)) for numbers in self._selected(product_token)
            )
        best = ALLOWED_WITHOUT_RULE
        for rule_set in rule_sets:
            found = self._answer(rule_set.decide(path))
            if not found.allowed:
                return found
            if best.line_number is None:
                best = found
        return best

    def pace(self, product_token: str) -> RobotsPace:
        """Return the pace the file asks of us; the strictest value where several lines bind us."""
        if (known := self._paces.get(product_token)) is None:
            bound = {number for numbers in self._selected(product_token) for number in numbers}
            known = read_pace(one.line for one in self.extensions if one.group in bound)
            self._paces[product_token] = known
        return known

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The absolute http(s) URLs of Sitemap lines, in order, without repeats."""
        return read_sitemaps(one.line for one in self.extensions)

    def observe(self, url: str, robots_url: str, *, product_token: str) -> tuple[Observation, ...]:
        """Return what the file states about a URL, and what its groups for AI agents let us infer.

        Args:
            url: of the page.
            robots_url: of this file.
            product_token: ours: lines of a group bind whom the group names.

        Most files say nothing, and cost nothing.
        """
        found = self._agents.observe(url, robots_url) if self._agents else ()
        if self._stated and (reader := self._reader(product_token)):
            crawlable = not reader.needs_access or self.access(product_token, url).allowed
            found += reader.observe(url, robots_url, crawlable=crawlable)
        return found

    def rules_for(self, product_token: str) -> RuleSet:
        """Return the rules of RFC 9309 for a token: its own groups merged, else those for ``*``."""
        return RuleSet(self._rules_of(self._named(product_token) or self._index.get("*", [])))

    def _reader(self, token: str) -> LineReader:
        if (known := self._readers.get(token)) is None:
            known = self._stated.reader(token, own=self._naming(token), everybody=self._naming("*"))
            self._readers[token] = known
        return known

    def _named(self, token: str) -> list[int]:
        return self._index.get(token.lower(), [])

    def _naming(self, token: str) -> dict[int, int]:
        """Return the groups for a token, each with the number of the first line that names it."""
        name = token.lower()
        return {
            number: next(agent.number for agent in self.groups[number].agents if name in _names(agent.value))
            for number in self._index.get(name, [])
        }

    def _selected(self, token: str) -> list[list[int]]:
        if own := self._named(token):
            return [own]
        return [numbers for numbers in (self._index.get("*", []), self._named(FRAMEWORK_TOKEN)) if numbers]

    def _rules_of(self, numbers: Iterable[int]) -> Iterable[Rule]:
        return (rule for number in numbers for rule in self.groups[number].rules)

    def _answer(self, verdicts: Verdicts) -> Access:
        if verdicts.denial is None and verdicts.allowance is None:
            return ALLOWED_WITHOUT_RULE
        denial, allowance, allowed = verdicts
        key = (denial.number if denial else 0, allowance.number if allowance else 0, allowed)
        if (known := self._answers.get(key)) is None:
            known = self._answers[key] = _access(verdicts)
        return known


def _access(verdicts: Verdicts) -> Access:
    decisive = verdicts.allowance if verdicts.allowed else verdicts.denial
    overridden = verdicts.denial if verdicts.allowed else None
    return Access(
        allowed=verdicts.allowed,
        line_number=decisive.number if decisive else None,
        line=printable(decisive.text) if decisive else None,
        overridden_line_number=overridden.number if overridden else None,
        overridden_line=printable(overridden.text) if overridden else None,
    )


_FIRST_WORD = re.compile(r"[^\s/]+")
_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]+")


def _names(value: str) -> set[str]:
    """Return the tokens a User-agent line may be asked for, lower-case: as written, first word, grammar's token.

    >>> sorted(_names("OurBot/1.0"))
    ['ourbot', 'ourbot/1.0']
    """
    names = {value.lower()}
    names.update(
        found[0].lower() for pattern in (_FIRST_WORD, _PRODUCT_TOKEN) if (found := pattern.match(value))
    )
    return names
