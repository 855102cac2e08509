"""Notices in the visible text of a page: licences in words, reservations, and what restates the default.

Where a sentence stands decides what it counts for.  In a footer or a notice it speaks unless it speaks of something
else; in the page's text only if it says in so many words that it means the page; in a caption, a table or a teaser
only for that part; in code, headings and quotations for nobody.  When in doubt it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from licences.detection.notice_gate import spots
from licences.detection.notice_link import covered_by_link
from licences.detection.notice_reading import Reading, readings_of
from licences.detection.notice_scope import THIS_SITE, Area, Subject, area_of
from licences.detection.notice_text import Block, TextMap
from licences.detection.phrases import Hit, is_cjk, statement_of
from licences.detection.place import Page, css_path
from licences.detection.statement import IN_WORDS, licence_statement, part_of
from licences.naming import UNRESOLVED
from licences.observation import WHOLE_DOCUMENT, Observation, Scope, ScopeLevel, Source, Statement
from licences.terms import Terms, terms_at
from licences.vocabulary import Channel, Kind

_ALONE, _ALONE_CJK = 160, 60  # characters of a block that is nothing but a notice
_STANDING_ALONE = frozenset(
    {"p", "div", "small", "section", "address", "center", "body", "footer", "aside", "td"}
)
_RAW = 2000

_Found = tuple[Statement, Block, str]


def noticed_in_text(page: Page, _: bytes) -> Iterator[Observation]:
    """Yield what the text of a page says about rights, in document order, each statement once."""
    root = page.tree.body
    if root is None:
        return
    text = root.text(deep=True)
    places = spots(text)
    if not places:
        return
    seen: set[Statement] = set()
    for statement, block, raw in _found(page, root, text, places):
        if statement not in seen:
            seen.add(statement)
            source = Source(
                channel=Channel.HTML_TEXT, url=page.url, locator=f"{css_path(block.element)} text"
            )
            yield Observation(statement=statement, source=source, raw=raw[:_RAW])


def _found(page: Page, root: LexborNode, text: str, places: list[int]) -> list[_Found]:
    subject = Subject(page, text)
    found: list[_Found] = []
    of_text: list[_Found] = []  # licences that the page's own text declares
    for block in _blocks(TextMap(page, root, text), places):
        readings = readings_of(block.text, block.links)
        if not readings:
            continue
        area, scope = area_of(block.element, page)
        for reading in readings:
            found += [(said, block, reading.raw) for said in _notices(reading, block, area, scope)]
            into = of_text if area is Area.MAIN else found
            into += [(said, block, reading.raw) for said in _licences(reading, area, scope, subject)]
    return found + ([] if _is_list(of_text) else of_text)


def _is_list(declared: list[_Found]) -> bool:
    """Tell whether several blocks of a page's text declare different licences: then they are about different works."""
    by_block: dict[int, set[str | None]] = {}
    for statement, block, _ in declared:
        if statement.scope.level is not ScopeLevel.ELEMENT:
            by_block.setdefault(block.element.mem_id, set()).add(statement.licence)
    return len({frozenset(licences) for licences in by_block.values()}) > 1


def _blocks(pages: TextMap, places: list[int]) -> Iterator[Block]:
    """Yield each block that holds a place, once."""
    until = -1
    seen: set[int] = set()
    for place in places:
        if place < until or (block := pages.block_at(place)) is None:
            continue
        until = block.until
        if block.element.mem_id not in seen or block.element.tag == "body":
            seen.add(block.element.mem_id)
            yield block


def _notices(reading: Reading, block: Block, area: Area, scope: Scope) -> Iterator[Statement]:
    if area in {Area.NOWHERE, Area.PART, Area.QUOTED}:
        return
    covered = WHOLE_DOCUMENT if reading.page else THIS_SITE if reading.site and reading.own else scope
    for hit in reading.phrases:
        if _counts(hit, reading, block, area):
            for number in range(len(hit.phrase.states)):
                yield statement_of(hit.phrase, number, covered)


def _counts(hit: Hit, reading: Reading, block: Block, area: Area) -> bool:
    """Tell whether a phrase means what it says where it stands."""
    if hit.phrase.own:
        return reading.own and reading.plain and reading.part is None
    if area in {Area.SITE, Area.NOTICE}:
        return True
    if reading.ours:
        return reading.plain
    return not hit.loose and reading.opening and reading.plain and _stands_alone(block, reading)


def _stands_alone(block: Block, reading: Reading) -> bool:
    """Tell whether a block in the page's text is a notice and little else."""
    length = _ALONE_CJK if is_cjk(block.text) else _ALONE
    return block.element.tag in _STANDING_ALONE and len(block.text.strip()) <= min(
        length, 2 * len(reading.raw)
    )


def _licences(reading: Reading, area: Area, scope: Scope, subject: Subject) -> Iterator[Statement]:
    if not reading.licences or area is Area.NOWHERE or not reading.plain:
        return
    covered = _covered(reading, area, scope, subject)
    if covered is None:
        return
    known = _read_by_link(reading, area, scope)
    for terms in reading.licences:
        if terms not in known and (terms is not UNRESOLVED or covered in {WHOLE_DOCUMENT, THIS_SITE}):
            yield licence_statement(Kind.LICENCE_TEXT, terms, covered, IN_WORDS)


def _read_by_link(reading: Reading, area: Area, scope: Scope) -> set[Terms]:
    """Return the terms of a sentence that the observer of links has already; its words may name others besides."""
    if area not in {Area.SITE, Area.NOTICE} or covered_by_link(reading, scope) is None:
        return set()
    return {terms_at(url) for url in reading.links}


def _covered(reading: Reading, area: Area, scope: Scope, subject: Subject) -> Scope | None:
    """Return what a licence in a sentence covers; None: nothing that we know of."""
    if area is Area.PART:
        return scope
    in_text = area in {Area.MAIN, Area.QUOTED}
    if reading.part is not None:
        is_mention = in_text and (subject.is_licences or not reading.granting)
        return None if is_mention else part_of(reading.part)
    if in_text:
        return _covered_by_text(reading, area, subject)
    if not reading.own and reading.is_about_software:
        return part_of("code")
    return WHOLE_DOCUMENT if reading.page else scope


def _covered_by_text(reading: Reading, area: Area, subject: Subject) -> Scope | None:
    """Return what a sentence in the page's own text covers: it has to say that it means the page or the site."""
    if not (reading.own and reading.granting) or (subject.is_licences and not reading.site):
        return None
    if area is Area.QUOTED and not reading.is_addressed_to_readers:
        return None
    return THIS_SITE if reading.site and not reading.page else WHOLE_DOCUMENT
