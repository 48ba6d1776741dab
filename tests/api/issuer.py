"""A small OpenID Connect issuer on loopback: HTTPS with a certificate of its own, keys made at start, rotation.

Started by the fixture `issuer` and by tests that give it to a portal of its own.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.certificates import Authority

AUDIENCE = "portal"
FETCHING = "oidc-keys"


class SigningKey:
    """A key and the id under which the issuer publishes it."""

    def __init__(self, kid: str, algorithm: str = "RS256") -> None:
        self.kid, self.algorithm = kid, algorithm
        is_rsa = not algorithm.startswith("ES")
        self.private: Any = (
            rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(ec.SECP256R1())
        )

    @property
    def public(self) -> dict[str, Any]:
        kind = jwt.get_algorithm_by_name(self.algorithm)
        described = kind.to_jwk(self.private.public_key(), as_dict=True)
        return {**described, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)


class TestIssuer:
    """It runs while the block does; `asked` counts what it was asked for, `delay` slows it down (seconds)."""

    __test__ = False

    def __init__(self, folder: Path, key: SigningKey | None = None) -> None:
        self.key = key or SigningKey("first")
        self.keys = [self.key]
        self.asked: list[str] = []
        self.delay = 0.0
        authority = Authority("issuer")
        self.ca_file = folder / "issuer.crt"
        self.ca_file.write_text(authority.pem)
        tls = authority.server_context(folder)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.server.socket = tls.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        self.document: dict[str, Any] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    def __enter__(self) -> TestIssuer:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        for thread in threading.enumerate():  # of portals that still ask for keys
            if thread.name == FETCHING:
                thread.join(10)
        self.server.shutdown()
        self.server.server_close()

    def rotate(self, algorithm: str = "RS256") -> SigningKey:
        """From now on it signs with a new key, and publishes that alone."""
        self.key = SigningKey(f"key-{time.monotonic_ns()}", algorithm)
        self.keys = [self.key]
        return self.key

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Of a good token, with changes; None leaves a claim out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "carol", "iat": now, "exp": now + 300}
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}

    def token(self, *, key: SigningKey | None = None, headers: dict | None = None, **claims: Any) -> str:
        key = key or self.key
        given = {"kid": key.kid, **(headers or {})}
        known = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(self.claims(**claims), key.private, key.algorithm, headers=known)


def _handler(issuer: TestIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            time.sleep(issuer.delay)
            answers: dict[str, Any] = {
                "/.well-known/openid-configuration": issuer.document,
                "/keys": {"keys": [key.public for key in issuer.keys]},
            }
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", f"{issuer.url}/keys")
                self.end_headers()
                return
            content = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
