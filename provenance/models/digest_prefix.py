"""The first 8 bytes of a digest: what the index on digests holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class DigestPrefix(GenericFunction[bytes]):
    """First 8 bytes of a digest, spelt as each engine's expression index spells it.

    Look a digest up with ``(DigestPrefix(Capture.payload_digest) == digest[:8]) &
    (Capture.payload_digest == digest)``: the first term uses the index, the second decides.
    """

    type = LargeBinary()
    inherit_cache = True
    name = "digest_prefix"


@compiles(DigestPrefix, "sqlite")
def _for_sqlite(element: DigestPrefix, compiler: SQLCompiler, **kw: Any) -> str:
    return f"substr({compiler.process(element.clauses, **kw)}, 1, 8)"


@compiles(DigestPrefix, "postgresql")
def _for_postgresql(element: DigestPrefix, compiler: SQLCompiler, **kw: Any) -> str:
    return f"substring({compiler.process(element.clauses, **kw)}, 1, 8)"


def digest_is(
    column: ColumnElement[bytes] | InstrumentedAttribute[bytes], digest: bytes
) -> ColumnElement[bool]:
    """Return the condition «this digest», written so that the index on its first 8 bytes serves it."""
    return (DigestPrefix(column) == digest[:8]) & (column == digest)
