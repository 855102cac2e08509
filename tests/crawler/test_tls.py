"""TLS (N4): the certificate and the name are verified, and there is no switch for it."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from raw_server import RawServer
from sending import Sender

from crawler.download_handler import ExchangeFailed

HI = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",)
NOW = datetime.now(UTC)


class Authority:
    """A certificate authority that a test's client trusts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.file = self._write("authority", self._sign(self._name, self._key, None, NOW + timedelta(days=1)))

    def context(self, name: str, *, ends: datetime = NOW + timedelta(days=1)) -> ssl.SSLContext:
        """Return what a server of that name needs."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._write("server", self._sign(subject, key, name, ends))
        private = self._folder / "server.key"
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private)
        return context

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, name: str | None, ends: datetime
    ) -> x509.Certificate:
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=2))
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=name is None, path_length=None), critical=True)
        )
        if name is not None:
            built = built.add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
        return built.sign(self._key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self._folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that the platform's trust store names, for this test."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return made


@pytest.mark.parametrize("name", ["docs.example.org", "127.0.0.1"])
def test_a_verified_server_is_asked(
    authority: Authority, sender: Sender, serve: Callable[..., RawServer], name: str
) -> None:
    """One context a host: the second request needs no second handshake."""
    server = serve(HI, tls=authority.context(name))
    for path in ("/a", "/b"):
        assert sender.exchange(server.url(path, host=name)).body == b"hi"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("certified", "ends", "trusted"),
    [
        pytest.param("other.example", NOW + timedelta(days=1), True, id="another name"),
        pytest.param("127.0.0.1", NOW + timedelta(days=1), True, id="the address alone"),
        pytest.param("docs.example.org", NOW - timedelta(days=1), True, id="expired"),
        pytest.param("docs.example.org", NOW + timedelta(days=1), False, id="an authority nobody trusts"),
    ],
)
def test_an_unverified_server_hears_no_request(
    authority: Authority,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sender: Sender,
    serve: Callable[..., RawServer],
    certified: str,
    ends: datetime,
    trusted: bool,
) -> None:
    if not trusted:
        (tmp_path / "nobody").mkdir()
        monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "nobody").file))
    server = serve(HI, tls=authority.context(certified, ends=ends))
    with pytest.raises(ExchangeFailed, match=r"certificate|Verification"):
        sender.exchange(server.url(host="docs.example.org"))
    assert server.asked == []
