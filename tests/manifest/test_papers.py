"""The papers beside a manifest are read by the tools that they are written for."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from library import Library
from prov.model import ProvDocument

from provenance.manifest.export import Written

VALIDATE = """
import json, sys
import mlcroissant
dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
assert not dataset.metadata.issues.errors, dataset.metadata.issues.report()
rows = [row["documents/url"].decode() for row in dataset.records("documents")]
print(json.dumps([str(dataset.metadata.ctx.conforms_to), rows, dataset.metadata.data_collection_type]))
"""


@pytest.fixture
def written(sqlite_library: Library) -> Written:
    """A manifest of a few documents."""
    sqlite_library.fill()
    return sqlite_library.manifest(holder="research")


def paper(written: Written, name: str) -> Path:
    return next(path for path in written.papers if path.name.endswith(name))


def test_croissant_is_valid_and_its_loader_yields_the_rows(written: Written) -> None:
    """In a process of its own: the validator warns about much that is not ours."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", VALIDATE, str(paper(written, "croissant.json"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    version, urls, kinds = json.loads(done.stdout.splitlines()[-1])
    assert "1.1" in version or "1_1" in version
    assert urls[0] == "https://example.org/a"
    assert kinds == ["Web Scraping"]


def test_prov_json_names_who_made_what_of_what(written: Written) -> None:
    document = ProvDocument.deserialize(io.StringIO(paper(written, "prov.json").read_text()), format="json")
    kinds = {type(record).__name__ for record in document.get_records()}
    assert {
        "ProvEntity",
        "ProvActivity",
        "ProvAgent",
        "ProvGeneration",
        "ProvUsage",
        "ProvDerivation",
    } <= kinds
    told = json.loads(paper(written, "prov.json").read_text())
    assert told["entity"]["x:manifest"]["ab:seal"] == f"sha256:{written.seal}"
    assert {agent["prov:label"] for agent in told["agent"].values()} >= {
        "Example Research <crawler@example.org>",
        "aboveboard/0.1.0",
    }
    labels = [activity["prov:label"] for activity in told["activity"].values()]
    assert "crawl essays" in labels


def test_the_datasheet_prints_gaps_as_gaps_and_gives_no_verdict(written: Written) -> None:
    text = paper(written, "datasheet.md").read_text()
    assert "\n| licence stated | documents |\n|---|---:|\n| " in text, "a table is lines, not their spelling"
    assert "\\n" not in text
    for heading in ("Motivation", "Composition", "Collection process", "Exclusions", "Uses", "Maintenance"):
        assert f"## {heading}" in text
    assert "Funded by: not recorded" in text
    assert "| exact_duplicate | 1 |" in text
    for path in written.papers:
        assert not re.search(r"\b(?:legal|licensed|safe)\b", path.read_text())
