"""Reading one object, and the forms in which it may be asked for."""

from tests.parity.language import (
    PARTIAL,
    TABLE,
    YAML,
    config_map,
    encryption_class,
    get,
    policy,
    post,
    scenario,
    secret,
    vm_class,
)

MADE = post("configmaps", config_map("a", {"k": "v"}, labels={"app": "web"}, annotations={"note": "x"}))
CLASS = post("virtualmachineclasses", vm_class("small"))

SCENARIOS = [
    scenario("a built-in object is created and read", MADE, get("configmaps/a")),
    scenario("a custom object is created and read", CLASS, get("virtualmachineclasses/small")),
    scenario(
        "objects of other custom kinds are created and read",
        post("encryptionclasses", encryption_class("keys")),
        get("encryptionclasses/keys"),
        post("virtualmachinesetresourcepolicies", policy("pool")),
        get("virtualmachinesetresourcepolicies/pool"),
    ),
    scenario(
        "a secret keeps its data encoded",
        post("secrets", secret("s", stringData={"user": "ann"}, data={"pin": "MTIzNA=="})),
        get("secrets/s"),
    ),
    scenario("an object that is not there", get("configmaps/none"), get("virtualmachineclasses/none")),
    scenario("a namespace that is not there", get("/api/v1/namespaces/none-such/configmaps/a")),
    scenario("a namespace is read", get("/api/v1/namespaces/<ns>").seeing(lambda body: body["status"])),
    scenario(
        "a kind that is not there",
        get("/api/v1/namespaces/<ns>/nothings"),
        get("/apis/vmoperator.vmware.com/v1alpha5/namespaces/<ns>/nothings/a"),
    ),
    scenario(
        "a version that is not there",
        get("/api/v2/namespaces/<ns>/configmaps"),
        get("/apis/vmoperator.vmware.com/v9/namespaces/<ns>/virtualmachineclasses"),
    ),
    scenario("a group that is not there", get("/apis/nobody.example.com/v1/namespaces/<ns>/things")),
    scenario(
        "a namespaced kind has no objects outside of namespaces",
        get("/api/v1/configmaps/a"),
        get("/apis/vmoperator.vmware.com/v1alpha5/virtualmachineclasses/a"),
    ),
    scenario(
        "a cluster-wide kind has no objects in namespaces",
        get("/apis/storage.k8s.io/v1/namespaces/<ns>/storageclasses"),
    ),
    scenario("one object as a table", MADE, get("configmaps/a").accepting(TABLE)),
    scenario("one custom object as a table", CLASS, get("virtualmachineclasses/small").accepting(TABLE)),
    scenario(
        "one object as its metadata alone",
        MADE,
        get("configmaps/a").accepting(PARTIAL),
        CLASS,
        get("virtualmachineclasses/small").accepting(PARTIAL),
    ),
    scenario("one object as YAML", MADE, get("configmaps/a").accepting(YAML)),
    scenario(
        "an old version of an object is not kept",
        MADE,
        get("configmaps/a", resourceVersion="0"),
        get("configmaps/a", resourceVersion="1"),
    ),
    scenario("a version that is not a number", MADE, get("configmaps/a", resourceVersion="new")),
    scenario("nobody reads without a token", get("configmaps/a").by("")),
    scenario(
        "a token that nobody has", get("configmaps/a").by("").having(Authorization="Bearer no-such-token")
    ),
    scenario(
        "a method that no object has",
        MADE,
        post("configmaps/a", config_map("a")),
        post("virtualmachineclasses/a", vm_class("a")),
    ),
]
