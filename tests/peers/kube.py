"""A real etcd and kube-apiserver on loopback, with tokens and kubeconfigs for its users.

Started by the fixture `kube_apiserver`. There is no controller manager: namespaces are not finalized,
owner references are not collected, no service account appears by itself.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.peers.build import build

ADMIN = "admin"
STARTUP_SECONDS = 90


class ControlPlane:
    """etcd and kube-apiserver while the block runs; `users` are names with their groups, `flags` the latter's."""

    def __init__(self, users: Mapping[str, Sequence[str]] | None = None, flags: Sequence[str] = ()) -> None:
        self.flags = flags
        self.groups = {ADMIN: ["system:masters"], **(users or {})}
        self.tokens = {name: secrets.token_hex(16) for name in self.groups}
        self.processes: list[subprocess.Popen[bytes]] = []  # in the order of their start
        self._ports = [_free_port() for _ in range(3)]  # kept over a restart

    def __enter__(self) -> ControlPlane:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-kube-"))
        try:
            self._start_etcd()
            self._start_apiserver()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the API server, then etcd (the other way round it hangs), and remove their data."""
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()
        self.processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End both servers as a power failure would; their data stay for `resume`."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
        self.processes.clear()

    def resume(self) -> None:
        """Start both again, at the same addresses, on what lies in `data`."""
        self._start_etcd()
        self._start_apiserver()

    @property
    def data(self) -> Path:
        """Etcd's folder: copied while the servers are down, it is a backup."""
        return self.folder / "etcd"

    @property
    def ca_file(self) -> Path:
        return self.folder / "certs" / "apiserver.crt"

    def kubeconfig(self, user: str = ADMIN, namespace: str = "default") -> Path:
        """Write a kubeconfig for `user`; gives its path."""
        cluster = {
            "server": self.url,
            "certificate-authority-data": base64.b64encode(self.ca_file.read_bytes()).decode(),
        }
        context = {"cluster": "peer", "user": user, "namespace": namespace}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "peer",
            "clusters": [{"name": "peer", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "peer", "context": context}],
        }
        return self._private(f"{user}.kubeconfig", json.dumps(config))  # JSON is YAML

    def _private(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def _start_etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{port}" for port in self._ports[:2])
        self.etcd_url = client
        self._run(
            "etcd",
            f"--data-dir={self.data}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        self._wait("etcd", f"{client}/health")

    def _start_apiserver(self) -> None:
        port = self._ports[2]
        self.url = f"https://127.0.0.1:{port}"
        token_rows = (
            f'{self.tokens[name]},{name},{name},"{",".join(groups)}"\n'
            for name, groups in self.groups.items()
        )
        tokens = self._private("tokens.csv", "".join(token_rows))
        key = self.folder / "service-account.key"
        if not key.exists():  # else tokens from before a restart would be worth nothing
            self._private(key.name, _signing_key())
        self._run(
            "kube-apiserver",
            f"--etcd-servers={self.etcd_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--secure-port={port}",
            f"--cert-dir={self.folder / 'certs'}",  # it makes its own certificate
            f"--token-auth-file={tokens}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--enable-priority-and-fairness=false",
            "--profiling=false",
            *self.flags,
        )
        self._wait("kube-apiserver", f"{self.url}/readyz")
        # Ready does not mean that the namespace which most tests use first is there.
        self._wait("kube-apiserver", f"{self.url}/api/v1/namespaces/default")

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [build(name), *arguments],
                stdin=subprocess.PIPE,  # its end tells the peer that the tests are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C must reach the tests, not the peers
                env={**os.environ, "EXIT_ON_STDIN_EOF": "1"},
            )
        self.processes.append(process)

    def _wait(self, name: str, url: str) -> None:
        """Ask `url` until it answers 200; fail at once if the peer died."""
        deadline = time.monotonic() + STARTUP_SECONDS
        problem: object = "no answer"
        while self.processes[-1].poll() is None and time.monotonic() < deadline:
            try:
                self._get(url)
                return
            except urllib.error.HTTPError as error:  # not yet 200
                problem = error
                error.close()
            except OSError as error:  # refused, no certificate yet
                problem = error
            time.sleep(0.05)
        log = (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]
        raise RuntimeError(f"{name} is not ready ({problem}):\n{log}")

    def _get(self, url: str) -> None:
        tls = ssl.create_default_context(cafile=self.ca_file) if url.startswith("https:") else None
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.tokens[ADMIN]}"})
        with urllib.request.urlopen(request, timeout=5, context=tls):
            pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _signing_key() -> str:
    """What service account tokens are signed with: a P-256 key as PEM."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )
