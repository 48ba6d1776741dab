"""The keys that an issuer signs its tokens with: fetched in the background, kept, and fetched again, but not too often.

Asked by `vmportal.api.oidc` for each token. Who asks for keys that are here never waits for the issuer.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

Key = Mapping[str, Any]  # a JSON Web Key

FRESH_SECONDS = 300.0  # then they are fetched anew, and those that the issuer took away count no more
REFETCH_SECONDS = 10.0  # between two beginnings, however many unknown keys are asked for
WAIT_SECONDS = 4.0  # of who asks for a key that is not here, while it is fetched
MOST_WAITING = 8  # at once; the others are told at once that there is no such key
TIMEOUT = 3.0  # seconds, of one step of a connection
LOST_SECONDS = 30.0  # a fetch that is not done by then counts as ended
MOST_BYTES = 1 << 20
DISCOVERY = "/.well-known/openid-configuration"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The issuer says itself where its keys are: nothing on the way leads elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class SigningKeys:
    """The keys of one issuer. While it cannot be reached, the last that it gave stay good."""

    def __init__(
        self,
        issuer: str,
        ca_file: str = "",
        *,
        fresh_seconds: float = FRESH_SECONDS,
        refetch_seconds: float = REFETCH_SECONDS,
    ) -> None:
        self.issuer, self.ca_file = issuer, ca_file
        self.fresh_seconds, self.refetch_seconds = fresh_seconds, refetch_seconds
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._keys: tuple[Key, ...] = ()
        self._fetched = self._begun = float("-inf")
        self._fetch: threading.Event | None = None  # set when the fetch that runs has ended
        self.problem = ""  # why the last fetch brought nothing

    def find(self, kid: str | None) -> list[Key]:
        """The keys of that id, all if None. Waits a bounded time for one that is not here."""
        if found := self._matching(kid):
            if time.monotonic() - self._fetched > self.fresh_seconds:
                self._begin()
            return found
        fetch = self._begin()
        if fetch is not None and self._waiting.acquire(blocking=False):
            try:
                fetch.wait(WAIT_SECONDS)
            finally:
                self._waiting.release()
        return self._matching(kid)

    def _matching(self, kid: str | None) -> list[Key]:
        return [key for key in self._keys if kid is None or key.get("kid") == kid]

    def _begin(self) -> threading.Event | None:
        """The fetch that runs, or a new one; None when the last is too young."""
        with self._lock:
            age = time.monotonic() - self._begun
            if self._fetch is not None and not self._fetch.is_set() and age < LOST_SECONDS:
                return self._fetch
            if age < self.refetch_seconds:
                return None
            self._begun, self._fetch = time.monotonic(), threading.Event()
            threading.Thread(target=self._run, args=(self._fetch,), name="oidc-keys", daemon=True).start()
            return self._fetch

    def _run(self, fetch: threading.Event) -> None:
        try:
            self._keys, self.problem = self._ask(), ""
            self._fetched = time.monotonic()
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.problem = f"the issuer's keys cannot be fetched: {error}"
            log.warning("%s: %s", self.issuer, self.problem)
        except Exception as error:
            self.problem = "the issuer's keys cannot be fetched: it is in the log"
            log.exception("%s: %s", self.issuer, error)
        finally:
            fetch.set()

    def _ask(self) -> tuple[Key, ...]:
        tls = ssl.create_default_context(cafile=self.ca_file or None)  # read anew: it may have been renewed
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=tls))
        described = _get(opener, f"{self.issuer.rstrip('/')}{DISCOVERY}")
        if described.get("issuer") != self.issuer:
            raise ValueError(f"it calls itself {described.get('issuer')!r}")
        where = described.get("jwks_uri")
        if not isinstance(where, str) or not where.startswith("https://"):
            raise ValueError("its jwks_uri is no https address")
        keys = _get(opener, where).get("keys")
        if not isinstance(keys, list):
            raise ValueError("there are no keys where its jwks_uri leads")
        return tuple(key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig")


def _get(opener: urllib.request.OpenerDirector, url: str) -> dict[str, Any]:
    try:
        with opener.open(url, timeout=TIMEOUT) as answer:
            content = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise
    if len(content) > MOST_BYTES:
        raise ValueError(f"{url} is larger than {MOST_BYTES:,} bytes")
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError(f"{url} is no JSON object")
    return found
