"""What can be done with a kind, as operations of an OpenAPI v3 document. Pure.

Called by `vmportal.api.openapi`. Names, marks and order are those that a kube-apiserver publishes, so that
generators make the same clients of it; parameters stand in each operation, where kubectl looks for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from vmportal.api import parameters as params
from vmportal.api.examples import example_of
from vmportal.api.meta_schemas import META, STATUS_REF, ref
from vmportal.api.reviews_schema import TOKEN_REQUEST
from vmportal.api.scale import SCALE
from vmportal.kind import Shape

BUILTIN_PACKAGES = {
    "": "core",
    "rbac.authorization.k8s.io": "rbac",
    "storage.k8s.io": "storage",
    "authorization.k8s.io": "authorization",
    "authentication.k8s.io": "authentication",
}
JSON, YAML, CSV = "application/json", "application/yaml", "text/csv"
JSON_PATCH = "application/json-patch+json"
PATCHES = (JSON_PATCH, "application/merge-patch+json", "application/apply-patch+yaml")
STRATEGIC = "application/strategic-merge-patch+json"

Doc = dict[str, Any]


def path_of(group: str, version: str) -> str:
    """How the index of `/openapi/v3` names a document: `api/v1`, `apis/<group>/<version>`."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def schema_name(shape: Shape) -> str:
    """As Kubernetes names it: `com.vmware.vmoperator.v1alpha5.VirtualMachine`, `io.k8s.api.core.v1.Secret`."""
    if shape.group == "apiextensions.k8s.io":
        return f"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{shape.version}.{shape.kind}"
    if shape.is_builtin:
        package = BUILTIN_PACKAGES.get(shape.group, shape.group.split(".")[0])
        return f"io.k8s.api.{package}.{shape.version}.{shape.kind}"
    return ".".join([*reversed(shape.group.split(".")), shape.version, shape.kind])


def gvk(shape: Shape, suffix: str = "") -> Doc:
    return {"group": shape.group, "version": shape.version, "kind": shape.kind + suffix}


def paths(shape: Shape, verbs: Collection[str]) -> Doc:
    """All addresses of a kind that serves these verbs, with what may be done there."""
    items = {
        address: {method: operation for method, operation in item.items() if operation}
        for address, item in _addresses(shape, verbs)
    }
    return {address: item for address, item in items.items() if item.keys() - {"parameters"}}


def _addresses(shape: Shape, verbs: Collection[str]) -> Iterator[tuple[str, Doc]]:
    root = f"/{path_of(shape.group, shape.version)}"
    where = [params.NAMESPACE] if shape.namespaced else []
    collection = f"{root}/namespaces/{{namespace}}/{shape.plural}" if where else f"{root}/{shape.plural}"
    one = [params.name_of(shape.kind), *where]
    make = _Maker(shape, verbs)
    all_of = {"get": make.list(), "post": make.create(), "delete": make.delete_collection()}
    each = {"get": make.read(), "put": make.replace(), "patch": make.patch(), "delete": make.delete()}
    yield collection, {**all_of, "parameters": where}
    yield f"{collection}/{{name}}", {**each, "parameters": one}
    if shape.has_status:
        yield f"{collection}/{{name}}/status", {**make.subresource("status", shape), "parameters": one}
    if shape.scale:
        yield f"{collection}/{{name}}/scale", {**make.subresource("scale", SCALE), "parameters": one}
    if shape.kind == "ServiceAccount":
        yield f"{collection}/{{name}}/token", {"post": make.token(), "parameters": one}
    if where:
        yield f"{root}/{shape.plural}", {"get": make.list_everywhere()}


