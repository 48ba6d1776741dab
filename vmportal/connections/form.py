"""A connection as a form has it, and the objects that it stands for. Pure; called by the page.

What is secret goes one way: a form never shows again what was typed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vmportal.admission.reading import get, mapping, text
from vmportal.connections.account import CERTIFICATE, KEY, KUBECONFIG, PEM_BLOCK, PLACE, TOKEN
from vmportal.connections.schema import CONNECTION, FIELD_MANAGER
from vmportal.errors import FieldError

Object = dict[str, Any]

ACCOUNTS = ("token", "certificate", "kubeconfig", "secret", "file")
PASTED = ACCOUNTS[:3]  # what becomes a Secret; the others name what is there
# The place of each field in the object; what lies below it is said there, too.
PATHS = {
    "metadata.name": "name",
    f"{PLACE}.server": "server",
    f"{PLACE}.certificateAuthority": "authority",
    f"{PLACE}.tlsServerName": "tls_name",
    f"{PLACE}.insecureSkipTLSVerify": "insecure",
    f"{PLACE}.secretRef": "account",
    f"{PLACE}.kubeconfigFile": "account",
    f"{PLACE}.context": "context",
    f"{PLACE}.fieldManager": "manager",
    f"{PLACE}.namespaces": "namespaces",
    "data": "account",
}


@dataclass(frozen=True)
class Draft:
    """What stands in the form. `pasted` is the account itself, where it was pasted; `reference` names one."""

    name: str = ""
    server: str = ""
    authority: str = ""
    tls_name: str = ""
    insecure: bool = False
    account: str = "token"
    reference: str = ""
    pasted: str = field(default="", repr=False)
    context: str = ""
    manager: str = FIELD_MANAGER
    namespaces: str = ""

    @classmethod
    def typed(cls, form: Mapping[str, str]) -> Draft:
        def text_of(key: str) -> str:
            return form.get(key, "").replace("\r\n", "\n").strip()

        account = text_of("account")
        return cls(
            name=text_of("name"),
            server=text_of("server"),
            authority=text_of("authority"),
            tls_name=text_of("tls_name"),
            insecure=bool(text_of("insecure")),
            account=account if account in ACCOUNTS else "token",
            reference=text_of("reference"),
            pasted=text_of("pasted"),
            context=text_of("context"),
            manager=text_of("manager"),
            namespaces=text_of("namespaces"),
        )

    @classmethod
    def of(cls, connection: Object) -> Draft:
        """The form for a connection that is there: its account is named, whatever it is."""
        spec, file = mapping(connection, PLACE), text(connection, f"{PLACE}.kubeconfigFile")
        return cls(
            name=text(connection, "metadata.name"),
            server=text(spec, "server"),
            authority=text(spec, "certificateAuthority"),
            tls_name=text(spec, "tlsServerName"),
            insecure=bool(spec.get("insecureSkipTLSVerify")),
            account="file" if file else "secret",
            reference=file or text(spec, "secretRef.name"),
            context=text(spec, "context"),
            manager=text(spec, "fieldManager"),
            namespaces=", ".join(one for one in get(spec, "namespaces") or [] if isinstance(one, str)),
        )

    @property
    def is_pasted(self) -> bool:
        return self.account in PASTED

    def connection(self) -> Object:
        """The connection as it would be sent."""
        secret = self.name if self.is_pasted else self.reference
        spec: Object = {
            "server": self.server,
            "certificateAuthority": self.authority,
            "tlsServerName": self.tls_name,
            "insecureSkipTLSVerify": self.insecure,
            "context": self.context,
            "fieldManager": self.manager,
            "namespaces": re.findall(r"[^\s,]+", self.namespaces),
            **(
                {"kubeconfigFile": self.reference}
                if self.account == "file"
                else {"secretRef": {"name": secret}}
            ),
        }
        return {
            "apiVersion": CONNECTION.api_version,
            "kind": CONNECTION.kind,
            "metadata": {"name": self.name},
            "spec": {"supervisor": {key: value for key, value in spec.items() if value}},
        }

    def data(self) -> dict[str, str]:
        """The data of the Secret that holds what was pasted; empty where nothing was."""
        values = self._values() if self.is_pasted and self.pasted else {}
        return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}

    def _values(self) -> dict[str, str]:
        if self.account != "certificate":
            return {TOKEN if self.account == "token" else KUBECONFIG: self.pasted}
        blocks = [(found[1], found[0]) for found in PEM_BLOCK.finditer(self.pasted)]
        certificates = [block for label, block in blocks if label == "CERTIFICATE"]
        keys = [block for label, block in blocks if label != "CERTIFICATE"]
        return {CERTIFICATE: "\n".join(certificates), KEY: "\n".join(keys)}


def placed(errors: Iterable[FieldError]) -> dict[str, list[FieldError]]:
    """The errors by the field of the form; those of none under ""."""
    by_field: dict[str, list[FieldError]] = {}
    for error in errors:
        start = next((start for start in PATHS if error.path.startswith(start)), "")
        by_field.setdefault(PATHS.get(start, ""), []).append(error)
    return by_field
