"""Reads how to reach a Supervisor, and as whom, from a Connection with its Secret or kubeconfig. Pure.

Asked by the rules and by `clients`. What is said of errors names fields, never values.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml

from vmportal.admission.reading import get, mapping, text
from vmportal.backends.supervisor.access import Access

Object = dict[str, Any]

PLACE = "spec.supervisor"
SECRET, FILE, SERVER = f"{PLACE}.secretRef.name", f"{PLACE}.kubeconfigFile", f"{PLACE}.server"
TOKEN, CERTIFICATE, KEY, AUTHORITY, KUBECONFIG = "token", "tls.crt", "tls.key", "ca.crt", "kubeconfig"
MOST_KUBECONFIG = 1024 * 1024  # characters
# Possessive: a text without an end is looked at once, not again and again.
PEM_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]++)-----\s++([A-Za-z0-9+/=\s]++)-----END \1-----")
# Of a kubeconfig, what would run a program, or name a place beyond it, on the portal's machine or elsewhere.
_REFUSED_OF_USERS = {
    "exec": "it would run a program here",
    "auth-provider": "it would run a program here",
    "tokenFile": "it names a file",
    "client-certificate": "it names a file: put it in as client-certificate-data",
    "client-key": "it names a file: put it in as client-key-data",
    "username": "API servers take no passwords",
    "password": "API servers take no passwords",
    "as": "the portal acts for nobody else",
    "as-uid": "the portal acts for nobody else",
    "as-groups": "the portal acts for nobody else",
    "as-user-extra": "the portal acts for nobody else",
}
_REFUSED_OF_CLUSTERS = {
    "certificate-authority": "it names a file: put it in as certificate-authority-data",
    "proxy-url": "set HTTPS_PROXY for the portal instead",
}
INSECURE = "insecure-skip-tls-verify"


class Unusable(Exception):
    """What is there cannot be used: `path` is the field of the Connection to look at, `message` says what to do."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def access_of(connection: Object, secret: Object | None, file: str | None = None) -> Access:
    """How to reach it, with the object that its `secretRef` names, or the text of its kubeconfig. Raises `Unusable`."""
    spec = mapping(connection, PLACE)
    if text(spec, "kubeconfigFile"):
        if file is None:
            raise Unusable(FILE, f"There is no file {text(spec, 'kubeconfigFile')} in PORTAL_KUBECONFIG_DIR.")
        return _from_kubeconfig(spec, file, FILE)
    if secret is None:
        raise Unusable(
            SECRET, f"There is no Secret {text(spec, 'secretRef.name')} in the portal's own namespace."
        )
    values = values_of(secret)
    if KUBECONFIG in values:
        return _from_kubeconfig(spec, values[KUBECONFIG], SECRET)
    return _from_values(spec, values)


def values_of(secret: Object) -> dict[str, str]:
    """The values of a Secret as texts; what is no text is left out."""
    found = {}
    for key, value in mapping(secret, "data").items():
        try:
            found[key] = base64.b64decode(value, validate=True).decode().strip()
        except (ValueError, TypeError):
            continue
    return found


def address(server: str) -> str | None:
    """The address of an API server without a '/' at its end; None where it is none."""
    try:
        parts = urlsplit(server)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    is_plain = not (parts.query or parts.fragment or parts.username is not None or "\\" in server)
    is_clean = server.isascii() and server.isprintable() and " " not in server
    return (
        server.rstrip("/") if parts.scheme == "https" and parts.hostname and is_plain and is_clean else None
    )


def is_pem(given: str, *labels: str) -> bool:
    """Whether a text is PEM blocks, at least one, all of these labels (`CERTIFICATE`)."""
    blocks = PEM_BLOCK.findall(given)
    if not blocks or given.count("-----BEGIN ") != len(blocks):
        return False
    try:
        return all(label.endswith(labels) and base64.b64decode(content) for label, content in blocks)
    except ValueError:
        return False


