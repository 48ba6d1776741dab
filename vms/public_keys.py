"""Public keys as Go reads them (its `pem` and `x509`), and thereby VM Operator. Used by rules of console requests; pure.

Libraries accept more, or demand more, than Go does here (other encodings, a least length): it would show.
"""

from __future__ import annotations

import base64

PUBLIC_KEY = "PUBLIC KEY"
_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"
_SEQUENCE, _INTEGER = 0x30, 0x02
_LARGEST_EXPONENT = 2**31 - 1


def block(text: str) -> bytes | None:
    """The bytes of the first PEM block in a text, if it is of type `PUBLIC KEY`."""
    kind: str | None = None
    body: list[str] = []
    for line in text.split("\n"):
        line = line.rstrip(" \t\r")
        if line.startswith(_BEGIN) and line.endswith(_DASHES) and len(line) >= len(_BEGIN + _DASHES):
            kind, body = line.removeprefix(_BEGIN).removesuffix(_DASHES), []
        elif line.startswith(_END):
            data = _decoded(body) if line == f"{_END}{kind}{_DASHES}" else None
            if data is not None:
                return data if kind == PUBLIC_KEY else None
            kind = None  # no block to Go, which looks for the next
        elif kind is not None and (body or ":" not in line):  # what has a colon is a header
            body.append(line)
    return None


def _decoded(lines: list[str]) -> bytes | None:
    try:
        return base64.b64decode("".join(lines).replace(" ", "").replace("\t", ""), validate=True)
    except ValueError:
        return None


def is_pkcs1(data: bytes) -> bool:
    """Whether it is an RSA public key in DER: a sequence of modulus and exponent."""
    try:
        tag, body, rest = _element(data)
        modulus, exponent = _integers(body)
    except ValueError:
        return False
    return tag == _SEQUENCE and not rest and modulus > 0 and 0 < exponent <= _LARGEST_EXPONENT


def _integers(body: bytes) -> tuple[int, int]:
    """The first two elements of a sequence, which must be whole numbers. Raises ValueError."""
    found = []
    for _ in range(2):
        tag, value, body = _element(body)
        is_padded = len(value) > 1 and (value[0], value[1] >> 7) in ((0x00, 0), (0xFF, 1))
        if tag != _INTEGER or not value or is_padded:
            raise ValueError("not a whole number")
        found.append(int.from_bytes(value, "big", signed=True))
    return found[0], found[1]


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first element, and what follows it. Raises ValueError."""
    if len(data) < 2:
        raise ValueError("cut off")
    tag, length, start = data[0], data[1], 2
    if length >= 0x80:
        start += length - 0x80
        length = int.from_bytes(data[2:start], "big")
        # In DER a length is written as short as can be; 4 bytes are the most that Go reads.
        if not 2 < start <= 6 or length < 0x80 or data[2] == 0:
            raise ValueError("a length that DER does not have")
    if start + length > len(data):
        raise ValueError("cut off")
    return tag, data[start : start + length], data[start + length :]
