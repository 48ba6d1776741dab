"""One viewset for all kinds: get, list, watch, create, update, patch, delete, the Kubernetes way.

Routed by `vmportal.api.routes`; it holds no rules, so it cannot disagree with the pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from vmportal import access, audit, service, store
from vmportal.api import csvtext, etags, idempotency, large, lists, media, patches, strategic, table, waiting
from vmportal.api.base import ApiView, takes_gzip, warn
from vmportal.api.decoding import Intake
from vmportal.api.discovery import WITHOUT_DELETECOLLECTION
from vmportal.api.documents import Document
from vmportal.api.options import delete_options, field_validation, flag, force, is_dry_run
from vmportal.api.status import NOT_ALLOWED, nothing_here, success
from vmportal.api.table import TABLE
from vmportal.api.waiting import Waiting
from vmportal.api.wanted import wanted
from vmportal.api.watch import watch
from vmportal.errors import FieldError, Invalid, MethodNotAllowed, NotFound
from vmportal.kind import Kind, Object
from vmportal.kinds import kind_for
from vmportal.service import Saved

CSV = media.CSV_FORM[2]
RETURNED_WHEN_DELETED = ("persistentvolumeclaims", "resourcequotas", "serviceaccounts", "storageclasses")
PATCH_PARSERS = (media.JSONPatchParser, media.MergePatchParser, media.ApplyPatchParser)


class ResourceViewSet(ViewSetMixin, ApiView):
    """All verbs of one kind; the address names the kind, the namespace and the object."""

    forms = table.FORMS
    waiting: Waiting | None = None  # where the client asked to wait

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        kind = kind_for(kwargs.get("group", ""), kwargs["version"], kwargs["plural"])
        self.object_namespace, self.object_name = kwargs.get("namespace") or "", kwargs.get("name") or ""
        self.subresource = kwargs.get("subresource") or ""
        super().initial(request, *args, **kwargs)
        if kind is None or not self._is_address_of(kind):
            raise nothing_here()
        self.kind: Kind = kind
        where = (self.object_namespace, self.object_name)
        self.waiting = waiting.begin(request, kind, *where, self.caller, self.counters)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self.waiting:
            self.waiting.leave()
        return super().finalize_response(request, response, *args, **kwargs)

    def _is_address_of(self, kind: Kind) -> bool:
        if self.object_namespace and not kind.shape.namespaced:
            return False
        if self.object_name and kind.shape.namespaced and not self.object_namespace:
            return False
        return not self.subresource or (self.subresource == "status" and kind.shape.has_status)

    def get_parsers(self) -> Any:
        if self.request_method != "PATCH":
            return super().get_parsers()
        kind = kind_for(self.kwargs.get("group", ""), self.kwargs["version"], self.kwargs["plural"])
        own = (media.StrategicPatchParser,) if kind and kind.shape.is_builtin else ()
        return [parser() for parser in (*PATCH_PARSERS, *own)]

    @property
    def request_method(self) -> str:
        return str(self.request.method)

    # Reading

    def list(self, request: Request, **_: Any) -> Any:
        access.demand(self.caller, "list", self.kind, self.object_namespace)
        self._note_reading()
        asked = wanted(self.kind, self.object_namespace, request)
        if flag(request, "watch") and request.method == "GET":  # HEAD would hold a place, and hear nothing
            return watch(request, asked, self.caller, self.counters, self.form, self.include)
        tag = etags.of_list(request.get_full_path(), self.caller, self.counters, self._variant)
        return self._unless_known(tag, lambda: self._list(request, asked))

    @property
    def has_csv(self) -> bool:
        """Whether the answer can be CSV: of lists."""
        return self.action == "list" and not flag(self.request, "watch")

    def _list(self, request: Request, asked: lists.Wanted) -> HttpResponseBase:
        if self.form == CSV:
            return csvtext.listed(request, asked, self.caller, self.counters)
        found = lists.page(asked, self.caller, request, self.counters)
        parts = self._list_parts(found)
        if self.request.accepted_renderer.format != "json":
            return Response(b"".join(parts))
        return large.answer(parts, packs=takes_gzip(request))

    def _list_parts(self, found: lists.Page) -> Iterator[bytes]:
        shape = self.kind.shape
        if self.form == TABLE:
            return table.parts(shape, found.bodies, timezone.now(), found.metadata, self.include)
        return table.partial_parts(found.bodies, found.metadata) if self.form else lists.parts(shape, found)

    def retrieve(self, request: Request, **_: Any) -> Response | HttpResponse:
        if self.waiting:
            return self._retrieve_when(self.waiting)
        row = service.get(self.kind, self.object_namespace, self.object_name, self.caller)
        self._note_reading()
        tag = etags.of_object(row.uid, row.version, self._variant)
        return self._unless_known(tag, lambda: self._shown(row.body))

    def _retrieve_when(self, waiting: Waiting) -> Response:
        """The object once it is as the client waits for it."""
        where = (self.object_namespace, self.object_name)
        access.demand(self.caller, "get", self.kind, *where)
        self._note_reading()
        row = self.kind.model.objects.filter(namespace=where[0], name=where[1]).first()
        seen = json.loads(row.body) if row else None
        obj = waiting.until_met(*where, seen)
        return self._shown(store.dump(self.kind, obj)) if obj else self._gone(seen)

    def _gone(self, obj: Object | None) -> Response:
        """The answer when there is no object to show any more."""
        shape = self.kind.shape
        uid = obj["metadata"]["uid"] if obj else ""
        return Response(success(name=self.object_name, group=shape.group, kind=shape.plural, uid=uid))

    def _waited(self, saved: Saved) -> Saved:
        """What was saved, once it is as the client waits for it."""
        if not self.waiting:
            return saved
        meta = saved.object["metadata"]
        left = None if saved.is_removed else saved.object
        obj = self.waiting.until_met(meta.get("namespace", ""), meta["name"], left)
        return replace(saved, object=obj) if obj else replace(saved, is_removed=True)

    def _shown(self, body: str) -> Response:
        """One object that was read."""
        return Response(self._formed(json.loads(body)) if self.form else body)

    def _unless_known(self, tag: str, answer: Callable[[], Any]) -> Any:
        """The answer with its tag; or 304 when the client has it already."""
        if self.form == TABLE:  # it tells ages, which are others each second
            return answer()
        known = etags.known(self.request.headers.get("If-None-Match", ""), tag)
        response = etags.not_modified() if known else answer()
        is_packed = response.get("Content-Encoding") == "gzip"
        response["ETag"] = known or (etags.zipped(tag) if is_packed else tag)
        return response

    @property
    def _variant(self) -> str:
        """What tells this form of an object from its others, behind the name in its tag."""
        is_yaml = self.request.accepted_renderer.format == "yaml"
        return (f".{self.form.lower()}" if self.form else "") + (".yaml" if is_yaml else "")

    def _note_reading(self) -> None:
        """Who reads secrets is noted, one by one or all of a namespace."""
        if self.kind.is_sealed:
            where = {"namespace": self.object_namespace, "name": self.object_name}
            audit.note(self.caller, "read-secret", kind=self.kind, **where)

    def _formed(self, obj: Object) -> Object:
        if self.form == TABLE:
            meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
            return table.table(self.kind.shape, [obj], timezone.now(), meta, self.include)
        return table.partial(obj)

    # Writing

    def create(self, request: Request, **_: Any) -> Response:
        access.demand(self.caller, "create", self.kind, self.object_namespace)
        self._demand_namespace()
        document, intake = self._intake(request)
        obj = intake.take(document.value)
        key = idempotency.key_of(request, self.caller, self.object_namespace, obj)
        how: dict[str, Any] = {"dry_run": is_dry_run(request), "unknown": "Ignore"}

        def create() -> Saved:
            return service.create(self.kind, self.object_namespace, obj, self.by(), **how)

        if key is None or how["dry_run"]:
            return self._answer(create(), intake.warnings, status=201)
        saved, is_again = idempotency.once(key, self.kind, create)
        response = self._answer(self._as_it_is(saved) if is_again else saved, intake.warnings, status=201)
        if is_again:
            response[idempotency.REPLAYED] = "true"
        return response

    def _as_it_is(self, saved: Saved) -> Saved:
        """What was saved a while ago, as it is by now where the client waits for what becomes of it."""
        if not self.waiting:
            return saved
        row = self.kind.model.objects.filter(uid=saved.object["metadata"]["uid"]).first()
        return replace(saved, object=json.loads(row.body)) if row else replace(saved, is_removed=True)

    def _demand_namespace(self) -> None:
        """Whole collections are only read over all namespaces."""
        if self.kind.shape.namespaced and not self.object_namespace:
            raise MethodNotAllowed(NOT_ALLOWED) if self.kind.shape.is_builtin else nothing_here()

    def update(self, request: Request, **_: Any) -> Response:
        document, intake = self._intake(request)
        obj = intake.take(document.value)
        return self._change(request, intake, lambda current: self._seen(obj))

    def _demand_match(self, current: Object) -> None:
        """Raise `PreconditionFailed` unless the object is the one that `If-Match` names."""
        etags.demand_match(self.request.headers.get("If-Match", ""), current, self.object_name)

    def _seen(self, obj: Object) -> Object:
        """`obj`, when it says which version it replaces. Kubernetes' own kinds need not."""
        shape = self.kind.shape
        if not shape.is_builtin and not obj["metadata"].get("resourceVersion"):
            told = "Invalid value: 0: must be specified for an update"
            error = FieldError("metadata.resourceVersion", "Invalid", told)
            raise Invalid(shape.plural, self.object_name, [error], shape.group)
        return obj

    def partial_update(self, request: Request, **_: Any) -> Response:
        where = (self.object_namespace, self.object_name, self.subresource)
        access.demand(self.caller, "patch", self.kind, *where)
        is_forced = force(request, is_apply=self._sent(request) == media.APPLY_PATCH)
        document, intake = self._intake(request)
        if self._sent(request) == media.APPLY_PATCH:
            return self._apply(request, intake, intake.take_applied(document.value), is_forced)
        patch = self._patch(request, document.value)
        return self._change(request, intake, lambda current: intake.take(patch(current), is_patched=True))

    def _apply(self, request: Request, intake: Intake, wish: Object, is_forced: bool) -> Response:
        saved = service.apply(
            self.kind,
            self.object_namespace,
            self.object_name,
            wish,
            self.by(),
            force=is_forced,
            dry_run=is_dry_run(request),
            subresource=self.subresource,
            check=self._demand_match,
        )
        return self._answer(saved, intake.warnings, 201 if saved.is_created else 200)

    @staticmethod
    def _sent(request: Request) -> str:
        return str(request.content_type).split(";")[0].strip().lower()

    def _intake(self, request: Request) -> tuple[Document, Intake]:
        document = self.document()
        return document, Intake(self.kind.shape, field_validation(request), document.duplicates)

    def _patch(self, request: Request, patch: Any) -> Callable[[Object], Any]:
        sent = self._sent(request)
        if sent == media.JSON_PATCH:
            return lambda current: patches.json_patch(current, patch)
        if sent == media.STRATEGIC_PATCH:
            return lambda current: strategic.strategic_merge(self.kind.shape.kind, current, patch)
        return lambda current: patches.merge(current, patch)

    def _change(
        self,
        request: Request,
        intake: Intake,
        change: Callable[[Object], Object],
        *,
        is_applied: bool = False,
    ) -> Response:
        def change_matching(current: Object) -> Object:
            self._demand_match(current)
            return change(current)

        saved = service.update(
            self.kind,
            self.object_namespace,
            self.object_name,
            change_matching,
            self.by(),
            dry_run=is_dry_run(request),
            unknown="Ignore",
            subresource=self.subresource,
            is_applied=is_applied,
        )
        return self._answer(saved, intake.warnings)

    def _answer(self, saved: Saved, warnings: tuple[str, ...] = (), status: int = 200) -> Response:
        saved = self._waited(saved)
        response = Response(self._formed(saved.object) if self.form else saved.body, status=status)
        warn(response, (*warnings, *saved.warnings))
        return response

    # Deleting

    def destroy(self, request: Request, **_: Any) -> Response:
        saved = self._waited(self._delete(self.object_namespace, self.object_name))
        # Typed clients decode what a kube-apiserver sends, and it sends some kinds back.
        if not saved.is_removed or self.kind.shape.plural in RETURNED_WHEN_DELETED:
            return self._answer(saved)
        return self._gone(saved.object)

    def destroy_all(self, request: Request, **_: Any) -> Response:
        """Delete a collection: whatever the selectors mean, object by object."""
        access.demand(self.caller, "deletecollection", self.kind, self.object_namespace)
        self._demand_namespace()
        if self.kind.shape.plural in WITHOUT_DELETECOLLECTION:
            raise MethodNotAllowed(NOT_ALLOWED)
        asked = wanted(self.kind, self.object_namespace, request)
        gone = []  # as they were
        for namespace, name, body in asked.rows(self.caller).values_list("namespace", "name", "body"):
            with suppress(NotFound):  # somebody else was quicker
                self._delete(namespace, name)
                gone.append(json.loads(body))
        meta = {"resourceVersion": str(self.counters["version"])}
        shape = self.kind.shape
        return Response(
            {"kind": f"{shape.kind}List", "apiVersion": shape.api_version, "metadata": meta, "items": gone}
        )

    def _delete(self, namespace: str, name: str) -> Saved:
        body = self.request.data
        options = delete_options(self.request, body.value if isinstance(body, Document) else None)
        return service.delete(
            self.kind,
            namespace,
            name,
            self.by(),
            uid=options.uid,
            resource_version=options.resource_version,
            check=self._demand_match if self.object_name else None,
            propagation=options.propagation,
            dry_run=options.dry_run,
        )
