"""Field validation in each mode, and what a schema refuses."""

import json

from tests.parity.language import (
    JSON,
    MERGE_PATCH,
    YAML,
    config_map,
    encryption_class,
    get,
    merge,
    patch,
    policy,
    post,
    put,
    scenario,
    send,
    vm_class,
)

MODES = ("Strict", "Warn", "Ignore")
MAP = {**config_map("a", {"k": "v"}), "extra": 1}
CLASS = {**vm_class("a"), "extra": 1}
DEEP = {**vm_class("a"), "spec": {"hardware": {"cpus": 2, "memory": "4Gi", "wheels": 4}, "color": {"r": 1}}}
META = vm_class("a", extra="x")
TWICE = (
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"},"data":{"l":"3"}}'
)
CLASS_TWICE = (
    '{"apiVersion":"vmoperator.vmware.com/v1alpha5","kind":"VirtualMachineClass","metadata":{"name":"a"},'
    '"spec":{"hardware":{"cpus":1,"cpus":2,"memory":"4Gi"}}}'
)
YAML_TWICE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: '1'\n  k: '2'\n"
SMALL = "virtualmachineclasses/small"
MADE = post("virtualmachineclasses", vm_class("small")).called("made")
SEEN = {"resourceVersion": "<made.metadata.resourceVersion>"}

SCENARIOS = [
    *(
        scenario(
            f"unknown fields of a built-in object, {mode}", post("configmaps", MAP, fieldValidation=mode)
        )
        for mode in MODES
    ),
    *(
        scenario(
            f"unknown fields of a custom object, {mode}",
            post("virtualmachineclasses", CLASS, fieldValidation=mode),
            get("virtualmachineclasses/a"),
        )
        for mode in MODES
    ),
    *(
        scenario(
            f"unknown fields deep in a custom object, {mode}",
            post("virtualmachineclasses", DEEP, fieldValidation=mode),
        )
        for mode in MODES
    ),
    *(
        scenario(
            f"unknown fields of metadata, {mode}",
            post("virtualmachineclasses", META, fieldValidation=mode),
            post("configmaps", config_map("a", extra="x"), fieldValidation=mode),
        )
        for mode in MODES
    ),
    *(
        scenario(f"doubled fields, {mode}", send("POST", "configmaps", TWICE, JSON, fieldValidation=mode))
        for mode in MODES
    ),
    *(
        scenario(
            f"doubled fields of a custom object, {mode}",
            send("POST", "virtualmachineclasses", CLASS_TWICE, JSON, fieldValidation=mode),
        )
        for mode in MODES
    ),
    *(
        scenario(
            f"doubled fields in YAML, {mode}",
            send("POST", "configmaps", YAML_TWICE, YAML, fieldValidation=mode),
        )
        for mode in MODES
    ),
    *(
        scenario(
            f"unknown fields in updates and patches, {mode}",
            MADE,
            put(SMALL, {**vm_class("small", 4, **SEEN), "extra": 1}, fieldValidation=mode),
            merge(SMALL, {"extra": 1}, fieldValidation=mode),
            merge(SMALL, {"spec": {"color": "red"}}, fieldValidation=mode),
            patch(SMALL, '{"spec":{"hardware":{"cpus":6,"cpus":8}}}', MERGE_PATCH, fieldValidation=mode),
        )
        for mode in MODES
    ),
    *(
        scenario(
            f"unknown fields in patches of a built-in object, {mode}",
            post("configmaps", config_map("a")),
            merge("configmaps/a", {"extra": 1}, fieldValidation=mode),
        )
        for mode in MODES
    ),
    scenario(
        "without a mode there are warnings", post("virtualmachineclasses", CLASS), post("configmaps", MAP)
    ),
    scenario(
        "a mode that there is not",
        post("configmaps", config_map("a"), fieldValidation="Loud"),
        put("configmaps/a", config_map("a"), fieldValidation="Loud"),
        merge("configmaps/a", {}, fieldValidation="Loud"),
    ),
    scenario("a custom object with a text for a number", post("virtualmachineclasses", vm_class("a", "two"))),
    scenario(
        "a custom object with a fraction for a whole number",
        post("virtualmachineclasses", vm_class("a", 1.5)),
    ),
    scenario(
        "a custom object with a text for an object",
        post("virtualmachineclasses", {**vm_class("a"), "spec": "big"}),
    ),
    scenario(
        "a custom object with null for a field",
        post("virtualmachineclasses", {**vm_class("a"), "spec": {"hardware": None}}),
    ),
    scenario(
        "a custom object with a quantity that is none",
        post("virtualmachineclasses", vm_class("a", memory="lots")),
    ),
    scenario(
        "a custom object with a whole number for a quantity",
        post("virtualmachineclasses", vm_class("a", memory=1024)),
    ),
    scenario(
        "a custom object without what is required",
        post("encryptionclasses", {**encryption_class("a"), "spec": {}}),
        post("encryptionclasses", {**encryption_class("a"), "spec": {"keyID": "x"}}),
    ),
    scenario(
        "a custom object with several faults", post("virtualmachineclasses", vm_class("a", "two", True))
    ),
    scenario(
        "a custom object with a number for a text",
        post("encryptionclasses", encryption_class("a", 7)),
        post("virtualmachinesetresourcepolicies", policy("a", ["x"])),
    ),
    scenario("a built-in object with a number for a text", post("configmaps", config_map("a", {"k": 1}))),
    scenario(
        "a built-in object with a text for an object", post("configmaps", {**config_map("a"), "data": "text"})
    ),
    scenario(
        "keys of data that are no file names",
        post("configmaps", config_map("a", {"a/b": "x", "": "y", "..": "z"})),
    ),
    scenario(
        "a key in data and in binary data",
        post("configmaps", {**config_map("a", {"k": "v"}), "binaryData": {"k": "eA=="}}),
    ),
    scenario(
        "a secret with data that is not encoded",
        post("secrets", {**config_map("a", {"k": "***"}), "kind": "Secret"}),
    ),
    scenario(
        "immutable data stays",
        post("configmaps", {**config_map("a", {"k": "v"}), "immutable": True}),
        merge("configmaps/a", {"data": {"k": "w"}}),
        merge("configmaps/a", {"immutable": False}),
        merge("configmaps/a", {"metadata": {"labels": {"a": "b"}}}),
    ),
    scenario(
        "the type of a secret stays",
        post("secrets", {**config_map("a"), "kind": "Secret"}),
        merge("secrets/a", {"type": "example.com/x"}),
    ),
    scenario(
        "data that is too large", post("configmaps", json.dumps(config_map("a", {"k": "x" * 1_100_000})))
    ),
]
