"""Lists: whole, in chunks, as tables, over all namespaces."""

from typing import Any

from tests.parity.language import (
    PARTIAL_LIST,
    TABLE,
    YAML,
    Request,
    config_map,
    delete,
    encryption_class,
    get,
    merge,
    policy,
    post,
    scenario,
    secret,
    vm_class,
)


def maps(*names: str) -> list[Request]:
    return [post("configmaps", config_map(name, {"k": name}, labels={"app": name})) for name in names]


def classes(*names: str) -> list[Request]:
    return [post("virtualmachineclasses", vm_class(name, labels={"app": name})) for name in names]


def relabelled(path: str, app: str) -> Request:
    return merge(path, {"metadata": {"labels": {"app": app}}})


MAPS, CLASSES = "configmaps", "virtualmachineclasses"
EVERYWHERE = "/apis/vmoperator.vmware.com/v1alpha5/virtualmachineclasses"
NEXT: dict[str, Any] = {"continue": "<first.metadata.continue>"}
THEN: dict[str, Any] = {
    "resourceVersion": "<listed.metadata.resourceVersion>",
    "resourceVersionMatch": "Exact",
}
FOREIGN: dict[str, Any] = {"fieldSelector": "metadata.namespace=<ns>"}

SCENARIOS = [
    scenario("an empty list", get(MAPS), get(CLASSES)),
    scenario("a list is in the order of names", *maps("c", "a", "b"), get(MAPS)),
    scenario("a list of custom objects", *classes("c", "a", "b"), get(CLASSES)),
    scenario("a list of a namespace that is not there", get("/api/v1/namespaces/none-such/configmaps")),
    scenario("a list over all namespaces", *maps("a", "b"), get("/api/v1/configmaps", **FOREIGN)),
    scenario("a list of custom objects over all namespaces", *classes("a"), get(EVERYWHERE, **FOREIGN)),
    scenario("a list as a table", *maps("a", "b"), get(MAPS).accepting(TABLE)),
    scenario("a list of custom objects as a table", *classes("a", "b"), get(CLASSES).accepting(TABLE)),
    scenario(
        "tables of other kinds",
        post("secrets", secret("s", data={"a": "eA==", "b": "eA=="})),
        get("secrets").accepting(TABLE),
        post("encryptionclasses", encryption_class("keys")),
        get("encryptionclasses").accepting(TABLE),
        post("virtualmachinesetresourcepolicies", policy("pool")),
        get("virtualmachinesetresourcepolicies").accepting(TABLE),
    ),
    scenario(
        "a table without the objects, and with all of them",
        *maps("a"),
        get(MAPS, includeObject="None").accepting(TABLE),
        get(MAPS, includeObject="Object").accepting(TABLE),
        get(MAPS, includeObject="Some").accepting(TABLE),
    ),
    scenario("an empty list as a table", get(MAPS).accepting(TABLE), get(CLASSES).accepting(TABLE)),
    scenario("a list as metadata alone", *maps("a"), get(MAPS).accepting(PARTIAL_LIST)),
    scenario(
        "a list of custom objects as metadata alone", *classes("a"), get(CLASSES).accepting(PARTIAL_LIST)
    ),
    scenario("a list as YAML", *maps("a"), get(MAPS).accepting(YAML)),
    scenario(
        "a list in chunks",
        *maps("a", "b", "c", "d", "e"),
        get(MAPS, limit="2").called("first"),
        get(MAPS, limit="2", **{"continue": "<first.metadata.continue>"}).called("second"),
        get(MAPS, limit="2", **{"continue": "<second.metadata.continue>"}),
    ),
    scenario(
        "a list of custom objects in chunks",
        *classes("a", "b", "c"),
        get(CLASSES, limit="2").called("first"),
        get(CLASSES, limit="2", **{"continue": "<first.metadata.continue>"}),
    ),
    scenario("a chunk that takes all", *maps("a", "b"), get(MAPS, limit="2"), get(MAPS, limit="500")),
    scenario("chunks without a limit", *maps("a"), get(MAPS, limit="0")),
    scenario(
        "the rest of a list without a limit",
        *maps("a", "b", "c"),
        get(MAPS, limit="1").called("first"),
        get(MAPS, **{"continue": "<first.metadata.continue>"}),
    ),
    scenario(
        "chunks with a selector do not count what remains",
        *maps("a", "b", "c"),
        get(MAPS, limit="1", labelSelector="app!=b").called("first"),
        get(MAPS, limit="1", labelSelector="app!=b", **{"continue": "<first.metadata.continue>"}),
    ),
    scenario(
        "a chunked list is stable under creates and deletes",
        *maps("a", "b", "d"),
        get(MAPS, limit="2").called("first"),
        *maps("c", "e"),
        delete("configmaps/a"),
        get(MAPS, limit="2", **{"continue": "<first.metadata.continue>"}),
    ),
    scenario(
        "a chunked list shows what was changed meanwhile",
        *maps("a", "b", "c"),
        get(MAPS, limit="2").called("first"),
        merge("configmaps/c", {"data": {"k": "new"}}),
        get(MAPS, limit="2", **{"continue": "<first.metadata.continue>"}),
    ),
    scenario(
        "a chunked list is stable for custom objects, too",
        *classes("a", "b", "c"),
        get(CLASSES, limit="1").called("first"),
        relabelled(f"{CLASSES}/b", "new"),
        delete(f"{CLASSES}/c"),
        *classes("bb"),
        get(CLASSES, limit="1", **NEXT).called("second"),
        get(CLASSES, **{"continue": "<second.metadata.continue>"}),
    ),
    scenario(
        "chunks show what has been deleted and made anew as it was before",
        *maps("a", "b", "c"),
        get(MAPS, limit="1").called("first"),
        delete(f"{MAPS}/b"),
        post(MAPS, config_map("b", {"k": "anew"})),
        relabelled(f"{MAPS}/c", "once"),
        relabelled(f"{MAPS}/c", "twice"),
        get(MAPS, **NEXT),
    ),
    scenario(
        "selectors of chunks mean what objects were",
        *maps("a", "b", "c", "d"),
        get(MAPS, limit="1", labelSelector="app in (a,b,d)").called("first"),
        relabelled(f"{MAPS}/b", "elsewhere"),
        relabelled(f"{MAPS}/c", "d"),
        get(MAPS, labelSelector="app in (a,b,d)", **NEXT),
    ),
    scenario(
        "field selectors of chunks mean what objects were",
        post("secrets", secret("a", type="x/y")),
        post("secrets", secret("b", type="x/y")),
        post("secrets", secret("c", type="x/z")),
        get("secrets", limit="1", fieldSelector="type=x/y").called("first"),
        delete("secrets/b"),
        get("secrets", fieldSelector="type=x/y", **NEXT),
    ),
    scenario(
        "chunks of several sizes",
        *maps("a", "b", "c", "d", "e", "f"),
        get(MAPS, limit="1").called("first"),
        delete(f"{MAPS}/d"),
        get(MAPS, limit="3", **NEXT).called("second"),
        get(MAPS, limit="1", **{"continue": "<second.metadata.continue>"}).called("third"),
        get(MAPS, limit="9", **{"continue": "<third.metadata.continue>"}),
    ),
    scenario(
        "a table in chunks is stable",
        *classes("a", "b"),
        get(CLASSES, limit="1").accepting(TABLE).called("first"),
        delete(f"{CLASSES}/b"),
        get(CLASSES, limit="1", **NEXT).accepting(TABLE),
    ),
    scenario(
        "metadata alone in chunks is stable",
        *maps("a", "b"),
        get(MAPS, limit="1").accepting(PARTIAL_LIST).called("first"),
        relabelled(f"{MAPS}/b", "new"),
        get(MAPS, limit="1", **NEXT).accepting(PARTIAL_LIST),
    ),
    scenario(
        "a token and a match",
        *maps("a", "b"),
        get(MAPS, limit="1").called("first"),
        get(MAPS, resourceVersionMatch="Exact", **NEXT),
        get(MAPS, resourceVersion="0", **NEXT),
    ),
    scenario(
        "the token of another kind",
        *maps("a", "b"),
        *classes("a", "b"),
        get(MAPS, limit="1").called("first"),
        get(CLASSES, **NEXT).seeing(lambda found: found.get("kind")),
    ),
    scenario("chunks of a table", *maps("a", "b"), get(MAPS, limit="1").accepting(TABLE)),
    scenario("a token that no list gave", get(MAPS, limit="1", **{"continue": "nonsense"})),
    scenario(
        "a token and a version",
        *maps("a", "b"),
        get(MAPS, limit="1").called("first"),
        get(MAPS, limit="1", resourceVersion="5", **{"continue": "<first.metadata.continue>"}),
    ),
    scenario("a limit that is no number", get(MAPS, limit="many"), get(CLASSES, limit="many")),
    scenario("a list from any version", *maps("a"), get(MAPS, resourceVersion="0")),
    scenario(
        "a list not older than a version",
        post(MAPS, config_map("a")).called("made"),
        get(MAPS, resourceVersion="<made.metadata.resourceVersion>"),
        get(
            MAPS,
            resourceVersion="<made.metadata.resourceVersion>",
            resourceVersionMatch="NotOlderThan",
        ),
    ),
    scenario(
        "a list at exactly the version of a list",
        *maps("a"),
        get(MAPS).called("listed"),
        get(MAPS, resourceVersion="<listed.metadata.resourceVersion>", resourceVersionMatch="Exact"),
    ),
    scenario(
        "a list at exactly a version that has passed",
        *maps("a", "b", "c"),
        get(MAPS).called("listed"),
        delete(f"{MAPS}/a"),
        relabelled(f"{MAPS}/b", "new"),
        *maps("d"),
        get(MAPS, **THEN),
        get(MAPS, labelSelector="app=b", **THEN),
        get(MAPS, fieldSelector="metadata.name!=c", **THEN),
    ),
    scenario(
        "a list of custom objects at exactly a version that has passed",
        *classes("a", "b"),
        get(CLASSES).called("listed"),
        delete(f"{CLASSES}/a"),
        relabelled(f"{CLASSES}/b", "new"),
        get(CLASSES, **THEN),
        get(CLASSES, **THEN).accepting(TABLE),
    ),
    scenario(
        "a list at exactly a version that has passed, in chunks",
        *maps("a", "b", "c"),
        get(MAPS).called("listed"),
        delete(f"{MAPS}/c"),
        get(MAPS, limit="1", **THEN).called("first"),
        get(MAPS, limit="1", **NEXT).called("second"),
        get(MAPS, limit="1", **{"continue": "<second.metadata.continue>"}),
    ),
    scenario(
        "chunks of a list of a version are of just that version",
        *maps("a", "b"),
        get(MAPS).called("listed"),
        delete(f"{MAPS}/a"),
        get(MAPS, limit="5", resourceVersion="<listed.metadata.resourceVersion>"),
        get(MAPS, resourceVersion="<listed.metadata.resourceVersion>"),
    ),
    scenario(
        "a list at exactly a version of the future",
        get(MAPS, resourceVersion="999999999", resourceVersionMatch="Exact"),
    ),
    scenario("a list of the future", get(MAPS, resourceVersion="999999999")),
    scenario("a list at a version that is not a number", get(MAPS, resourceVersion="new")),
    scenario("a match without a version", get(MAPS, resourceVersionMatch="Exact")),
    scenario("a match that there is not", get(MAPS, resourceVersion="1", resourceVersionMatch="Nearly")),
    scenario("an exact match of any version", get(MAPS, resourceVersion="0", resourceVersionMatch="Exact")),
    scenario("a list asked with sendInitialEvents", get(MAPS, sendInitialEvents="true")),
]
