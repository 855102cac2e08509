"""The few elements of an XML document that one asks for, each with a path that finds it again; no tree is built.

No document type, no entities, no network: what declares a document type is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from licences.errors import LicenceError
from licences.vocabulary import Retrieval

LIMIT = 10 * 1024 * 1024  # bytes read
_ELEMENTS = 100_000  # started
_DEEPEST = 64
_FOUND = 600
_TEXT = 4000  # characters of one element
_LONGEST_NAME = 200  # characters: every path below repeats it


class XmlElement(NamedTuple):
    """One element that was asked for."""

    path: str  # "/rss/channel/item[3]/license": local names, positions from 1 among the like-named
    tag: str  # "{namespace}name"
    attributes: Mapping[str, str]
    text: str  # its own and all within, stripped

    @property
    def steps(self) -> list[str]:
        """The local names from the root down, without positions."""
        return [step.partition("[")[0] for step in self.path.split("/")[1:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlReading:
    """What was found, and how reading went: OVERSIZE, or MALFORMED, and then nothing that was found counts."""

    found: tuple[XmlElement, ...] = ()
    retrieval: Retrieval = Retrieval.OK


def elements(
    body: bytes, *, roots: frozenset[str], asked: Callable[[str, Mapping[str, str]], bool]
) -> XmlReading:
    """Return the elements that are asked for, in document order; none where the document is of another kind.

    Args:
        body: the document.
        roots: local names, one of which its root must have.
        asked: tells by ``{namespace}name`` and attributes whether an element is wanted.
    """
    target = _Target(roots, asked)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        parser.feed(body[:LIMIT])
        if len(body) <= LIMIT:
            parser.close()
    except _OtherKind:
        return XmlReading()
    except _Enough:
        return XmlReading(found=tuple(target.found), retrieval=Retrieval.OVERSIZE)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return XmlReading(retrieval=Retrieval.MALFORMED)
    state = Retrieval.OK if len(body) <= LIMIT else Retrieval.OVERSIZE
    return XmlReading(found=tuple(target.found), retrieval=state)


class _OtherKind(LicenceError):  # noqa: N818 - a signal between the target and its parser
    """The root says that it is something else."""


class _Enough(LicenceError):  # noqa: N818 - a signal between the target and its parser
    """More was found than anybody reads."""


class _Target:
    """Takes what the parser tells; keeps paths and the text of wanted elements."""

    def __init__(self, roots: frozenset[str], asked: Callable[[str, Mapping[str, str]], bool]) -> None:
        self.found: list[XmlElement] = []
        self._roots, self._asked = roots, asked
        self._steps: list[str] = []
        self._counts: list[dict[str, int]] = [{}]  # how many of a name each level had so far
        self._started = 0
        self._wanted: tuple[int, str, Mapping[str, str]] | None = None  # depth, tag, attributes
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        name = tag.rpartition("}")[2]
        self._started += 1
        if not self._steps and name not in self._roots:
            raise _OtherKind
        if self._started > _ELEMENTS or len(self._steps) == _DEEPEST or len(name) > _LONGEST_NAME:
            raise _Enough
        before = self._counts[-1]
        position = before[name] = before.get(name, 0) + 1
        self._steps.append(name if position == 1 else f"{name}[{position}]")
        self._counts.append({})
        if self._wanted is None and self._asked(tag, attributes):
            self._wanted, self._text = (len(self._steps), tag, attributes), []

    def data(self, text: str) -> None:
        """Take text."""
        if self._wanted is not None and len(self._text) < _TEXT:
            self._text.append(text[:_TEXT])

    def end(self, tag: str) -> None:  # noqa: ARG002 - the parser's interface
        """Take the end of an element."""
        if self._wanted is not None and self._wanted[0] == len(self._steps):
            _, wanted, attributes = self._wanted
            text = "".join(self._text)[:_TEXT].strip()
            self.found.append(XmlElement(f"/{'/'.join(self._steps)}", wanted, attributes, text))
            self._wanted = None
        self._steps.pop()
        self._counts.pop()
        if len(self.found) == _FOUND:
            raise _Enough

    def close(self) -> None:
        """Take the end of the document."""
