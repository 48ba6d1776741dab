"""How to reach a Supervisor and as whom, and the names of what lies there. Pure.

Made by `vmportal.connections` from a Connection and its Secret; used by the client.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, field
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Access:
    """An API server and an account on it. What is secret stays out of its text.

    `ca`, `certificate` and `key` are PEM texts; with `ca` empty the system's own authorities count.
    """

    server: str  # https://host:port, without a path's end
    ca: str = ""
    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    tls_server_name: str = ""  # the name that its certificate has, where that is not the server's
    is_verified: bool = True  # False: whoever answers is believed
    field_manager: str = "vm-portal"

    @property
    def fingerprint(self) -> str:
        """What differs as soon as anything of it does; tells nothing of it."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Resource:
    """What the API server calls a kind's collection: `virtualmachines` of `vmoperator.vmware.com/v1alpha5`."""

    group: str  # "" for the core group
    version: str
    plural: str
    is_namespaced: bool = True

    @property
    def group_resource(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def is_secret(self) -> bool:
        return self.group == "" and self.plural == "secrets"

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The address of an object, or (without a name) of all; without a namespace those of all namespaces."""
        parts = ["apis", self.group] if self.group else ["api"]
        parts.append(self.version)
        if namespace and self.is_namespaced:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(quote(part, safe="") for part in parts)