class _Maker:
    """Makes the operations of one kind; None for a verb that it does not serve."""

    def __init__(self, shape: Shape, verbs: Collection[str]) -> None:
        self.shape, self.verbs = shape, verbs
        self.own = schema_name(shape)
        self.tag = _camel(shape.group or "core", first_is_small=True) + f"_{shape.version}"

    def list(self, told: str = "", name: str = "") -> Doc | None:
        told = told or f"List or watch {self.shape.plural}."
        answer, codes = f"{self.own}List", ("200", "304")
        also = (CSV,) if "create" in self.verbs else ()  # what is read only is no table of the store
        return self._operation(
            "list", "list", told, params.LIST, answer=answer, also=also, codes=codes, name=name
        )

    def list_everywhere(self) -> Doc | None:
        name = f"list{self._prefix()}{self.shape.kind}ForAllNamespaces"
        return self.list(f"List or watch {self.shape.plural} of all namespaces that you may read.", name)

    def create(self) -> Doc | None:
        is_question = set(self.verbs) == {"create"}  # nothing of it is kept
        told = str(self.shape.schema["description"]) if is_question else f"Create a {self.shape.kind}."
        options = params.QUESTION if is_question else params.CREATE
        return self._operation("create", "post", told, options, body=(JSON, YAML), codes=("201",))

    def delete_collection(self) -> Doc | None:
        told = f"Delete all {self.shape.plural} that the selectors mean."
        action = "deletecollection"
        options = params.DELETE_COLLECTION
        return self._operation(action, action, told, options, body=(JSON, YAML), answer=f"{META}.Status")

    def read(self) -> Doc | None:
        told = f"Read one {self.shape.kind}."
        return self._operation("get", "get", told, params.READ, codes=("200", "304"))

    def replace(self) -> Doc | None:
        told = f"Replace one {self.shape.kind}."
        return self._operation("update", "put", told, params.WRITE, body=(JSON, YAML))

    def patch(self) -> Doc | None:
        types = (*PATCHES, STRATEGIC) if self.shape.is_builtin else PATCHES
        told = f"Change, or apply, one {self.shape.kind}."
        return self._operation("patch", "patch", told, params.PATCH, body=types, codes=("200", "201"))

    def delete(self) -> Doc | None:
        told = f"Delete one {self.shape.kind}."
        return self._operation("delete", "delete", told, params.DELETE, body=(JSON, YAML))

    def subresource(self, part: str, answer: Shape) -> Doc:
        """The operations on the status, or on the Scale, of one object."""
        whose, name = f"{part} of one {self.shape.kind}", schema_name(answer)
        types = (*PATCHES, STRATEGIC) if self.shape.is_builtin else PATCHES
        make = partial(self._operation, part=part, answer=name)
        return {
            "get": make("get", "get", f"Read the {whose}.", params.READ),
            "put": make("update", "put", f"Replace the {whose}.", params.WRITE, body=(JSON, YAML)),
            "patch": make("patch", "patch", f"Change the {whose}.", params.PATCH, body=types),
        }

    def token(self) -> Doc | None:
        name, told = schema_name(TOKEN_REQUEST), str(TOKEN_REQUEST.schema["description"])
        return self._operation(
            "create",
            "post",
            told,
            params.QUESTION,
            answer=name,
            part="token",
            body=(JSON, YAML),
            codes=("201",),
            of=TOKEN_REQUEST,
        )

    def _prefix(self) -> str:
        return _camel(self.shape.group or "core") + self.shape.version.capitalize()

    def _operation(
        self,
        verb: str,
        action: str,
        told: str,
        options: tuple[Doc, ...],
        *,
        body: tuple[str, ...] = (),
        answer: str = "",
        codes: tuple[str, ...] = ("200",),
        also: tuple[str, ...] = (),
        part: str = "",
        name: str = "",
        of: Shape | None = None,
    ) -> Doc | None:
        if verb not in self.verbs:
            return None
        schema = ref(answer or self.own)
        # An object that something still holds is answered itself, with its deletionTimestamp.
        answered = {"anyOf": [STATUS_REF, schema]} if action == "delete" else schema
        operation: Doc = {
            "tags": [self.tag],
            "summary": told,
            "operationId": name or self._name(action, part),
            "parameters": list(options),
            "responses": {code: _answer(code, answered, also) for code in codes} | _REFUSALS,
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk(of or self.shape),
        }
        if body:
            content = {type_: self._body(action, type_, schema, of or self.shape) for type_ in body}
            operation["requestBody"] = {"required": "delete" not in action, "content": content}
        return operation

    def _name(self, action: str, part: str) -> str:
        verb, collection = _VERBS[action], "Collection" if action == "deletecollection" else ""
        space = "Namespaced" if self.shape.namespaced else ""
        return f"{verb}{self._prefix()}{collection}{space}{self.shape.kind}{part.capitalize()}"

    @staticmethod
    def _body(action: str, type_: str, schema: Doc, shape: Shape) -> Doc:
        if "delete" in action:
            return {"schema": ref(f"{META}.DeleteOptions")}
        if type_ == JSON_PATCH:
            return {"schema": ref("JSONPatch")}
        if action == "patch":
            return {"schema": ref(f"{META}.Patch")}
        return {"schema": schema, "example": example_of(shape)} if action == "post" else {"schema": schema}


_VERBS = {
    "list": "list",
    "post": "create",
    "deletecollection": "delete",
    "get": "read",
    "put": "replace",
    "patch": "patch",
    "delete": "delete",
}
_TOLD = {"200": "OK", "201": "Created"}
_REFUSALS: Doc = {
    "401": {"description": "Unauthorized", "content": {JSON: {"schema": STATUS_REF}}},
    "default": {
        "description": "A refusal: what is wrong, with all causes.",
        "content": {JSON: {"schema": STATUS_REF}},
    },
}


def _answer(code: str, schema: Doc, also: tuple[str, ...]) -> Doc:
    if code == "304":
        return {"description": "Not changed since the ETag of `If-None-Match`."}
    content: Doc = {type_: {"schema": schema} for type_ in (JSON, YAML)}
    content |= {type_: {"schema": {"type": "string"}} for type_ in also}
    return {"description": _TOLD[code], "headers": params.HEADERS, "content": content}


def _camel(group: str, *, first_is_small: bool = False) -> str:
    """`vmoperator.vmware.com` as in names of operations: `VmoperatorVmwareCom`; Kubernetes' own lose `k8s.io`."""
    words = group.removesuffix(".k8s.io").split(".")
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined[:1].lower() + joined[1:] if first_is_small else joined
