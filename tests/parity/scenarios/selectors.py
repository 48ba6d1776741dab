"""Label and field selectors: every operator, and what cannot be read."""

from typing import Any

from tests.parity.language import Request, config_map, get, post, scenario, secret, vm_class

LABELS: dict[str, dict[str, str]] = {
    "both": {"app": "web", "tier": "front"},
    "empty": {"app": ""},
    "none": {},
    "one": {"app": "db"},
    "number": {"size": "7"},
}
MAPS = [post("configmaps", config_map(name, labels=labels)) for name, labels in LABELS.items()]
CLASSES = [post("virtualmachineclasses", vm_class(name, labels=labels)) for name, labels in LABELS.items()]
WRONG = [
    "app=",
    "=web",
    "app in",
    "app in (",
    "app in ()",
    "a b",
    "app>x",
    "!app=web",
    "app,",
    "-a=b",
    "app=-x",
    "*",
]


def names(answer: Any) -> Any:
    """Of a list the names only; a refusal whole."""
    return [item["metadata"]["name"] for item in answer["items"]] if "items" in answer else answer


def chosen(plural: str, *selectors: str, by: str = "labelSelector") -> list[Request]:
    return [get(plural, **{by: selector}).seeing(names) for selector in selectors]


EQUAL = ("app=web", "app==web", "app!=web", "app=", "app=web,tier=front", "app=web,tier!=front")
SETS = ("app in (web,db)", "app in (web, )", "app notin (web)", "app in (web),tier", "size in (7)")
EXISTS = ("app", "!app", "app,!tier", "tier,app=web")
NUMBERS = ("size>6", "size<6", "size>7", "size < 10")
SPACES = ("  app  =  web  ", "app   in   ( web , db )", " ! app ")

SCENARIOS = [
    scenario("labels that equal or differ", *MAPS, *chosen("configmaps", *EQUAL)),
    scenario("labels in sets", *MAPS, *chosen("configmaps", *SETS)),
    scenario("labels that are there or not", *MAPS, *chosen("configmaps", *EXISTS)),
    scenario("labels greater or less", *MAPS, *chosen("configmaps", *NUMBERS)),
    scenario("spaces in label selectors", *MAPS, *chosen("configmaps", *SPACES)),
    scenario(
        "label selectors of a custom kind",
        *CLASSES,
        *chosen("virtualmachineclasses", "app=web", "app notin (web)", "!app", "size>6"),
    ),
    scenario("label selectors that cannot be read", *chosen("configmaps", *WRONG)),
    scenario(
        "label selectors of a custom kind that cannot be read",
        *chosen("virtualmachineclasses", "app in (", "size>x", "a b"),
    ),
    scenario(
        "objects by name",
        *MAPS,
        *chosen(
            "configmaps",
            "metadata.name=one",
            "metadata.name!=one",
            "metadata.name==one,metadata.namespace=<ns>",
            "metadata.namespace=another",
            by="fieldSelector",
        ),
    ),
    scenario(
        "custom objects by name",
        *CLASSES,
        *chosen("virtualmachineclasses", "metadata.name=one", "metadata.name!=one", by="fieldSelector"),
    ),
    scenario(
        "fields that cannot be selected",
        *chosen("configmaps", "data.k=v", "metadata.uid=x", by="fieldSelector"),
        *chosen("virtualmachineclasses", "spec.hardware.cpus=2", by="fieldSelector"),
    ),
    scenario(
        "field selectors that cannot be read",
        *chosen("configmaps", "metadata.name", "metadata.name>a", "=one", by="fieldSelector"),
    ),
    scenario(
        "secrets by type",
        post("secrets", secret("s", data={"a": "eA=="})),
        post("secrets", secret("t", type="example.com/token")),
        *chosen("secrets", "type=Opaque", "type!=Opaque", "type=example.com/token", by="fieldSelector"),
    ),
    scenario(
        "labels and fields together",
        *MAPS,
        get("configmaps", labelSelector="app", fieldSelector="metadata.name!=one").seeing(names),
    ),
]
