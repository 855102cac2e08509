"""The papers beside a manifest, each made from the same facts: NOTICE, Croissant, PROV-JSON, datasheet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from provenance.manifest.croissant import croissant
from provenance.manifest.facts import Facts, condition_in_words
from provenance.manifest.layout import COLUMNS
from provenance.manifest.lineage import lineage
from provenance.manifest.reasons import in_words
from provenance.manifest.writing import Sealing
from provenance.templating import Environment, plain_templates_of


def papers(facts: Facts, name: str, sealing: Sealing, size: int, sha256: str) -> Mapping[str, str]:
    """Return the text of each paper by the end of its name.

    Args:
        facts: what they tell.
        name: of the manifest's file, without a folder.
        sealing: its seal.
        size: of the file, bytes.
        sha256: of the file, hex.
    """
    shown = {"facts": facts, "header": facts.header, "name": name, "seal": sealing.seal}
    return {
        "NOTICE.txt": _environment().get_template("notice.txt.j2").render(**shown),
        "croissant.json": _json(croissant(facts, name, sealing, size, sha256)),
        "prov.json": _json(lineage(facts, name, sealing, sha256)),
        "datasheet.md": _environment().get_template("datasheet.md.j2").render(**shown),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


@cache
def _environment() -> Environment:
    environment = plain_templates_of("provenance.manifest")
    environment.globals.update(columns=COLUMNS)
    environment.filters.update(
        number=lambda value: f"{value:,}", day=_day, condition=condition_in_words, reason=in_words
    )
    return environment


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
