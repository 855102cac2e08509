"""``X-Robots-Tag`` and ``Robots-Tag`` headers, robots meta elements: who is addressed, and where it stands.

Everything in them is restrictive and adds up; a word such as ``index`` or ``all`` carries no weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborNode

from licences.detection.place import css_path, in_head
from licences.observation import RAW_LIMIT, Observation, Source, encodable
from licences.representation import Representation
from licences.robots.agents import agent_list
from licences.signals.robots_directives import Directive, read_directives
from licences.signals.robots_readings import Speaker, statements
from licences.signals.robots_tag_field import read_robots_tag
from licences.vocabulary import Channel, Kind

SEARCH_ENGINES = frozenset(
    {
        "googlebot",
        "googlebot-news",
        "googlebot-image",
        "bingbot",
        "msnbot",
        "slurp",
        "duckduckbot",
        "yandex",
        "baiduspider",
    }
)
_IN_BODY = 0.7  # confidence: a reader's comment may have written it


def header_signals(representation: Representation, *, product_token: str) -> Iterator[Observation]:
    """Yield what X-Robots-Tag states, each header line on its own."""
    for index, value in representation.all("x-robots-tag"):
        directives = read_directives(value, prefixes=True)
        place = (Kind.ROBOTS_TAG_HEADER, f"X-Robots-Tag[{index}]", value)
        yield from _by_header(representation, place, directives, product_token)


def field_signals(representation: Representation, *, product_token: str) -> Iterator[Observation]:
    """Yield what the new Robots-Tag header states, each header line on its own."""
    for index, value in representation.all("robots-tag"):
        place = (Kind.ROBOTS_TAG_NEW_HEADER, f"Robots-Tag[{index}]", value)
        yield from _by_header(representation, place, read_robots_tag(value), product_token)


def _by_header(
    representation: Representation,
    place: tuple[Kind, str, str],
    directives: Iterable[Directive],
    product_token: str,
) -> Iterator[Observation]:
    kind, locator, value = place
    addressed = ((_speaker(kind, directive.agent, product_token, 1.0), directive) for directive in directives)
    yield from _stated(
        addressed,
        Source(channel=Channel.HTTP_HEADER, url=representation.url, locator=locator),
        encodable(value[:RAW_LIMIT]),
        own_image=representation.media_type.startswith("image/"),
    )


def meta_signals(
    node: LexborNode, name: str, content: str, *, url: str, product_token: str
) -> Iterator[Observation]:
    """Yield what one meta element states, when its name is ``robots`` or an agent's.

    Args:
        node: the element; inside ``body`` it counts too, but less surely.
        name: its name, in lower case.
        content: its content.
        url: of the page.
        product_token: ours.
    """
    own = product_token.lower()
    if not (name in {"robots", own} or name in SEARCH_ENGINES or name in agent_list().agents):
        return
    in_body = not in_head(node)
    place = ("body: " if in_body else "") + css_path(node)
    source = Source(channel=Channel.HTML_META, url=url, locator=place)
    speaker = _speaker(Kind.ROBOTS_TAG_META, name, product_token, _IN_BODY if in_body else 1.0)
    addressed = ((speaker, directive) for directive in read_directives(content, prefixes=False))
    yield from _stated(addressed, source, (node.html or "")[:RAW_LIMIT], own_image=False)


def _stated(
    addressed: Iterable[tuple[Speaker, Directive]], source: Source, raw: str, *, own_image: bool
) -> Iterator[Observation]:
    found = (
        statement
        for speaker, directive in addressed
        for statement in statements(speaker, directive, own_image=own_image)
    )
    for statement in dict.fromkeys(found):
        yield Observation(statement=statement, source=source, raw=raw)


def _speaker(kind: Kind, agent: str | None, product_token: str, certainty: float) -> Speaker:
    name = (agent or "robots").lower()
    if name in {"robots", "*"}:
        return Speaker(kind, None, us=True, certainty=certainty)
    return Speaker(kind, name, us=name == product_token.lower(), certainty=certainty)
