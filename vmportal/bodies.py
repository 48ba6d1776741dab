"""Gives a body that comes in chunks its length, without which Django reads none. Stands before Django in production.

The embedded web server has done the same before (`vmportal.front`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WholeBodies:
    """A WSGI application around another. Of a body beyond `most` bytes one more is read, for the portal to refuse it."""

    def __init__(self, application: WSGIApplication, most: int) -> None:
        self.application, self.most = application, most

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_chunked = str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower() == "chunked"
        if is_chunked and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(self.most + 1)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return self.application(environ, start_response)
