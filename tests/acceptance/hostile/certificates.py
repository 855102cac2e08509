"""An authority of our own, and the certificates that it should not have issued."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs for whom it is told to; `file` is what trusts it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "authority.pem"
        own = self._signed("Authority", self._key, self._key, datetime.now(UTC) + DAY, is_authority=True)
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, *, ends: timedelta = DAY, self_signed: bool = False) -> ssl.SSLContext:
        """Return what a TLS server with a certificate for a host needs."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = datetime.now(UTC) + ends
        signed = self._signed(
            host, key, key if self_signed else self._key, until, issuer=host if self_signed else None
        )
        path = self._folder / f"{host}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(
        self,
        host: str,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        ends: datetime,
        *,
        issuer: str | None = None,
        is_authority: bool = False,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(host))
            .issuer_name(_name(issuer or "Authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - 3 * DAY)
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )
