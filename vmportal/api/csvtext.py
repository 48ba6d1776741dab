"""Lists as CSV (RFC 4180), for spreadsheets and scripts: the columns that kubectl prints, times as they are.

Called by the API's lists and by pages that list the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.http import FileResponse
from rest_framework.request import Request

from vmportal import jsontext
from vmportal.access import Caller
from vmportal.api import large, table
from vmportal.api.ages import AS_WRITTEN
from vmportal.api.lists import page
from vmportal.api.options import flag
from vmportal.api.wanted import Wanted
from vmportal.kind import Object, Shape

CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
PAGED = {"limit", "continue", "resourceVersion", "resourceVersionMatch"}  # with one of them a list is a page
BATCH = 500  # rows that are fetched at once
# A spreadsheet takes a cell that begins so for a formula, and names and annotations are anybody's.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def listed(request: Request, asked: Wanted, caller: Caller, counters: dict[str, int]) -> FileResponse:
    """The answer to a list: all of it, or the page of `limit` and `continue`; the next one is a `Link`."""
    shape, wide = asked.kind.shape, flag(request, "wide")
    if not request.query_params.keys() & PAGED:
        bodies = asked.rows(caller).values_list("body", flat=True)
        return answer(shape, bodies.iterator(chunk_size=BATCH), wide=wide)
    found = page(asked, caller, request, counters)
    response = answer(shape, found.bodies, wide=wide)
    if found.token:
        query = request.query_params.copy()
        query["continue"] = found.token
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return response


def answer(
    shape: Shape, bodies: Iterable[str], *, wide: bool = False, download: bool = False
) -> FileResponse:
    """The answer with a line for each of `bodies`, JSON texts of objects of one kind.

    As `large` has it: written as a whole before the first byte is sent, one object at a time in memory.
    """

    def write(file: IO[bytes]) -> None:
        text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="")
        csv.writer(text).writerows(lines(shape, map(jsontext.read, bodies), wide=wide))
        text.detach()

    file = large.written(write)
    name = f"{shape.plural}.csv"
    return FileResponse(file, as_attachment=download, filename=name, content_type=CONTENT_TYPE)


def lines(shape: Shape, objects: Iterable[Object], *, wide: bool) -> Iterator[list[Any]]:
    """The header, then the cells of each object. `wide` adds what kubectl shows with `-o wide`."""
    columns = [
        (at, column["name"])
        for at, column in enumerate(table.definitions(shape))
        if column["name"] != "Name" and (wide or not column["priority"])
    ]
    place = ["Namespace", "Name"] if shape.namespaced else ["Name"]
    yield [*place, *("Created" if name == "Age" else name for _, name in columns)]
    for obj in objects:
        cells = table.row(shape, obj, AS_WRITTEN, "None")["cells"]
        meta = obj["metadata"]
        yield [*(cell(meta[key.lower()]) for key in place), *(cell(cells[at]) for at, _ in columns)]


def cell(value: Any) -> Any:
    """A value as a spreadsheet may have it: nothing in it is a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
