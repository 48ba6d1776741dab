"""Watches: from where, what is told, with selectors, bookmarks, and when they end."""

from typing import Any

from tests.parity.language import (
    PARTIAL,
    TABLE,
    Request,
    config_map,
    delete,
    encryption_class,
    get,
    merge,
    post,
    scenario,
    secret,
    vm_class,
    watch,
)

MAPS, CLASSES = "configmaps", "virtualmachineclasses"
A, B = post(MAPS, config_map("a", labels={"app": "web"})), post(MAPS, config_map("b", labels={"app": "db"}))
END = post(MAPS, config_map("end", labels={"app": "web"}))
LISTED = get(MAPS).called("listed")
SINCE: dict[str, Any] = {"resourceVersion": "<listed.metadata.resourceVersion>"}
STREAMED: dict[str, Any] = {
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}
CHANGED = merge("configmaps/a", {"data": {"k": "new"}})
SMALL = post(CLASSES, vm_class("small"))
CLASS_END = post(CLASSES, vm_class("end"))


def labelled(name: str, app: str | None) -> Request:
    return merge(f"configmaps/{name}", {"metadata": {"labels": {"app": app}}})


SCENARIOS = [
    scenario("a watch without a version begins with what is there", A, B, watch(MAPS, CHANGED, END, first=2)),
    scenario(
        "a watch from version 0 begins with what is there",
        A,
        watch(MAPS, B, END, resourceVersion="0", first=1),
    ),
    scenario("a watch from a list tells what came after", A, LISTED, watch(MAPS, B, CHANGED, END, **SINCE)),
    scenario(
        "a watch from a list tells what came before it began",
        A,
        LISTED,
        B,
        CHANGED,
        delete("configmaps/a"),
        watch(MAPS, END, **SINCE),
    ),
    scenario(
        "a watch from the version of an object",
        A.called("made"),
        B,
        watch(MAPS, END, resourceVersion="<made.metadata.resourceVersion>"),
    ),
    scenario(
        "a watch of custom objects",
        SMALL,
        watch(
            CLASSES,
            merge("virtualmachineclasses/small", {"spec": {"hardware": {"cpus": 4}}}),
            delete("virtualmachineclasses/small"),
            CLASS_END,
            first=1,
        ),
    ),
    scenario(
        "a watch of another custom kind",
        watch("encryptionclasses", post("encryptionclasses", encryption_class("end"))),
    ),
    scenario(
        "a deletion is told with the object", A, LISTED, watch(MAPS, delete("configmaps/a"), END, **SINCE)
    ),
    scenario(
        "a deletion that waits is a change first",
        post(MAPS, config_map("a", finalizers=["example.com/one"])),
        LISTED,
        watch(
            MAPS,
            delete("configmaps/a"),
            merge("configmaps/a", {"metadata": {"finalizers": None}}),
            END,
            **SINCE,
        ),
    ),
    scenario(
        "a deletion while the client was away",
        A,
        LISTED,
        delete("configmaps/a"),
        A,
        watch(MAPS, END, **SINCE),
    ),
    scenario(
        "a write that changes nothing is not told",
        A,
        LISTED,
        watch(MAPS, merge("configmaps/a", {}), END, **SINCE),
    ),
    scenario(
        "a dry run is not told",
        A,
        LISTED,
        watch(MAPS, merge("configmaps/a", {"data": {"k": "x"}}, dryRun="All"), END, **SINCE),
    ),
    scenario(
        "a watch with a selector",
        A,
        B,
        watch(
            MAPS, merge("configmaps/b", {"data": {"k": "x"}}), CHANGED, END, labelSelector="app=web", first=1
        ),
    ),
    scenario(
        "an object comes into a selector, and leaves it",
        A,
        B,
        LISTED,
        watch(
            MAPS,
            labelled("b", "web"),
            labelled("a", "db"),
            labelled("b", None),
            END,
            labelSelector="app=web",
            **SINCE,
        ),
    ),
    scenario(
        "an object outside of the selector is deleted",
        A,
        B,
        LISTED,
        watch(MAPS, delete("configmaps/b"), delete("configmaps/a"), END, labelSelector="app=web", **SINCE),
    ),
    scenario(
        "a watch with a set selector",
        A,
        B,
        LISTED,
        watch(MAPS, labelled("b", "x"), END, labelSelector="app in (db, web)", **SINCE),
    ),
    scenario(
        "one object is watched by its name",
        A,
        B,
        LISTED,
        watch(
            MAPS,
            CHANGED,
            labelled("b", "x"),
            delete("configmaps/a"),
            post(MAPS, config_map("a")),
            fieldSelector="metadata.name=a",
            end="",
            timeoutSeconds="2",
            **SINCE,
        ),
    ),
    scenario(
        "a custom object comes into a selector",
        SMALL,
        watch(
            CLASSES,
            merge("virtualmachineclasses/small", {"metadata": {"labels": {"app": "web"}}}),
            post(CLASSES, vm_class("end", labels={"app": "web"})),
            labelSelector="app=web",
        ),
    ),
    scenario(
        "a watch over all namespaces",
        A,
        watch("/api/v1/configmaps", CHANGED, END, first=1, fieldSelector="metadata.namespace=<ns>"),
    ),
    scenario("a watch as a table", A, watch(MAPS, CHANGED, END, first=1).accepting(TABLE)),
    scenario(
        "a watch of custom objects as a table",
        SMALL,
        watch(CLASSES, delete("virtualmachineclasses/small"), CLASS_END, first=1).accepting(TABLE),
    ),
    scenario("a watch of metadata alone", A, watch(MAPS, CHANGED, END, first=1).accepting(PARTIAL)),
    scenario("a watch of an empty namespace times out", watch(MAPS)),
    scenario(
        "a list is streamed, and its end is marked",
        A,
        B,
        watch(MAPS, END, first=3, **STREAMED),
    ),
    scenario(
        "a list of custom objects is streamed",
        SMALL,
        watch(CLASSES, CLASS_END, first=2, **STREAMED),
    ),
    scenario(
        "an empty list is streamed as a table",
        watch(MAPS, END, first=1, **STREAMED).accepting(TABLE),
    ),
    scenario(
        "a list is streamed with a selector",
        A,
        B,
        watch(MAPS, END, first=2, labelSelector="app=web", **STREAMED),
    ),
    scenario(
        "a list is not streamed",
        A,
        watch(MAPS, END, sendInitialEvents="false", resourceVersionMatch="NotOlderThan"),
    ),
    scenario("a stream of a list without a match", watch(MAPS, sendInitialEvents="true")),
    scenario(
        "a stream of a list with another match",
        watch(MAPS, sendInitialEvents="true", resourceVersionMatch="Exact"),
    ),
    scenario(
        "a match without a stream of a list",
        watch(MAPS, resourceVersionMatch="NotOlderThan", resourceVersion="0"),
    ),
    scenario("a watch from a version that is too old", watch(CLASSES, resourceVersion="1")),
    scenario("a watch from the future", watch(MAPS, resourceVersion="999999999")),
    scenario("a watch from a version that is not a number", watch(MAPS, resourceVersion="new")),
    scenario(
        "a watch with a selector that cannot be read",
        watch(MAPS, labelSelector="a in ("),
        watch(CLASSES, fieldSelector="spec.x=1"),
    ),
    scenario(
        "what came into a selector and left it while the client was away",
        A,
        B,
        LISTED,
        labelled("a", "db"),
        labelled("b", "web"),
        delete("configmaps/b"),
        watch(MAPS, END, labelSelector="app=web", **SINCE),
    ),
    scenario(
        "a change and a deletion while the client was away",
        A,
        B,
        LISTED,
        CHANGED,
        delete("configmaps/a"),
        delete("configmaps/b"),
        watch(MAPS, END, labelSelector="app=web", **SINCE),
    ),
    scenario(
        "an object is made anew while the client was away, out of its sight",
        A,
        LISTED,
        delete("configmaps/a"),
        post(MAPS, config_map("a", labels={"app": "db"})),
        watch(MAPS, END, labelSelector="app=web", **SINCE),
    ),
    scenario(
        "custom objects are deleted while the client was away",
        SMALL,
        get(CLASSES).called("listed"),
        delete("virtualmachineclasses/small"),
        SMALL,
        watch(CLASSES, CLASS_END, **SINCE),
    ),
    scenario(
        "a collection is deleted while the client was away",
        A,
        B,
        LISTED,
        delete(MAPS).seeing(lambda found: found.get("kind")),
        watch(MAPS, END, fieldSelector="metadata.name!=b", **SINCE),
    ),
    scenario(
        "an object leaves a selector, as a table",
        A,
        LISTED,
        watch(MAPS, labelled("a", "db"), END, labelSelector="app=web", **SINCE).accepting(TABLE),
    ),
    scenario(
        "an object leaves a selector, as metadata alone",
        A,
        LISTED,
        watch(MAPS, labelled("a", "db"), END, labelSelector="app=web", **SINCE).accepting(PARTIAL),
    ),
    scenario(
        "a custom object leaves a selector",
        post(CLASSES, vm_class("small", labels={"app": "web"})),
        get(CLASSES).called("listed"),
        watch(
            CLASSES,
            merge(
                "virtualmachineclasses/small",
                {"metadata": {"labels": None}, "spec": {"hardware": {"cpus": 4}}},
            ),
            post(CLASSES, vm_class("end", labels={"app": "web"})),
            labelSelector="app=web",
            **SINCE,
        ),
    ),
    scenario(
        "secrets are watched by type",
        post("secrets", secret("a", type="x/y")),
        post("secrets", secret("b", type="x/z")),
        get("secrets").called("listed"),
        watch(
            "secrets",
            delete("secrets/b"),
            delete("secrets/a"),
            post("secrets", secret("end", type="x/y")),
            fieldSelector="type=x/y",
            **SINCE,
        ),
    ),
    scenario(
        "a list is streamed from version 0",
        A,
        watch(MAPS, END, first=2, resourceVersion="0", **STREAMED),
    ),
    scenario(
        "a list is streamed that is not older than a version",
        A,
        LISTED,
        B,
        watch(MAPS, END, first=3, **SINCE, **STREAMED),
    ),
    scenario(
        "a list is streamed without bookmarks",
        A,
        watch(MAPS, END, first=1, sendInitialEvents="true", resourceVersionMatch="NotOlderThan"),
    ),
    scenario(
        "a list is streamed as metadata alone",
        A,
        watch(MAPS, END, first=2, **STREAMED).accepting(PARTIAL),
    ),
    scenario(
        "a list is not streamed from a version",
        A,
        LISTED,
        watch(MAPS, B, END, sendInitialEvents="false", resourceVersionMatch="NotOlderThan", **SINCE),
    ),
    scenario("one object is asked for with watch", A, get("configmaps/a", watch="true")),
    scenario("a watch of a kind that is not there", watch("/api/v1/namespaces/<ns>/nothings")),
    scenario("a watch by nobody", watch(MAPS).by("")),
    scenario("a watch by a stranger", watch(MAPS).by("bob")),
    scenario("a timeout that is no number", watch(MAPS, timeoutSeconds="long")),
]
