"""The portal's own certificate authority and server certificate, made on the first start.

kubectl sends a token over TLS only, so even a portal on 127.0.0.1 needs one. Called by the portal command
and by `manage.py kubeconfig`.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

CA_DAYS, SERVER_DAYS, RENEW_BEFORE = 3650, 397, 30


def ensure_ca() -> Path:
    """The CA's certificate (PEM); made, with its key, when it is missing."""
    folder = settings.DATA_DIR / "tls"
    cert_file = folder / "ca.crt"
    if not cert_file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "VM Portal CA")])
        cert = (
            _builder(name, name, key, CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_key(folder / "ca.key", key)
        cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    return cert_file


def ensure_server_certificate() -> tuple[Path, Path]:
    """(certificate chain, key) for the portal's addresses; made anew in time, and when the addresses change."""
    ca_file = ensure_ca()
    folder = ca_file.parent
    cert_file, key_file = folder / "server.crt", folder / "server.key"
    if not (cert_file.exists() and key_file.exists() and _is_good(cert_file)):
        ca_cert = x509.load_pem_x509_certificate(ca_file.read_bytes())
        ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vm-portal")])
        cert = (
            _builder(name, ca_cert.subject, key, SERVER_DAYS)
            .add_extension(x509.SubjectAlternativeName(_alternative_names()), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
            .sign(ca_key, hashes.SHA256())
        )
        _write_key(key_file, key)
        cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM) + ca_file.read_bytes())
    return cert_file, key_file


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _alternative_names() -> list[x509.GeneralName]:
    hosts = {"localhost", "127.0.0.1", "::1", settings.HOST, *settings.ALLOWED_HOSTS}
    names: list[x509.GeneralName] = []
    for host in sorted(item.strip("[]") for item in hosts):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return list(dict.fromkeys(names))


def _is_good(cert_file: Path) -> bool:
    cert = x509.load_pem_x509_certificate(cert_file.read_bytes())
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=RENEW_BEFORE)
    return cert.not_valid_after_utc > soon and list(names) == _alternative_names()


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(pem)
