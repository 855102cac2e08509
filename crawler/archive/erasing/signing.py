"""The operator's key: Ed25519 (RFC 8032), in a file that nobody else may read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crawler.errors import CrawlerError

KEY_VARIABLE = "ABOVEBOARD_SIGNING_KEY"
KEY_FILE = "operator-key.pem"
_MAKE_ONE = "make one with «openssl genpkey -algorithm ed25519 -out FILE»"


class SigningKeyError(CrawlerError):
    """The operator's key cannot be read or made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """What signs for the operator."""

    path: Path
    made: bool  # just now: there was none
    _key: Ed25519PrivateKey

    @classmethod
    def of(cls, option: Path | None, data_folder: Path, environ: Mapping[str, str]) -> Self:
        """Return the key that is named, else the one in the data folder, which is made at the first call.

        Args:
            option: ``--key``; None: not given.
            data_folder: where the operator's own files are.
            environ: names a file in ``ABOVEBOARD_SIGNING_KEY``.

        Raises:
            SigningKeyError: a named file is not there, or what is there is no such key.
        """
        named = option or (Path(environ[KEY_VARIABLE]) if environ.get(KEY_VARIABLE) else None)
        path = named or data_folder / KEY_FILE
        made = named is None and not path.exists() and _make(path)
        return cls(path=path, made=made, _key=_read(path))

    @property
    def public(self) -> bytes:
        """The public key: 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature: 64 bytes."""
        return self._key.sign(message)


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise SigningKeyError(f"{path}: the key cannot be read: {error.strerror}; {_MAKE_ONE}") from error
    except TypeError as error:
        words = "the key asks for a passphrase: keep it without one, in a file that only you may read"
        raise SigningKeyError(f"{path}: {words}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningKeyError(f"{path}: this is no private key in PEM; {_MAKE_ONE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path}: this key is not Ed25519; {_MAKE_ONE}")
    return key


def _make(path: Path) -> bool:
    """Write a new key, whole or not at all, for its owner's eyes (mode 0600); False: somebody was quicker."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{KEY_FILE}-") as file:  # 0600 from the start
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(file.name, path)
                return True
    except OSError as error:
        raise SigningKeyError(
            f"{path}: no key can be made here: {error.strerror}; name one with --key or {KEY_VARIABLE}"
        ) from error
    return False
