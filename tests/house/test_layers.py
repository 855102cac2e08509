"""Imports run crawler → provenance → licences and never back; one vendor, one door."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from house import PACKAGES, ROOT, imports, modules, name


def test_the_contracts_of_import_linter_hold() -> None:
    """Layers, and the purity of licences and provenance: pyproject.toml has the contracts."""
    program = Path(sys.executable).with_name(
        "lint-imports"
    )  # on its own: it looks into every module that is loaded
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "vendor",
    [
        "alembic",
        "boto3",
        "botocore",
        "fastwarc",
        "http_sf",
        "isal",
        "jinja2",
        "protego",
        "structlog",
        "tldextract",
    ],
)
def test_a_vendor_has_one_door(vendor: str) -> None:
    """One module imports it, so one module knows how it behaves."""
    doors = [
        name(path)
        for path in modules(*PACKAGES)
        if vendor in {found.partition(".")[0] for found in imports(path)}
    ]
    assert len(doors) <= 1


def test_warcio_is_the_second_reader_and_never_the_first() -> None:
    """What writes our segments must not be what checks them."""
    assert [
        name(path)
        for path in modules(*PACKAGES)
        if any(found.startswith("warcio") for found in imports(path))
    ] == []


def test_database_models_stay_in_provenance() -> None:
    """Frozen records enter, typed rows leave."""
    assert [
        name(path)
        for path in modules("crawler", "licences")
        if any(found.startswith(("provenance.models", "sqlalchemy", "alembic")) for found in imports(path))
    ] == []


def test_migrations_import_no_model() -> None:
    """History stays as it was."""
    versions = [path for path in modules("migrations") if path.parent.name == "versions"]
    assert [
        name(path) for path in versions if any(found.partition(".")[0] in PACKAGES for found in imports(path))
    ] == []


def test_nothing_imports_the_tests() -> None:
    assert [
        name(path)
        for path in modules(*PACKAGES, "migrations")
        if any(
            found.partition(".")[0] in {"tests", "deploy", "pytest", "hypothesis"} for found in imports(path)
        )
    ] == []
