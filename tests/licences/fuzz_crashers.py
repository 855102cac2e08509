"""Inputs that once broke a law: one JSON file each, bytes in Base64, kept so that they never do again."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from fuzz_target import Input

FOLDER = Path(__file__).parent.parent / "cases" / "fuzz"
CRASHERS = sorted(FOLDER.glob("*.json"))


def dump_crasher(sent: Input, why: str) -> dict[str, Any]:
    """Return an input ready for JSON, with what it broke."""
    return {
        "why": why,
        "url": sent.url,
        "status": sent.status,
        "head": _text(sent.head),
        "body": _text(sent.body),
        "robots": _text(sent.robots),
        "site": {name: _text(body) for name, body in sent.site.items()},
    }


def load_crasher(data: dict[str, Any]) -> Input:
    """Read back what `dump_crasher` wrote."""
    return Input(
        url=data["url"],
        status=data["status"],
        head=base64.b64decode(data["head"]),
        body=base64.b64decode(data["body"]),
        robots=base64.b64decode(data["robots"]),
        site={name: base64.b64decode(body) for name, body in data["site"].items()},
    )


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")