def _from_values(spec: Object, values: Mapping[str, str]) -> Access:
    has_token, has_certificate = bool(values.get(TOKEN)), bool(values.get(CERTIFICATE) or values.get(KEY))
    if has_token == has_certificate:
        which = "both a token and a certificate" if has_token else "no account"
        raise Unusable(
            SECRET, f"The Secret has {which}: give it `token`, or `tls.crt` with `tls.key`, or `kubeconfig`."
        )
    account = (
        {"token": _token(values[TOKEN], SECRET)}
        if has_token
        else _certificate(values.get(CERTIFICATE, ""), values.get(KEY, ""), SECRET)
    )
    return _access(spec, text(spec, "server"), values.get(AUTHORITY, ""), account, SECRET)


def _from_kubeconfig(spec: Object, given: str, place: str) -> Access:
    config = _parsed(given, place)
    name = text(spec, "context") or text(config, "current-context")
    context = mapping(_entry(config, "contexts", name, place), "context")
    cluster = mapping(_entry(config, "clusters", text(context, "cluster"), place), "cluster")
    user = mapping(_entry(config, "users", text(context, "user"), place), "user")
    for found, refused in ((user, _REFUSED_OF_USERS), (cluster, _REFUSED_OF_CLUSTERS)):
        for key, why in refused.items():
            if found.get(key):
                raise Unusable(place, f"The kubeconfig has `{key}`, which is not taken: {why}.")
    if cluster.get(INSECURE) and not spec.get("insecureSkipTLSVerify"):
        raise Unusable(
            place,
            f"The kubeconfig has `{INSECURE}`: give it the authority's certificate, or say it in the Connection, too.",
        )
    authority = _decoded(cluster, "certificate-authority-data", place)
    if token := text(user, "token"):
        account: Mapping[str, str] = {"token": _token(token, place)}
    else:
        certificate, key = (_decoded(user, f"client-{part}-data", place) for part in ("certificate", "key"))
        account = _certificate(certificate, key, place)
    if not spec.get("tlsServerName") and text(cluster, "tls-server-name"):
        spec = {**spec, "tlsServerName": text(cluster, "tls-server-name")}
    return _access(spec, text(spec, "server") or text(cluster, "server"), authority, account, place)


def _access(spec: Object, server: str, authority: str, account: Mapping[str, str], place: str) -> Access:
    """All of it together; what the Connection itself says counts before what came with the account."""
    where = SERVER if spec.get("server") or not server else place
    if not server:
        raise Unusable(where, "Name the API server: the account alone does not say where it is.")
    if (found := address(server)) is None:
        raise Unusable(where, "Name the API server as https://host:port, and nothing behind it.")
    ca = text(spec, "certificateAuthority") or authority
    if ca and not is_pem(ca, "CERTIFICATE"):
        raise Unusable(place, "The authority's certificate cannot be read: it must be PEM text.")
    return Access(
        server=found,
        ca=ca,
        tls_server_name=text(spec, "tlsServerName"),
        is_verified=not spec.get("insecureSkipTLSVerify"),
        field_manager=text(spec, "fieldManager"),
        **account,
    )


def _token(token: str, place: str) -> str:
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise Unusable(place, "The token cannot be sent: it must be one line of letters and signs.")
    return token


def _certificate(certificate: str, key: str, place: str) -> Mapping[str, str]:
    if not is_pem(certificate, "CERTIFICATE") or not is_pem(key, "PRIVATE KEY", "EC PARAMETERS"):
        raise Unusable(place, "There is no token, and no client certificate with its key as PEM text.")
    return {"certificate": certificate, "key": key}


def _parsed(given: str, place: str) -> Object:
    try:
        found = yaml.safe_load(given) if len(given) <= MOST_KUBECONFIG else None
    except (yaml.YAMLError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("kind") != "Config":
        raise Unusable(place, "This is no kubeconfig: `kind: Config` is missing, or it is no YAML.")
    return found


def _entry(config: Object, part: str, name: str, place: str) -> Object:
    found = get(config, part)
    for one in found if isinstance(found, list) else []:
        if isinstance(one, dict) and one.get("name") == name:
            return one
    raise Unusable(place, f"The kubeconfig has no entry of that name in `{part}`: look at its context.")


def _decoded(found: Object, key: str, place: str) -> str:
    try:
        return base64.b64decode(text(found, key), validate=True).decode()
    except ValueError:
        raise Unusable(place, f"`{key}` of the kubeconfig is not encoded as it should be (base64).") from None
