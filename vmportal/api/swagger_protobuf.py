"""The OpenAPI v2 document as protobuf, the form in which client-go asks for it: kubectl, Helm, Argo CD. Pure.

Called by `vmportal.api.published`. The messages are gnostic's `openapi.v2`; only what documents of
`vmportal.api.swagger` hold is written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vmportal import yamltext

MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
CONTENT_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"  # as a kube-apiserver answers

_BYTES, _VARINT, _DOUBLE = 2, 0, 1  # wire types

# Number of a field by its name in JSON; what is none of these, and begins with `x-`, goes under the last.
_EXTENSIONS = "x-"
_SCHEMA = {
    "$ref": 1, "format": 2, "title": 3, "description": 4, "maximum": 7, "exclusiveMaximum": 8, "minimum": 9,
    "exclusiveMinimum": 10, "maxLength": 11, "minLength": 12, "pattern": 13, "maxItems": 14, "minItems": 15,
    "uniqueItems": 16, "required": 19, "enum": 20, "additionalProperties": 21, "type": 22, "items": 23,
    "properties": 25, _EXTENSIONS: 31,
}  # fmt: skip
_OPERATION = {
    "tags": 1, "summary": 2, "description": 3, "operationId": 5, "produces": 6, "consumes": 7, "parameters": 8,
    "responses": 9, "schemes": 10, _EXTENSIONS: 13,
}  # fmt: skip
_PATH_ITEM = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8, "parameters": 9}
_BODY = {"description": 1, "name": 2, "in": 3, "required": 4, "schema": 5}
_HEADER = {
    "required": 1, "in": 2, "description": 3, "name": 4, "type": 5, "format": 6, "maximum": 10, "minimum": 12,
    "maxLength": 14, "minLength": 15, "pattern": 16, "uniqueItems": 19, "enum": 20,
}  # fmt: skip
_QUERY = {
    "required": 1, "in": 2, "description": 3, "name": 4, "type": 6, "format": 7, "maximum": 11, "minimum": 13,
    "maxLength": 15, "minLength": 16, "pattern": 17, "uniqueItems": 20, "enum": 21,
}  # fmt: skip
# Where a parameter stands -> (its number among parameters that are no body, its fields).
_PLACES = {"header": (1, _HEADER), "query": (3, _QUERY), "path": (4, _HEADER)}
_DOUBLES = ("maximum", "minimum")


def encode(document: Mapping[str, Any]) -> bytes:
    """The v2 document as a message `openapi.v2.Document`."""
    security = document["securityDefinitions"].items()
    return b"".join(
        (
            _text(1, document["swagger"]),
            _message(2, _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])),
            _message(8, _named(2, ((path, _item(item)) for path, item in document["paths"].items()))),
            _message(9, _named(1, _schemas(document["definitions"]))),
            *(_message(12, _named(1, ((name, b"") for name in one))) for one in document["security"]),
            _message(13, _named(1, ((name, _message(2, _api_key(one))) for name, one in security))),
        )
    )


def _schemas(schemas: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    return ((name, _schema(schema)) for name, schema in schemas.items())


def _schema(schema: Mapping[str, Any]) -> bytes:
    parts = {
        "type": lambda number, value: _message(number, _text(1, value)),
        "items": lambda number, value: _message(number, _message(1, _schema(value))),
        "properties": lambda number, value: _message(number, _named(1, _schemas(value))),
        "additionalProperties": lambda number, value: _message(number, _schema_or_flag(value)),
    }
    return _fields(_SCHEMA, schema, parts)


def _schema_or_flag(value: Any) -> bytes:
    return _scalar(2, value) if isinstance(value, bool) else _message(1, _schema(value))


def _item(item: Mapping[str, Any]) -> bytes:
    parts = {method: lambda number, value: _message(number, _operation(value)) for method in _PATH_ITEM}
    return _fields(_PATH_ITEM, item, {**parts, "parameters": _parameters})


def _operation(operation: Mapping[str, Any]) -> bytes:
    def responses(number: int, value: Mapping[str, Any]) -> bytes:
        return _message(
            number, _named(1, ((code, _message(1, _response(one))) for code, one in value.items()))
        )

    return _fields(_OPERATION, operation, {"parameters": _parameters, "responses": responses})


def _response(response: Mapping[str, Any]) -> bytes:
    schema = response.get("schema")
    return _text(1, response["description"]) + (_message(2, _message(1, _schema(schema))) if schema else b"")


def _parameters(number: int, parameters: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(_message(number, _message(1, _parameter(one))) for one in parameters)


def _parameter(parameter: Mapping[str, Any]) -> bytes:
    if parameter["in"] == "body":
        schema = {"schema": lambda number, value: _message(number, _schema(value))}
        return _message(1, _fields(_BODY, parameter, schema))
    place, fields = _PLACES[parameter["in"]]
    return _message(2, _message(place, _fields(fields, parameter, {})))


def _api_key(key: Mapping[str, Any]) -> bytes:
    return b"".join(
        _text(number, key[name]) for number, name in enumerate(("type", "name", "in", "description"), 1)
    )


# The wire


def _fields(numbers: Mapping[str, int], node: Mapping[str, Any], parts: Mapping[str, Any]) -> bytes:
    """The fields of a node in the order of their numbers; `parts` writes those that are messages."""
    written = [
        (
            numbers[name],
            parts[name](numbers[name], value) if name in parts else _value(numbers[name], name, value),
        )
        for name, value in node.items()
        if name in numbers
    ]
    if _EXTENSIONS in numbers:
        marks = ((name, _any(value)) for name, value in sorted(node.items()) if name.startswith(_EXTENSIONS))
        written.append((numbers[_EXTENSIONS], _named(numbers[_EXTENSIONS], marks)))
    return b"".join(text for _, text in sorted(written, key=lambda one: one[0]))


def _value(number: int, name: str, value: Any) -> bytes:
    if not value:  # what is zero or empty is not written
        return b""
    if name == "enum":
        return b"".join(_message(number, _any(one)) for one in value)
    if name in _DOUBLES:
        return _varint(number << 3 | _DOUBLE) + struct.pack("<d", value)
    if isinstance(value, list):
        return b"".join(_text(number, one) for one in value)
    return _scalar(number, value)


def _any(value: Any) -> bytes:
    """Any value, as YAML."""
    return _text(2, yamltext.dump(value))


def _named(number: int, pairs: Iterable[tuple[str, bytes]]) -> bytes:
    return b"".join(_message(number, _text(1, name) + _message(2, value)) for name, value in pairs)


def _scalar(number: int, value: Any) -> bytes:
    return (
        _text(number, value)
        if isinstance(value, str)
        else _varint(number << 3 | _VARINT) + _varint(int(value))
    )


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Of numbers that are not negative: others do not occur."""
    text = bytearray()
    while value > 0x7F:
        text.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*text, value])
