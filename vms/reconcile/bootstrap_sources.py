"""Which Secrets a VM's bootstrap reads, and which keys of them. Used by facts and prerequisites; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

USER_DATA_KEYS = ("user-data", "value")  # accepted in place of the key that a raw cloud-config names


@dataclass(frozen=True, slots=True)
class Source:
    """One key of one Secret; any of `keys` will do, and none at all if it is empty."""

    name: str
    keys: tuple[str, ...] = ()
    may_be_configmap: bool = False


def sources(bootstrap: dict[str, Any]) -> Iterator[Source]:
    """Every Secret key that the bootstrap names."""
    cloud_init = bootstrap.get("cloudInit") or {}
    if raw := cloud_init.get("rawCloudConfig"):
        key = raw.get("key", "")
        also = (*USER_DATA_KEYS, "ssh-public-keys") if key == "user-data" else USER_DATA_KEYS
        yield Source(raw["name"], tuple(dict.fromkeys((key, *also))) if key else (), may_be_configmap=True)
    yield from _cloud_config(cloud_init.get("cloudConfig") or {})
    yield from _linux_prep(bootstrap.get("linuxPrep") or {})
    yield from _sysprep(bootstrap.get("sysprep") or {})
    yield from _vapp(bootstrap.get("vAppConfig") or {})


def _key(selector: Any, default: str = "") -> Iterator[Source]:
    if isinstance(selector, dict) and selector.get("name"):
        key = selector.get("key") or default
        yield Source(selector["name"], (key,) if key else ())


def _cloud_config(config: dict[str, Any]) -> Iterator[Source]:
    for user in config.get("users", []):
        yield from _key(user.get("passwd"))
        yield from _key(user.get("hashed_passwd"))
    for file in config.get("write_files", []):
        yield from _key(file.get("content"))


def _linux_prep(prep: dict[str, Any]) -> Iterator[Source]:
    yield from _key(prep.get("password"), "password")
    yield from _key((prep.get("scriptText") or {}).get("from"))


def _sysprep(sysprep: dict[str, Any]) -> Iterator[Source]:
    yield from _key(sysprep.get("rawSysprep"), "unattend")
    answers = sysprep.get("sysprep") or {}
    yield from _key((answers.get("userData") or {}).get("productID"), "product_id")
    yield from _key((answers.get("guiUnattended") or {}).get("password"), "password")
    yield from _key((answers.get("identification") or {}).get("domainAdminPassword"), "domain_admin_password")
    yield from _key((answers.get("scriptText") or {}).get("from"))


def _vapp(vapp: dict[str, Any]) -> Iterator[Source]:
    if raw := vapp.get("rawProperties"):
        yield Source(raw)
    for item in vapp.get("properties", []):
        yield from _key((item.get("value") or {}).get("from"))
