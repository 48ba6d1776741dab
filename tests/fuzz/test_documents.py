"""Whatever the OpenAPI documents allow, and what they do not, asked of the portal by schemathesis.

Each answer is as documented: its status, its media type, its headers, its body.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.cases import keep
from tests.fuzz.fuzzing import SLOW_SECONDS, Fuzzed, wrong
from tests.fuzz.raw import PATIENCE_SECONDS, Answer
from tests.fuzz.sent import NAMESPACE
from tests.fuzz.test_mutations import assert_well

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MOST_TOLD = 10  # failures


@pytest.mark.parametrize(
    "examples",  # of each operation: so many that are as documented, and so many that are not
    [pytest.param(2, marks=pytest.mark.slow), pytest.param(18, marks=pytest.mark.soak)],
)
def test_answers_are_as_the_documents_say(fuzzed: Fuzzed, capsys, examples):
    told: list[str] = []
    with capsys.disabled():
        print(f"\nPORTAL_FUZZ_SEED={fuzzed.seed}")
    for operation in operations(fuzzed):
        for mode in GenerationMode:
            asked = asking(fuzzed, operation, mode, examples)
            try:
                asked()
            except Exception as failure:
                told.append(
                    f"{operation.label}, {mode.value}: {failure}\n{getattr(failure, 'exceptions', '')}"
                )
        assert len(told) < MOST_TOLD, "\n\n".join(told)
    fuzzed.tidy()
    told += [str(case) for case in fuzzed.logged()]
    assert not told, "\n\n".join(told)
    assert_well(fuzzed)


def operations(fuzzed: Fuzzed) -> Iterator[APIOperation]:
    """Of all groups and versions."""
    headers = {"Authorization": f"Bearer {fuzzed.tokens['admin']}"}
    index = requests.get(f"{fuzzed.portal.url}/openapi/v3", headers=headers, timeout=PATIENCE_SECONDS).json()
    for place in index["paths"].values():
        schema = schemathesis.openapi.from_url(
            fuzzed.portal.url + place["serverRelativeURL"], headers=headers
        )
        for found in schema.get_all_operations():
            yield found.ok()


def asking(
    fuzzed: Fuzzed, operation: APIOperation, mode: GenerationMode, examples: int
) -> Callable[[], None]:
    callers = st.sampled_from(["admin", "admin", "editor", "viewer"])
    names = st.sampled_from(["a", "b", "new", ""])  # empty: the name that was made up

    @hypothesis_seed(zlib.crc32(f"{fuzzed.seed}:{operation.label}:{mode.value}".encode()))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), caller=callers, name=names)
    def asked(case: Case, caller: str, name: str) -> None:
        if "namespace" in case.path_parameters:
            case.path_parameters["namespace"] = NAMESPACE
        if name and "name" in case.path_parameters:
            case.path_parameters["name"] = name
        case.query.pop(
            "watch", None
        )  # a stream is no list, and may last; tests/fuzz/mutations.py asks for them
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {fuzzed.tokens[caller]}"
            ask(fuzzed, case, session)

    return asked


def ask(fuzzed: Fuzzed, case: Case, session: requests.Session) -> None:
    for _ in range(3):
        response = case.call(base_url=fuzzed.portal.url, session=session, timeout=PATIENCE_SECONDS)
        if response.elapsed < SLOW_SECONDS:
            break
    sent = response.request
    head = [
        f"{sent.method} {sent.path_url} HTTP/1.1",
        *(f"{name}: {value}" for name, value in sent.headers.items()),
    ]
    body = sent.body if isinstance(sent.body, bytes) else (sent.body or "").encode()
    message = "\r\n".join([head[0], "Host: localhost", *head[1:], "", ""])
    try:
        assert response.elapsed < SLOW_SECONDS
        headers = {name: values[0] for name, values in response.headers.items()}
        assert not wrong(message.encode(), Answer(response.status_code, headers, response.content))
        case.validate_response(response, checks=CHECKS)
    except Exception as failure:
        keep(message.encode("latin-1", "replace") + body, str(failure), fuzzed.tokens)
        raise
