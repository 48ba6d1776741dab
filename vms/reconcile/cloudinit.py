"""Cloud-Init's metadata and user data, as guestinfo of a VM. Called by `bootstrap`; pure."""

from __future__ import annotations

import base64
import binascii
import gzip
import ipaddress
import zlib
from typing import Any

import yaml

from vms.annotations import CLOUD_INIT_INSTANCE_ID, CONFIGMAP_TRANSPORT
from vms.reconcile.bootstrap_sources import USER_DATA_KEYS
from vms.reconcile.facts import Missing, Object
from vms.reconcile.network import Result, host_name, results
from vms.reconcile.step import Pass

HEADER = "## template: jinja\n#cloud-config\n\n"


def guestinfo(work: Pass) -> dict[str, str]:
    """The guestinfo keys; user data only if there is any."""
    found = {
        "guestinfo.metadata": packed(metadata(work)),
        "guestinfo.metadata.encoding": "gzip+base64",
    }
    if text := user_data(work):
        found |= {"guestinfo.userdata": packed(text), "guestinfo.userdata.encoding": "gzip+base64"}
    return found


def packed(text: str) -> str:
    """gzip + base64, the same every time: a time stamp inside would reconfigure the VM on every pass."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def instance_id(work: Pass) -> str:
    """The id that the guest tells first boots by. Writes the choice back to the spec."""
    wish = _wish(work)
    chosen = wish.get("instanceID") or str(work.meta["uid"])
    override = work.annotations.get(CLOUD_INIT_INSTANCE_ID, "")
    if override:
        chosen = override
        work.annotate(CLOUD_INIT_INSTANCE_ID, None)
    if wish.get("instanceID") != chosen:
        work.patch(("spec", "bootstrap", "cloudInit", "instanceID"), chosen)
    return chosen


def metadata(work: Pass) -> str:
    wish = _wish(work)
    host, domain = host_name(work)
    fqdn = f"{host}.{domain}" if domain else host
    found: Object = {
        "instance-id": instance_id(work),
        "local-hostname": fqdn,
        "hostname": fqdn,
        "network": {"version": 2, "ethernets": {result.name: _ethernet(result) for result in results(work)}},
    }
    keys = "\n".join(wish.get("sshAuthorizedKeys") or ()) or _secret_text(work, "ssh-public-keys")
    if keys:
        found["public-keys"] = keys
    waits = {"ipv4": wish.get("waitOnNetwork4"), "ipv6": wish.get("waitOnNetwork6")}
    waits = {family: value for family, value in waits.items() if value is not None}
    if waits:
        found["wait-on-network"] = waits
    return _dump(found)


def _ethernet(result: Result) -> Object:
    found: Object = {
        "match": {"macaddress": result.mac},
        "set-name": result.guest_device,
        "dhcp4": result.dhcp4,
        "dhcp6": result.dhcp6,
        "accept-ra": result.dhcp6,
    }
    for family, has_dhcp, gateway in ((4, result.dhcp4, result.gateway4), (6, result.dhcp6, result.gateway6)):
        if has_dhcp:
            continue
        addresses = [text for text in result.addresses if ipaddress.ip_interface(text).version == family]
        found.setdefault("addresses", []).extend(addresses)
        if gateway:
            found[f"gateway{family}"] = gateway
    servers = {"addresses": list(result.nameservers), "search": list(result.search_domains)}
    rest: Object = {
        "mtu": result.mtu,
        "nameservers": {key: value for key, value in servers.items() if value},
        "routes": [dict(route) for route in result.routes],
    }
    found |= {key: value for key, value in rest.items() if value}
    return {key: value for key, value in found.items() if value != []}


def user_data(work: Pass) -> str:
    wish = _wish(work)
    if wish.get("rawCloudConfig"):
        return _raw(work, wish["rawCloudConfig"])
    if wish.get("cloudConfig"):
        return HEADER + _dump(_cloud_config(work, wish["cloudConfig"]))
    return ""


def _raw(work: Pass, selector: Object) -> str:
    """The first of the named key, `user-data` and `value` that the Secret has, as plain text."""
    for key in (selector.get("key", ""), *USER_DATA_KEYS):
        if data := secret_value(work, selector["name"], key):
            return plain(data)
    return ""


def plain(data: bytes) -> str:
    """User data may come plain, as base64, or as base64 of gzip."""
    try:
        decoded = base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        decoded = data
    for candidate in (decoded, data):
        try:
            return (gzip.decompress(candidate) if candidate[:2] == b"\x1f\x8b" else candidate).decode()
        except (UnicodeDecodeError, OSError, EOFError, zlib.error):
            continue
    return data.decode(errors="replace")


def secret_value(work: Pass, name: str, key: str) -> bytes:
    """One value of a Secret (or, the old way, a ConfigMap); empty if there is none."""
    has_configmap = CONFIGMAP_TRANSPORT in work.annotations
    found = work.facts.get("ConfigMap" if has_configmap else "Secret", work.namespace, name)
    if isinstance(found, Missing) and has_configmap:
        found = work.facts.get("Secret", work.namespace, name)
    if isinstance(found, Missing):
        return b""
    value = (found.get("data") or {}).get(key, "")
    if found.get("kind") == "ConfigMap":
        return str(value).encode()
    return base64.b64decode(value or "")


def _secret_text(work: Pass, key: str) -> str:
    raw = _wish(work).get("rawCloudConfig") or {}
    return plain(secret_value(work, raw["name"], key)).strip() if raw else ""


def _cloud_config(work: Pass, config: Object) -> Object:
    found: Object = {}
    users = [_user(work, user) for user in config.get("users", [])]
    if users or config.get("defaultUserEnabled"):
        found["users"] = [*(["default"] if config.get("defaultUserEnabled") else []), *users]
    for key in ("ssh_pwauth", "timezone", "runcmd"):
        if config.get(key) not in (None, "", []):
            found[key] = config[key]
    if files := [_file(work, file) for file in config.get("write_files", [])]:
        found["write_files"] = files
    return found


def _user(work: Pass, user: Object) -> Object:
    resolved = dict(user)
    for key in ("passwd", "hashed_passwd"):
        if isinstance(resolved.get(key), dict):
            resolved[key] = _resolved(work, resolved[key])
    # The API has lists where Cloud-Init takes comma-separated words.
    if isinstance(resolved.get("groups"), list):
        resolved["groups"] = ",".join(resolved["groups"])
    return resolved


def _file(work: Pass, file: Object) -> Object:
    content = file.get("content")
    return {**file, "content": _resolved(work, content)} if isinstance(content, dict) else dict(file)


def _resolved(work: Pass, selector: Object) -> str:
    return secret_value(work, selector["name"], selector.get("key", "")).decode(errors="replace")


def _wish(work: Pass) -> Object:
    return dict((work.spec.get("bootstrap") or {}).get("cloudInit") or {})


def _dump(data: Any) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**16)
