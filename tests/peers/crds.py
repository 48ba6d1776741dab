"""VM Operator's CRDs with one version left, so that a kube-apiserver without the operator can serve them.

Called by tests that fill a kube-apiserver; nothing is converted then, and no conversion webhook missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml


def reduced(files: Iterable[Path], version: str) -> str:
    """The CRDs of `files` as YAML for kubectl; one that lacks `version` keeps the one it stores.

    Apply them with `--server-side`: the annotation of a client-side apply would be too long.
    """
    crds = [crd for file in files for crd in yaml.load_all(file.read_bytes(), yaml.CSafeLoader) if crd]
    return str(yaml.dump_all((_with_one_version(crd, version) for crd in crds), Dumper=yaml.CSafeDumper))


def _with_one_version(crd: dict[str, Any], wanted: str) -> dict[str, Any]:
    versions = {version["name"]: version for version in crd["spec"]["versions"]}
    stored = next(version for version in versions.values() if version["storage"])
    kept = versions.get(wanted, stored)
    kept |= {"served": True, "storage": True}
    spec = {key: value for key, value in crd["spec"].items() if key != "conversion"}
    return {key: value for key, value in crd.items() if key != "status"} | {
        "spec": spec | {"versions": [kept]}
    }
