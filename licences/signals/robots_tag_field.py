"""The new ``Robots-Tag`` header: a List of agents whose parameters are directives (draft-illyes-repext; RFC 9651).

Each line is read on its own.  Where the strict reader gives up, a tolerant one still hears what restricts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from licences.observation import encodable
from licences.signals.robots_directives import LONGEST, RESTRICTIVE, WEIGHTLESS, Directive
from licences.signals.structured_fields import Member, Token, read_list

_WORD = 100  # characters of a name or a value that are kept
_MEMBERS = 200  # agents of a line, directives of an agent


@lru_cache(maxsize=1024)
def read_robots_tag(value: str) -> tuple[Directive, ...]:
    """Return the directives of one header line in order, each with its agent; never raises.

    >>> [(one.agent, one.name) for one in read_robots_tag("*;noindex, ExampleBot;noai")]
    [('*', 'noindex'), ('ExampleBot', 'noai')]
    """
    text = value[:LONGEST]
    if (members := read_list(text)) is not None:
        return tuple(_strict(members))
    return tuple(_tolerated(text)) or (Directive(None, _kept(text), "", lenient=False),)


def _strict(members: list[Member]) -> Iterator[Directive]:
    for item, parameters in members[:_MEMBERS]:
        agents = [agent for agent, _ in item] if isinstance(item, list) else [item]
        for agent in agents:
            name = _kept(str(agent))
            if not parameters and name.lower() in RESTRICTIVE:  # the old header's syntax in the new one
                yield Directive(None, name.lower(), "", lenient=True)
            for directive, value in list(parameters.items())[:_MEMBERS]:
                if value is not False:
                    lenient = not isinstance(agent, Token) or isinstance(item, list)
                    yield Directive(name, _kept(directive), _text(value), lenient=lenient)


def _tolerated(text: str) -> Iterator[Directive]:
    for member in text.split(",")[:_MEMBERS]:
        first, *words = (word.strip().strip("\"'") for word in member.split(";")[:_MEMBERS])
        agent = None if first.lower() in RESTRICTIVE | WEIGHTLESS else first or None
        for word in words if agent else [first, *words]:
            if word.lower() in RESTRICTIVE:
                yield Directive(_kept(agent) if agent else None, word.lower(), "", lenient=True)


def _text(value: Any) -> str:
    if value is True:
        return ""
    return _kept(value.isoformat() if isinstance(value, datetime) else str(value))


def _kept(text: str) -> str:
    return encodable(text[:_WORD])
