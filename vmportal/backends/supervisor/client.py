"""The client of one Supervisor's API server: objects in and out as JSON, server-side apply, watches.

Called by what probes connections, carries wishes out and brings news in. Any number of threads may share one; every
call ends in time, and raises what stands in `answers`.
"""

from __future__ import annotations

import re
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from kubernetes.client import Configuration, rest
from kubernetes.client.exceptions import ApiException
from urllib3 import disable_warnings
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InsecureRequestWarning,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from vmportal import jsontext
from vmportal.backends.supervisor.access import Access, Resource
from vmportal.backends.supervisor.answers import Away, CredentialsRefused, Untrusted, refusal

Object = dict[str, Any]

CONNECT_SECONDS, READ_SECONDS = 3.0, 30.0
WAIT_SECONDS = 30.0  # for one of the connections, when all are in use
CONNECTIONS = 16  # of one client at once, beside its watches
PAGE = 500  # objects of one page of a list
WATCH_SECONDS = 300  # after which the server ends a watch
SILENCE_SECONDS = 90.0  # of a watch: bookmarks come once a minute
MOST_LINE = 16 * 1024 * 1024  # bytes of one event
CHUNK = 64 * 1024
JSON = "application/json"
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"  # JSON is YAML


class Client:
    """One API server, as one account."""

    def __init__(self, access: Access, *, connections: int = CONNECTIONS) -> None:
        self.access = access
        self._slots = threading.BoundedSemaphore(connections)
        configuration = Configuration(host=access.server, retries=False, connection_pool_maxsize=connections)
        configuration.verify_ssl = access.is_verified
        configuration.tls_server_name = access.tls_server_name or None
        configuration.keep_alive = True
        self._rest: Any = rest.RESTClientObject(configuration)
        self._rest.pool_manager.connection_pool_kw["ssl_context"] = _tls(access)
        self._headers = {"User-Agent": f"vm-portal ({access.field_manager})"}
        if access.token:
            self._headers["Authorization"] = f"Bearer {access.token}"

    def close(self) -> None:
        """Let go of the connections that nobody uses; the others end with their calls."""
        self._rest.close()

    # --- Objects -----------------------------------------------------------------------------------------

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object. Raises `NotThere`."""
        return self._json("GET", resource.path(namespace, name), is_secret=resource.is_secret)

    def pages(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        limit: int = PAGE,
        labels: str = "",
        fields: str = "",
    ) -> Iterator[tuple[list[Object], str]]:
        """All objects as of one moment, a page at a time, each with the version to watch from.

        Items come without `apiVersion` and `kind`, as in any list. Raises `Expired` when reading took so long that the
        server has forgotten that moment: begin again.
        """
        asked = {"limit": str(limit), "labelSelector": labels, "fieldSelector": fields, "continue": ""}
        while True:
            found = self._json("GET", resource.path(namespace), asked, is_secret=resource.is_secret)
            meta = found.get("metadata") or {}
            yield found.get("items") or [], str(meta.get("resourceVersion") or "")
            asked["continue"] = meta.get("continue") or ""
            if not asked["continue"]:
                return

    def all(self, resource: Resource, namespace: str = "", **how: Any) -> tuple[list[Object], str]:
        """All objects in one list, and the version to watch from; how: as for `pages`."""
        pages = list(self.pages(resource, namespace, **how))
        return [item for items, _ in pages for item in items], pages[-1][1]

    def apply(
        self,
        resource: Resource,
        namespace: str,
        wish: Object,
        *,
        force: bool = False,
        dry_run: bool = False,
        manager: str = "",
    ) -> Object:
        """Server-side apply: all that this field manager wishes for; the object as it is then.

        Raises `Conflicting` where it would change what others own, unless `force`, and `Refused` for fields that the
        server does not know. `wish` has no `managedFields` and no `status`.
        """
        asked = {
            "fieldManager": manager or self.access.field_manager,
            "force": "true" if force else "false",
            "fieldValidation": "Strict",
            "dryRun": "All" if dry_run else "",
        }
        path = resource.path(namespace, wish["metadata"]["name"])
        return self._json("PATCH", path, asked, wish, APPLY, is_secret=resource.is_secret)

    def merge(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        change: Object,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        """A JSON merge patch: for what is done once and not wished for ever. Raises as `apply`."""
        asked = {"fieldManager": self.access.field_manager, "dryRun": "All" if dry_run else ""}
        path = resource.path(namespace, name, subresource)
        return self._json("PATCH", path, asked, change, MERGE, is_secret=resource.is_secret)

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        propagation: str = "Background",
        uid: str = "",
        version: str = "",
        dry_run: bool = False,
    ) -> Object:
        """Delete an object, only if it is still the one with this uid and version; the object, or a Status.

        `propagation`: Background, Foreground, Orphan. Raises `NotThere`, and `Conflicting` for another one of that name.
        """
        conditions = {key: value for key, value in (("uid", uid), ("resourceVersion", version)) if value}
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if conditions:
            options["preconditions"] = conditions
        if dry_run:
            options["dryRun"] = ["All"]  # in the address it would be overlooked, and the object be gone
        path = resource.path(namespace, name)
        return self._json("DELETE", path, None, options, is_secret=resource.is_secret)

    # --- Anything else -------------------------------------------------------------------------------------

    def read(self, path: str, accept: str = JSON) -> Object:
        """What stands at a path: `/version`, discovery, OpenAPI."""
        return self._json("GET", path, accept=accept)

    def ask(self, path: str, question: Object) -> Object:
        """Post a review (`SelfSubjectAccessReview` and the like), or create an object; what is answered."""
        return self._json("POST", path, None, question)

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        version: str,
        labels: str = "",
        seconds: int = WATCH_SECONDS,
    ) -> Iterator[tuple[str, Object]]:
        """What happens after a version: (ADDED, MODIFIED, DELETED or BOOKMARK, object), until the server ends it.

        Raises `Expired` when the version is too old. The connection ends when the caller stops reading.
        """
        asked = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "labelSelector": labels,
            "timeoutSeconds": str(seconds),
        }
        headers, is_secret = {"Accept": JSON}, resource.is_secret
        with self._answer("GET", resource.path(namespace), asked, headers, None, SILENCE_SECONDS) as response:
            for line in _lines(self._good(response, is_secret)):
                event = jsontext.read(line)
                if event.get("type") == "ERROR":
                    status = event.get("object") or {}
                    raise refusal(
                        int(status.get("code") or 500), jsontext.written(status), None, is_secret=is_secret
                    )
                yield event["type"], event["object"]

    # --- On the wire ---------------------------------------------------------------------------------------

    def _json(
        self,
        method: str,
        path: str,
        asked: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = JSON,
        *,
        accept: str = JSON,
        is_secret: bool = False,
    ) -> Object:
        headers = {"Accept": accept} if body is None else {"Accept": accept, "Content-Type": content_type}
        if not self._slots.acquire(timeout=WAIT_SECONDS):
            raise Away("All connections to the API server are in use.")
        try:
            with self._answer(method, path, asked or {}, headers, body, READ_SECONDS) as response:
                data = self._good(response, is_secret).read()
        finally:
            self._slots.release()
        try:
            found = jsontext.read(data)
        except ValueError:
            raise Away("What answers is no Kubernetes API server: it does not speak JSON.") from None
        return found if isinstance(found, dict) else {}

    @contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        asked: Mapping[str, str],
        headers: Mapping[str, str],
        body: Object | None,
        seconds: float,
    ) -> Iterator[Any]:
        """The raw answer. Whatever goes wrong with the connection, also while it is read, raises `Away`."""
        query = urlencode({key: value for key, value in asked.items() if value})
        response = None
        try:
            response = self._rest.request(
                method,
                f"{self.access.server}{path}{'?' if query else ''}{query}",
                headers={**self._headers, **headers},
                # The library writes JSON itself, and of YAML it takes only what is written already.
                body=jsontext.written(body) if headers.get("Content-Type") == APPLY else body,
                _request_timeout=(CONNECT_SECONDS, seconds),
            )
            yield response
        except (HTTPError, ApiException, OSError) as error:
            raise _away(self.access.server, error) from None  # its own text is not for people
        finally:
            if response is not None:
                response.response.close()  # once all is read, the connection lives on without it

    def _good(self, response: Any, is_secret: bool) -> Any:
        """The answer, if it is a success. Raises what stands in `answers`."""
        if 200 <= response.status < 300:
            return response
        retry_after = response.headers.get("Retry-After")
        raise refusal(response.status, response.read(), retry_after, is_secret=is_secret)


def _tls(access: Access) -> ssl.SSLContext:
    """Whom to believe, and the account's certificate. Raises `Away` for what cannot be read."""
    try:
        context = ssl.create_default_context(cadata=access.ca or None)
    except (ssl.SSLError, ValueError):
        raise Untrusted("The authority's certificate cannot be read: it must be PEM text.") from None
    if not access.is_verified:
        disable_warnings(InsecureRequestWarning)  # the Connection says it, where people read it
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if access.certificate:
        # Python takes keys only from files. This one only its owner can read, and it is gone at once.
        with tempfile.NamedTemporaryFile("w", prefix="portal-") as file:
            file.write(f"{access.certificate}\n{access.key}\n")
            file.flush()
            try:
                context.load_cert_chain(file.name, password="")
            except (ssl.SSLError, ValueError, OSError):
                raise CredentialsRefused(
                    "The client certificate and its key cannot be read, or do not go together."
                ) from None
    return context


_NOT_TRUSTED = re.compile(r"certificate verify failed: ([^(]+)")


def _away(server: str, error: Exception) -> Away:
    """What went wrong on the way, in words."""
    if found := _NOT_TRUSTED.search(str(error)):
        return Untrusted(f"The certificate of {server} is not to be trusted: {found[1].strip()}.")
    if isinstance(error, NameResolutionError):
        return Away(f"There is no such host: {server}.")
    if isinstance(error, NewConnectionError):
        return Away(f"{server} takes no connection.")
    if isinstance(error, ConnectTimeoutError):
        return Away(f"{server} does not answer within {CONNECT_SECONDS:g} seconds.")
    if isinstance(error, ReadTimeoutError):
        return Away(f"{server} has taken too long to answer.")
    return Away(f"The connection to {server} broke.")


def _lines(response: Any) -> Iterator[bytes]:
    """The lines of an answer as they come; of one that is cut off, nothing."""
    rest_of_line = b""
    for chunk in response.response.stream(CHUNK):
        *whole, rest_of_line = (rest_of_line + chunk).split(b"\n")
        yield from (line for line in whole if line)
        if len(rest_of_line) > MOST_LINE:
            raise Away("The API server sends an event that is too large.")
