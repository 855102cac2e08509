"""SQL that several queries share: the URL, whose capture it is, what was decided, which licences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, Text, and_, cast, exists, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from provenance.models import Capture, Decision, Origin, Refusal, RightsSet, Run, Segment, Visit, captures_of
from provenance.urls import split

SPOOL = "spool:"  # before a segment's key: it is not uploaded yet

url_of_capture: ColumnElement[str] = Origin.url + Capture.path
url_of_refusal: ColumnElement[str] = Origin.url + Refusal.path
warc_uri: ColumnElement[str] = func.coalesce(Segment.uri, SPOOL + Segment.key)

# Either side can lead: from a visit, its captures are one range of keys; from a capture, its visit is one key.
capture_is_of_visit: ColumnElement[bool] = and_(Capture.visit_id == Visit.id, captures_of(Visit.id))


def is_decided(rights_set_id: Any) -> ColumnElement[bool]:
    """Return the join of `Decision` to `Run`: what a run's own policy makes of a rights set for its own purpose."""
    return and_(
        Decision.rights_set_id == rights_set_id,
        Decision.policy_id == Run.policy_id,
        Decision.usage == Run.purpose,
    )


def total(column: Any) -> ColumnElement[int]:
    """Return the sum as an integer on both engines, 0 over nothing."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


class JsonItems(GenericFunction[str]):
    """The items of a JSON list of strings as rows with one column, ``value``."""

    type = Text()
    inherit_cache = True
    name = "json_items"


@compiles(JsonItems, "sqlite")
def _for_sqlite(element: JsonItems, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(JsonItems, "postgresql")
def _for_postgresql(element: JsonItems, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements_text({compiler.process(element.clauses, **kw)})"


def like_of_glob(glob: str) -> str:
    r"""Return the LIKE pattern (escape character ``\``) that matches what the glob matches.

    >>> like_of_glob("CC-BY*"), like_of_glob("100%_?")
    ('CC-BY%', '100\\%\\__')
    """
    spelt = "".join(f"\\{char}" if char in "\\%_" else char for char in glob)
    return spelt.replace("*", "%").replace("?", "_")


def reader_of_glob(glob: str) -> Callable[[str], bool]:
    """Return what tells whether a text matches the glob, case aside: the same texts as `like_of_glob` finds.

    >>> [reader_of_glob("cc-by-?.0")(text) for text in ("CC-BY-4.0", "CC-BY-SA-4.0")]
    [True, False]
    """
    spelt = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in glob)
    matches = re.compile(spelt, re.IGNORECASE | re.DOTALL).fullmatch
    return lambda text: matches(text) is not None


def states_licence(glob: str) -> ColumnElement[bool]:
    """Return the condition «the rights set states a licence that matches», case aside."""
    items = JsonItems(RightsSet.licences).table_valued("value")
    return exists(select(1).select_from(items).where(items.c.value.ilike(like_of_glob(glob), escape="\\")))


class JsonField(GenericFunction[str]):
    """A member of a JSON object that lies in a text, as text; null where there is none."""

    type = Text()
    inherit_cache = True
    name = "json_field"


@compiles(JsonField, "sqlite")
def _field_for_sqlite(element: JsonField, compiler: SQLCompiler, **kw: Any) -> str:
    return "json_extract({}, '$.' || {})".format(*(compiler.process(one, **kw) for one in element.clauses))


@compiles(JsonField, "postgresql")
def _field_for_postgresql(element: JsonField, compiler: SQLCompiler, **kw: Any) -> str:
    return "(({})::json ->> {})".format(*(compiler.process(one, **kw) for one in element.clauses))


def asks_condition(conditions: Any, kind: str) -> ColumnElement[bool]:
    """Return the condition «a decision's JSON list of conditions holds one of this kind»."""
    items = JsonItems(conditions).table_valued("value")
    return exists(
        select(1).select_from(items).where(JsonField(items.c.value, literal("type", Text)) == str(kind))
    )


def matches_glob(column: Any, glob: str) -> ColumnElement[bool]:
    """Return the condition «this text matches the glob», case and all; without ``*`` and ``?`` it is equality."""
    if not set(glob) & {"*", "?"}:
        same: ColumnElement[bool] = column == glob
        return same
    alike: ColumnElement[bool] = column.like(like_of_glob(glob), escape="\\")
    return alike


def key_is_among(column: Any, keys: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition «this key is one of them», however many they are: one parameter carries them all."""
    items = JsonItems(literal(sorted(keys), JSON)).table_valued("value")
    among: ColumnElement[bool] = column.in_(select(cast(items.c.value, BigInteger)))
    return among


def has_prefix(path: Any, prefix: str) -> ColumnElement[bool]:
    """Return the condition «origin and path together begin with ``prefix``», case and all."""
    origin, rest = split(prefix)
    return and_(Origin.url == origin, _starts(path, rest)) if rest else _starts(Origin.url, origin)


def sites_of_prefix(prefix: str) -> tuple[str, ...]:
    """Return what a site may be called whose documents begin with a URL prefix; empty: the prefix names no host.

    >>> sites_of_prefix("https://docs.python.org:8443/3/")
    ('docs.python.org', 'python.org', 'org')
    >>> sites_of_prefix("https://docs.pyth"), sites_of_prefix("https://[::1]/"), sites_of_prefix("foo")
    ((), ('::1',), ())
    """
    origin, rest = split(prefix)
    _, slashes, authority = origin.partition("://")
    if not slashes or not rest:
        return ()
    if authority.startswith("["):
        return (authority[1:].partition("]")[0],)
    labels = authority.partition(":")[0].split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


def _starts(text: Any, prefix: str) -> ColumnElement[bool]:
    started: ColumnElement[bool] = func.substr(text, 1, len(prefix)) == prefix
    return started
