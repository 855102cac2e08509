"""What the extension lines of a robots.txt state to one agent about a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from licences.observation import (
    EVERYONE,
    RAW_LIMIT,
    Addressee,
    Observation,
    Scope,
    ScopeLevel,
    Source,
    Statement,
)
from licences.robots.extensions import Extension, Family, StatingLine, stating_line
from licences.robots.pathed_lines import PathedLines
from licences.robots.target import target
from licences.robots.text import printable
from licences.signals.word import closed_only, doubted
from licences.vocabulary import AssertedBy, Channel

_OF_EVERYBODY = 0.8  # confidence: our own group is silent; the policy's text addresses whoever reads the site
_ORPHAN = 0.7  # confidence: before any group, where RFC 9309 knows no rule
_FOR_OTHERS = 0.7  # confidence: above the User-agent line of its group that names us
_LINES_SHOWN = 40
_STATEMENTS = 200  # about one URL
_CACHED = 1024  # sets of lines that decide


class Voice(NamedTuple):
    """Lines of one family that speak to us in one capacity."""

    family: Family
    lines: PathedLines
    addressee: Addressee = EVERYONE
    certainty: float = 1.0
    orphaned: bool = False  # before any group: denials are honoured, allowances are not


class StatedLines:
    """The lines of one file that speak of rights, by family and group.  False when there are none."""

    __slots__ = ("_lines", "_platform")

    def __init__(self, extensions: Iterable[Extension], platform: frozenset[int]) -> None:
        """Read the lines.

        Args:
            extensions: of the file, in order.
            platform: the line numbers between a platform's marks: its words, not the publisher's.
        """
        self._platform = platform
        self._lines: dict[Family, dict[int | None, list[StatingLine]]] = {}
        for line, group in extensions:
            if (found := stating_line(line)) is not None:
                family, stating = found
                self._lines.setdefault(family, {}).setdefault(group, []).append(stating)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def of_groups(self, numbers: Iterable[int]) -> tuple[PathedLines, ...]:
        """Return what the preferences and signals of some groups are, whoever they name."""
        wanted = dict.fromkeys(numbers, 0)
        found = (
            PathedLines(_merged(self._lines.get(family, {}), wanted))
            for family in (Family.CONTENT_USAGE, Family.CONTENT_SIGNAL)
        )
        return tuple(lines for lines in found if lines)

    def reader(self, product_token: str, own: Mapping[int, int], everybody: Mapping[int, int]) -> LineReader:
        """Return a reader for one agent.

        Args:
            product_token: the agent's.
            own: the groups that name it, each with the number of the first line that does; they bind it alone.
            everybody: the groups for ``*``, likewise.
        """
        ours = Addressee(all=False, tokens=(product_token,), matches_us=True) if own else EVERYONE
        voices: list[Voice] = []
        for family, by_group in self._lines.items():
            bound = PathedLines(_merged(by_group, own or everybody))
            orphans = PathedLines(by_group.get(None, ()))
            if bound:
                voices.append(Voice(family, bound, ours))
            elif own and family is Family.CONTENT_SIGNAL and (lines := _merged(by_group, everybody)):
                voices.append(Voice(family, PathedLines(lines), certainty=_OF_EVERYBODY))
            replaced = bound and family is Family.LICENSE  # a group's own licence stands for the file's
            if orphans and not replaced:
                voices.append(Voice(family, orphans, orphaned=family is not Family.LICENSE))
        return LineReader(voices, self._platform)


class LineReader:
    """Reads the lines that address one agent.  False when there are none."""

    __slots__ = ("_cache", "_platform", "_voices", "needs_access")

    def __init__(self, voices: Sequence[Voice], platform: frozenset[int]) -> None:
        self._voices = voices
        self._platform = platform
        self._cache: dict[tuple[str, tuple[tuple[int, ...], ...]], tuple[Observation, ...]] = {}
        self.needs_access = any(voice.family is Family.CONTENT_USAGE for voice in voices)

    def __bool__(self) -> bool:
        return bool(self._voices)

    def observe(self, url: str, robots_url: str, *, crawlable: bool = True) -> tuple[Observation, ...]:
        """Return what is stated about a URL; the same objects for every URL that the same lines decide.

        Args:
            url: of the page.
            robots_url: of the file.
            crawlable: whether the agent may request the URL; one that it may not has no preference (AIPREF).
        """
        path = target(url)
        fitting = tuple(
            [
                voice.lines.matching(path) if crawlable or voice.family is not Family.CONTENT_USAGE else ()
                for voice in self._voices
            ]
        )
        key = (robots_url, fitting)
        if (known := self._cache.get(key)) is None:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            known = self._cache[key] = tuple(self._observations(fitting, robots_url))
        return known

    def _observations(self, fitting: Sequence[Sequence[int]], robots_url: str) -> Iterator[Observation]:
        stated: dict[Statement, list[StatingLine]] = {}
        for voice, matching in zip(self._voices, fitting, strict=True):
            for line, word in voice.lines.spoken(matching):
                for statement in word.statements:
                    stated.setdefault(self._placed(statement, line, voice), []).append(line)
        for statement, lines in islice(stated.items(), _STATEMENTS):
            shown = [(line.line.number, printable(line.line.text)) for line in lines[:_LINES_SHOWN]]
            yield Observation(
                statement=statement,
                source=Source(
                    channel=Channel.ROBOTS_TXT,
                    url=robots_url,
                    locator=", ".join(f"line {number}" for number, _ in shown),
                ),
                raw="\n".join(text for _, text in shown)[:RAW_LIMIT],
            )

    def _placed(self, statement: Statement, line: StatingLine, voice: Voice) -> Statement:
        if voice.orphaned:
            statement = doubted(statement, _ORPHAN)
        pattern = printable(line.pattern) or None
        by_platform = line.line.number in self._platform
        return replace(
            statement,
            scope=Scope(level=ScopeLevel.PATH if pattern else ScopeLevel.AUTHORITY, selector=pattern),
            addressee=voice.addressee,
            asserted_by=AssertedBy.PLATFORM if by_platform else statement.asserted_by,
            confidence=min(statement.confidence, voice.certainty),
        )


def _merged(by_group: Mapping[int | None, list[StatingLine]], groups: Mapping[int, int]) -> list[StatingLine]:
    """Return the lines of some groups, each given with the line that names the agent.

    These lines do not end a list of User-agent lines (RFC 9309 §2.2.1), so one may stand above the agent it binds.
    Then its denial holds, but an allowance may have been meant for the agents above it alone.
    """
    return [
        line
        if line.line.number > named
        else line._replace(words=tuple(closed_only(word, _FOR_OTHERS) for word in line.words))
        for number, named in groups.items()
        for line in by_group.get(number, ())
    ]
