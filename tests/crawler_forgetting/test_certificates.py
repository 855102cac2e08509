"""A certificate is one JSON object that anybody can check, under a key that only the operator has."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.archive.erasing.certificate import canonical
from crawler.archive.erasing.signing import SigningKeyError
from crawler.errors import CrawlerError
from provenance.database import Database
from provenance.erasures import Scope, ScopeKind, hide
from provenance.errors import NotOnRecord

CHECK = Path(__file__).parents[1] / "acceptance" / "check_certificate.py"
URL = "https://example.org/ann.html"
ERASE = (
    "erase",
    "--url",
    URL,
    "--reason",
    "GDPR art. 17: «remove me»",
    "--requested-by",
    "A. Nonymous",
    "--yes",
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Typed = Callable[..., Result]


def checked(file: Path, *key: str) -> subprocess.CompletedProcess[str]:
    """Run the script that the README shows; -I keeps our packages out of its reach."""
    command = [sys.executable, "-I", str(CHECK), str(file), *key]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def certified(typed: Typed, folder: Path, *options: str) -> tuple[Path, dict[str, Any]]:
    """Erase something and have it certified."""
    typed(*ERASE)
    file = folder / "certificate.json"
    typed("erasure", "certificate", "1", "--output", str(file), *options)
    return file, json.loads(file.read_text(encoding="utf-8"))


def test_a_certificate_says_what_was_erased_for_whom_and_what_was_looked_at(
    typed: Typed, folder: Path
) -> None:
    file, told = certified(typed, folder)
    assert (told["scope"], told["requested_by"]) == ({"kind": "url", "value": URL}, "A. Nonymous")
    assert told["requested_at"] <= told["finished_at"] <= told["issued_at"]
    assert told["fetched_again"] == "never"
    assert told["facts"]["proof"]["hits"] == 0
    assert told["software"].startswith("aboveboard/")
    passed = checked(file, told["public_key"])
    assert (passed.returncode, passed.stderr) == (0, "")
    assert URL in passed.stdout


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"reason": "another"}, id="the reason"),
        pytest.param({"erased": {"exchanges": 1, "segments": 0, "bytes": 0}}, id="a number"),
        pytest.param({"note": "added"}, id="a member more"),
        pytest.param({"public_key": "00" * 32}, id="another key"),
    ],
)
def test_a_changed_certificate_does_not_pass(typed: Typed, folder: Path, change: dict[str, Any]) -> None:
    file, told = certified(typed, folder)
    file.write_text(json.dumps(told | change), encoding="utf-8")
    assert checked(file).returncode != 0


def test_a_certificate_under_a_strangers_key_does_not_pass(typed: Typed, folder: Path) -> None:
    """Whoever knows the operator's public key says so."""
    file, _ = certified(typed, folder)
    assert "another key" in checked(file, "ab" * 32).stderr


def test_the_form_of_the_file_is_of_no_matter(typed: Typed, folder: Path) -> None:
    file, told = certified(typed, folder)
    file.write_text(json.dumps(dict(reversed(told.items()))), encoding="utf-8")
    assert checked(file).returncode == 0


def test_a_certificate_is_signed_once(typed: Typed, folder: Path) -> None:
    """Asked for again, with any key, it is the same to the byte; a newer key is told of."""
    file, _ = certified(typed, folder)
    other = folder / "other.pem"
    other.write_bytes(_pem(Ed25519PrivateKey.generate()))
    again = typed("erasure", "certificate", "1", "--key", str(other))
    assert again.stdout == file.read_text(encoding="utf-8")
    assert "another key" in again.stderr


def test_the_operators_key_is_made_once_for_its_owner_alone(typed: Typed, folder: Path) -> None:
    typed(*ERASE)
    first = typed("erasure", "certificate", "1")
    key = folder / "aboveboard-data" / "operator-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert f"{key}: made a key" in first.stderr
    assert "made a key" not in typed("erasure", "certificate", "1").stderr
    assert [file.name for file in key.parent.glob(".operator-key*")] == []


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_key_can_be_named(typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    key, file = Ed25519PrivateKey.generate(), folder / "named.pem"
    file.write_bytes(_pem(key))
    if how == "environment":
        monkeypatch.setenv("ABOVEBOARD_SIGNING_KEY", str(file))
    _, told = certified(typed, folder, *(["--key", str(file)] if how == "option" else []))
    assert told["public_key"] == key.public_key().public_bytes_raw().hex()
    assert not (folder / "aboveboard-data" / "operator-key.pem").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "cannot be read", id="no file"),
        pytest.param(b"secret", "no private key in PEM", id="no key"),
        pytest.param(b"", "no private key in PEM", id="empty"),
        pytest.param("curve", "not Ed25519", id="a key of another kind"),
        pytest.param("locked", "passphrase", id="a key under a passphrase"),
    ],
)
def test_a_key_of_no_use_is_told(typed: Typed, folder: Path, content: bytes | str | None, words: str) -> None:
    typed(*ERASE)
    file = folder / "key.pem"
    if content == "curve":
        content = _pem(generate_private_key(SECP256R1()))
    elif content == "locked":
        content = _pem(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"x"))
    if isinstance(content, bytes):
        file.write_bytes(content)
    with pytest.raises(SigningKeyError, match=words):
        typed("erasure", "certificate", "1", "--key", str(file))


def test_nothing_is_certified_before_it_is_gone(typed: Typed, folder: Path) -> None:
    """Hidden is not erased."""
    scope = Scope.parse(ScopeKind.URL, URL)
    with Database.open(f"sqlite:///{folder}/aboveboard-data/provenance.db") as database:
        hide(database, scope, reason="r", requested_by="x", at=NOON, suppresses=True)
    with pytest.raises(CrawlerError, match="not finished"):
        typed("erasure", "certificate", "1")
    typed("recover")
    typed("erasure", "certificate", "1")
    with pytest.raises(NotOnRecord, match="no erasure 2"):
        typed("erasure", "certificate", "2")


def test_the_readme_shows_the_script_that_checks() -> None:
    """Word for word: what a reader copies is what these tests run."""
    readme = Path(__file__).parents[2] / "README.md"
    assert f"```python\n{CHECK.read_text(encoding='utf-8')}```\n" in readme.read_text(encoding="utf-8")


names = st.text('abcz_ "\\\n', max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, values, max_size=4))
def test_the_signed_form_says_the_same(told: dict[str, Any]) -> None:
    """It reads back as what it was, and has one form only."""
    signed = canonical(told)
    assert json.loads(signed) == told
    assert canonical(dict(reversed(told.items()))) == signed


@pytest.mark.parametrize("value", [0.5, 2**53, float("nan"), {"é": 1}, b"bytes"])
def test_what_libraries_write_differently_is_not_signed(value: Any) -> None:
    with pytest.raises(CrawlerError, match="cannot be certified"):
        canonical({"a": [value]})


def _pem(key: Any, encryption: serialization.KeySerializationEncryption | None = None) -> bytes:
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )
    return pem
