"""Answers that may be large: all of it is written, packed if the client takes that, before the first byte is sent.

Called by the API's viewset for lists, and by `csvtext`. So a slow client holds no database connection, what fails
fails with an error, and however many objects there are, a few at a time are in memory.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack, nullcontext
from itertools import chain
from typing import IO

from django.http import FileResponse, HttpResponse

from vmportal.api.media import JSON

GZIP_FROM = 128 * 1024  # bytes; where a kube-apiserver begins
IN_MEMORY = 2 * 1024 * 1024  # bytes, as they are sent; what is larger lies in a file until it is


def answer(parts: Iterable[bytes], *, packs: bool) -> HttpResponse | FileResponse:
    """The parts of a JSON text as one answer. `packs`: the client takes gzip."""
    parts, begun, size = iter(parts), [], 0
    for part in parts:
        begun.append(part)
        size += len(part)
        if size >= GZIP_FROM:
            break
    packs = packs and size >= GZIP_FROM
    file = written(lambda file: _write(file, chain(begun, parts), packs))
    is_large = file.seek(0, os.SEEK_END) > IN_MEMORY
    file.seek(0)
    if is_large:
        response: HttpResponse | FileResponse = FileResponse(file, content_type=JSON)
    else:
        with file:
            response = HttpResponse(file.read(), content_type=JSON)
    if packs:
        response["Content-Encoding"] = "gzip"
    return response


def written(write: Callable[[IO[bytes]], None]) -> IO[bytes]:
    """What `write` writes into a file, to be read from its beginning; the answer made of it closes it."""
    with ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
        write(file)
        file.seek(0)
        stack.pop_all()
    return file


def _write(file: IO[bytes], parts: Iterable[bytes], packs: bool) -> None:
    packed = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) if packs else nullcontext(file)
    with packed as out:
        for part in parts:  # `writelines` would keep all of it in memory
            out.write(part)
