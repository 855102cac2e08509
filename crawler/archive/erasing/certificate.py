"""The certificate of an erasure: what the operator signs, and a third party checks without our code.

A JSON object.  Its ``signature`` (Ed25519, RFC 8032, in hex) is over everything else in it: the object without that
one member, in the form of RFC 8785 (members sorted, no white space, UTF-8).  Nothing in it is a fraction, so any
JSON library that sorts arrives at the same bytes.  ``public_key`` is the key's 32 bytes in hex; whether it is the
operator's, its reader asks the operator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from crawler.archive.erasing.signing import SigningKey
from crawler.errors import CrawlerError
from provenance.database import Database
from provenance.erasures import ErasureRecord, ErasureState, erasure, keep_certificate
from provenance.queries.erased import Operator, operators_of
from provenance.rendering import instant, plain
from provenance.version import SOFTWARE

LARGEST = 2**53  # beyond it JSON libraries disagree on whole numbers (RFC 8259 §6)


class NotErased(CrawlerError):  # noqa: N818  # says what is the case
    """Nothing can be certified yet."""


def certify(database: Database, erasure_id: int, key: SigningKey, at: datetime) -> str:
    """Return an erasure's certificate; it is made and kept the first time, and the same ever after.

    Args:
        database: where the erasure is.
        erasure_id: whose.
        key: the operator's.
        at: UTC.

    Raises:
        NotErased: bytes are still to go.
        NotOnRecord: there is no such erasure.
    """
    record = erasure(database, erasure_id)
    if record.certificate is not None:
        return record.certificate
    if record.state is not ErasureState.ERASED:
        raise NotErased(
            f"erasure {erasure_id} is not finished: it is hidden, but bytes are still to go; "
            "«aboveboard recover» goes on with it"
        )
    told = _told(record, operators_of(database, erasure_id), at)
    return keep_certificate(database, erasure_id, _signed(told, key))


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return JSON in the one form that is signed (RFC 8785).

    >>> canonical({"b": [1, None], "a": "é"}).decode()
    '{"a":"é","b":[1,null]}'
    """
    _check(value)
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _told(record: ErasureRecord, operators: Sequence[Operator], at: datetime) -> dict[str, Any]:
    if record.finished_at is None or record.facts is None:
        raise NotErased(f"erasure {record.id} has no proof on record")
    return {
        "certificate": "erasure",
        "version": 1,
        "erasure": record.id,
        "scope": {"kind": record.scope.kind.value, "value": record.scope.value},
        "reason": record.reason,
        "requested_by": record.requested_by,
        "requested_at": instant(record.requested_at),
        "finished_at": instant(record.finished_at),
        "issued_at": instant(at),
        "fetched_again": "never" if record.suppresses else "may be",
        "erased": {"exchanges": record.captures, "segments": record.segments, "bytes": record.bytes},
        "facts": plain(record.facts),
        "operators": [asdict(operator) for operator in operators],
        "software": SOFTWARE,
        "algorithm": "Ed25519",
    }


def _signed(told: dict[str, Any], key: SigningKey) -> str:
    told["public_key"] = key.public.hex()
    told["signature"] = key.sign(canonical(told)).hex()
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _check(value: Any) -> None:
    """Let nothing be signed that two JSON libraries may write differently."""
    match value:
        case None | bool() | str():
            return
        case int() if abs(value) < LARGEST:
            return
        case list():
            for item in value:
                _check(item)
        case Mapping() if all(isinstance(name, str) and name.isascii() for name in value):
            for item in value.values():
                _check(item)
        case _:
            raise CrawlerError(
                f"{value!r} cannot be certified: only texts, whole numbers, lists and objects can"
            )
