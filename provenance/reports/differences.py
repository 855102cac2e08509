"""What changed between two versions of a text file, line by line; bounded, because a site chose both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from licences.robots.text import decode, printable

LINES_SHOWN = 200  # of one difference; what is left out is counted
LINES_COMPARED = 500  # lines between the first and the last change; beyond, all of them count as replaced
CHARACTERS_SHOWN = 200  # of one line
CONTEXT = 3  # unchanged lines around a change

_LINE_END = re.compile(r"\r\n|\r|\n")
_Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A unified diff without its two heading lines."""

    lines: Sequence[str]  # each begins with "@@", " ", "-" or "+"
    left_out: int  # further lines
    added: int  # lines, of the whole difference
    removed: int


def difference(before: bytes, after: bytes) -> Difference:
    r"""Return what changed from one version to the next.

    >>> difference(b"a\nb", b"a\nc").lines
    ('@@ -1,2 +1,2 @@', ' a', '-b', '+c')
    """
    old, new = _lines(before), _lines(after)
    opcodes = _opcodes(old, new)
    changes = [code for code in opcodes if code[0] != "equal"]
    lines = tuple(_cut(line) for line in _unified(old, new, opcodes))
    return Difference(
        lines=lines[:LINES_SHOWN],
        left_out=max(len(lines) - LINES_SHOWN, 0),
        added=sum(end - start for _, _, _, start, end in changes),
        removed=sum(end - start for _, start, end, _, _ in changes),
    )


def _lines(body: bytes) -> list[str]:
    text, _ = decode(body)
    lines = [printable(line) for line in _LINE_END.split(text)]
    return lines if lines[-1] else lines[:-1]


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[_Opcode]:
    """Compare only what lies between the first and the last change: versions of a file are mostly alike."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(map(len, middle)) > LINES_COMPARED:
        inner: list[_Opcode] = [("replace", 0, len(middle[0]), 0, len(middle[1]))]
    else:
        inner = list(SequenceMatcher(None, *middle).get_opcodes())
    ends = ("equal", len(old) - tail, len(old), len(new) - tail, len(new))
    shifted = [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in inner]
    return [("equal", 0, head, 0, head), *shifted, ends]


def _unified(old: Sequence[str], new: Sequence[str], opcodes: list[_Opcode]) -> Iterator[str]:
    matcher = SequenceMatcher(None, "", "")
    matcher.opcodes = [code for code in opcodes if code[1] < code[2] or code[3] < code[4]]  # type: ignore[attr-defined]  # a public name that typeshed lacks: what `get_grouped_opcodes` groups
    for group in matcher.get_grouped_opcodes(CONTEXT):
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[a:b])
            else:
                yield from (f"-{line}" for line in old[a:b])
                yield from (f"+{line}" for line in new[c:d])


def _span(start: int, end: int) -> str:
    """Return a range of lines as unified diffs write it: from 1, an empty one at the line before it."""
    length = end - start
    return f"{start + 1 if length else start}" + ("" if length == 1 else f",{length}")


def _cut(line: str) -> str:
    return line if len(line) <= CHARACTERS_SHOWN else f"{line[:CHARACTERS_SHOWN]}…"
