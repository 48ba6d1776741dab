"""Connections and the Secrets with their accounts, as admins would write them. Used by the tests of this area."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.builders import obj

OPERATOR = "vmware-system-vmop"  # the portal's own namespace
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
SERVER = "https://10.0.0.1:6443"


def connection(name: str = "site-1", **supervisor: Any) -> dict:
    """One whose account lies in the Secret `site-1`; None leaves a field out."""
    spec = {"server": SERVER, "secretRef": {"name": "site-1"}, **supervisor}
    spec = {key: value for key, value in spec.items() if value is not None}
    return obj("Connection", name, spec={"supervisor": spec})


def secret(name: str = "site-1", **values: str) -> dict:
    data = {key.replace("_", "."): base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return obj("Secret", name, OPERATOR, data=data)


def kubeconfig(user: dict[str, Any] | None = None, **cluster: Any) -> str:
    """A kubeconfig with a token; JSON is YAML."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "main",
            "contexts": [{"name": "main", "context": {"cluster": "there", "user": "me"}}],
            "clusters": [{"name": "there", "cluster": {"server": SERVER, **cluster}}],
            "users": [{"name": "me", "user": {"token": "t-1"} if user is None else user}],
        }
    )


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
