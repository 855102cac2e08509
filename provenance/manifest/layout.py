"""The manifest file: its columns, and the two entries of its metadata.  Format 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

FORMAT = 1
HEADER_KEY, SEAL_KEY = b"aboveboard.manifest", b"aboveboard.seal"
BLOCK = 65_536  # rows that are digested together
ROW_GROUP = 2 * BLOCK
_INSTANT = pa.timestamp("us", "UTC")


class ColumnOf(NamedTuple):
    """A column, and what a reader has to know about it."""

    name: str
    type: pa.DataType
    says: str
    repeats: bool = False  # few distinct values: kept once a row group, each row a number


COLUMNS: Sequence[ColumnOf] = (
    ColumnOf("capture", pa.int64(), "Key of the capture; rows are in its order."),
    ColumnOf("url", pa.string(), "URL as requested."),
    ColumnOf("payload_digest", pa.string(), "SHA-256 of the payload as archived, sha256:hex."),
    ColumnOf("length", pa.int64(), "Bytes of the payload as archived, content coding kept."),
    ColumnOf("media_type", pa.string(), "As stated: lower case, no parameters; empty: not stated.", True),
    ColumnOf("language", pa.string(), "As stated, BCP 47 in lower case; null: not stated.", True),
    ColumnOf("warc_uri", pa.string(), "WARC file with the record that holds the payload.", True),
    ColumnOf("warc_offset", pa.int64(), "Where that record's gzip member begins, bytes."),
    ColumnOf("warc_length", pa.int64(), "Bytes of that member."),
    ColumnOf("site", pa.string(), "Registrable domain, IP address or localhost.", True),
    ColumnOf("source", pa.string(), "Entry of the register of sources, site#number.", True),
    ColumnOf(
        "licence", pa.string(), "Licences stated for the document itself, all of them; null: none.", True
    ),
    ColumnOf("conditions", pa.string(), "JSON list of the conditions to be kept with it.", True),
    ColumnOf("attribution", pa.string(), "Line that gives credit; null: no statement asks for credit."),
    ColumnOf("outcome", pa.string(), "permitted, or permitted_with_conditions.", True),
    ColumnOf("rule", pa.string(), "Rule of the policy that decided.", True),
    ColumnOf("reasons", pa.string(), "JSON list of sentences.", True),
    ColumnOf("rights_set", pa.string(), "Digest of everything stated for it, sha256:hex.", True),
    ColumnOf("observed_at", _INSTANT, "When it was fetched, UTC."),
    ColumnOf("decided_at", _INSTANT, "The moment that the decision is about, UTC."),
    ColumnOf("split", pa.string(), "Part of the set; null: it was not split.", True),
)
REPEATING = tuple(column.name for column in COLUMNS if column.repeats)
SCHEMA = pa.schema(
    [
        pa.field(
            column.name,
            pa.dictionary(pa.int32(), column.type) if column.repeats else column.type,
            nullable=True,
        )
        for column in COLUMNS
    ]
)


def has_columns(schema: pa.Schema) -> bool:
    """Whether a file has a manifest's columns and no other, name by name and type by type, however encoded.

    >>> has_columns(SCHEMA), has_columns(SCHEMA.append(pa.field("text", pa.string())))
    (True, False)
    """
    return len(schema) == len(COLUMNS) and all(
        field.name == column.name and _is_of(_value_type(field.type), column.type)
        for field, column in zip(schema, COLUMNS, strict=True)
    )


def _value_type(found: pa.DataType) -> pa.DataType:
    return found.value_type if pa.types.is_dictionary(found) else found


def _is_of(found: pa.DataType, wanted: pa.DataType) -> bool:
    return found == wanted or (wanted == pa.string() and found in {pa.large_string(), pa.string_view()})
