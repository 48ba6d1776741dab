"""Certificates as a site would have them: an authority, and what it signs. Used by tests that start a server with TLS."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


class Authority:
    """Signs certificates for clients and for servers on 127.0.0.1; `pem` is its own."""

    def __init__(self, name: str = "site") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signed = self._builder(self.name, self.key, 1).add_extension(x509.BasicConstraints(True, None), True)
        self.pem = _pem(signed.sign(self.key, hashes.SHA256()))

    def issue(self, user: str, group: str = "", days: int = 1) -> tuple[str, str]:
        """A certificate and its key as PEM; with `days` below 0 it has run out."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
        if group:
            names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        here = x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
        )
        signed = self._builder(x509.Name(names), key, days).add_extension(here, False)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return _pem(signed.sign(self.key, hashes.SHA256())), secret.decode()

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """What a server on 127.0.0.1 speaks TLS with; leaves a file with its key in `folder`."""
        path = folder / "server.pem"
        path.touch(mode=0o600)
        path.write_text("".join(self.issue("server")))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 30 * DAY)
            .not_valid_after(now + days * DAY)
        )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
