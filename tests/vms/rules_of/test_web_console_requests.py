"""VirtualMachineWebConsoleRequests (section 7.9 of the catalogue), and how their keys are read."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.admission.asking import MASTER
from tests.admission.kinds import Asked
from vms import public_keys
from vms.kinds import VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST

REQUESTS = Asked(VIRTUAL_MACHINE_WEB_CONSOLE_REQUEST)
UUID = "vmoperator.vmware.com/webconsolerequest-uuid"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
PKCS1 = KEY.public_bytes(Encoding.DER, PublicFormat.PKCS1)
SPKI = KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem(data: bytes, kind: str = "PUBLIC KEY", *, end: str = "") -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(data).decode()}-----END {end or kind}-----\n"


GOOD = pem(PKCS1)


def request(name: str | None = "web-1", key: str | None = GOOD, label: str | None = None):
    return REQUESTS.obj(meta={"labels": {UUID: label} if label is not None else {}}, name=name, publicKey=key)


def integer(*content: int) -> bytes:
    return bytes([2, len(content), *content])


def sequence(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([0x30, len(body)]) + body


def test_name_and_key_are_given():
    """WCR-01, WCR-02: the path of the name as the reference spells it (QRK-10)."""
    assert REQUESTS.refused(request()) == []
    assert REQUESTS.refused(request("")) == [("spec.Name", "Required", "WCR-01")]
    assert REQUESTS.refused(request(key="")) == [("spec.publicKey", "Required", "WCR-02")]
    assert REQUESTS.refused(request(None)) == [("spec.name", "Required", "SCHEMA")]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip("\n"),
        f"before\n{GOOD}after\n",
        GOOD + pem(SPKI),
        GOOD.replace("-----\nM", "-----\nProc-Type: 4\nDEK-Info: x\n\nM", 1),
        pem(b"", "PUBLIC KEY", end="OTHER") + GOOD,
        "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n" + GOOD,
        "-----BEGIN PUBLIC KEY-----\n" + GOOD,
        GOOD.replace("-----\n", "-----  \n"),
    ],
)
def test_blocks_that_are_found(text):
    """WCR-03: what stands around the block, or is no block, does not count."""
    assert REQUESTS.refused(request(key=text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "key",
        base64.b64encode(PKCS1).decode(),
        pem(PKCS1, "RSA PUBLIC KEY"),
        pem(PKCS1, "Public Key"),
        pem(PKCS1, "RSA PUBLIC KEY") + GOOD,
        pem(PKCS1, end="RSA PUBLIC KEY"),
        GOOD.removesuffix("-----END PUBLIC KEY-----\n"),
        " " + GOOD,
        GOOD.replace("-----END", "-----end"),
        GOOD.replace("M", "é", 1),
        GOOD.replace("KEY-----\n", "KEY----- x\n"),
    ],
)
def test_texts_that_are_no_block_of_that_type(text):
    """WCR-03: the first block counts, and nothing but its exact type."""
    assert REQUESTS.refused(request(key=text)) == [("spec.publicKey", "Invalid", "WCR-03")]


@pytest.mark.parametrize(
    "data", [SPKI, b"", b"0", PKCS1[:-1], PKCS1 + b"\0", sequence(), sequence(integer(5)), integer(5)]
)
def test_blocks_that_hold_no_pkcs1_key(data):
    """WCR-04, QRK-12: the usual encoding is refused."""
    assert REQUESTS.refused(request(key=pem(data)), user=MASTER) == [("spec.publicKey", "Invalid", "WCR-04")]


@pytest.mark.parametrize(
    ("data", "is_key"),
    [
        (PKCS1, True),
        (sequence(integer(5), integer(3)), True),
        (sequence(integer(5), integer(3), integer(1)), True),  # what follows in the sequence is passed over
        (sequence(integer(5), integer(0x7F, 0xFF, 0xFF, 0xFF)), True),
        (sequence(integer(5), integer(0, 0x80, 0, 0, 0)), False),  # an exponent beyond 31 bits
        (sequence(integer(0), integer(3)), False),
        (sequence(integer(0xFB), integer(3)), False),  # negative
        (sequence(integer(5), integer(0)), False),
        (sequence(integer(0, 5), integer(3)), False),  # a zero too much
        (sequence(integer(), integer(3)), False),
        (bytes([0x30, 0x81, 6]) + integer(5) + integer(3), False),  # a length that could be shorter
        (bytes([0x30, 0x80]) + integer(5) + integer(3), False),
        (bytes([0x30, 0x82, 0, 6]) + integer(5) + integer(3), False),
        (bytes([0x31, 6]) + integer(5) + integer(3), False),
    ],
)
def test_keys_are_read_as_go_reads_them(data, is_key):
    assert public_keys.is_pkcs1(data) is is_key


def test_many_begins_are_read_in_one_go():
    """A text of a megabyte is looked at once, line by line."""
    assert public_keys.block("-----BEGIN PUBLIC KEY-----\n" * 40_000) is None


def test_a_request_stays():
    """WCR-05, WCR-06: nobody is exempt."""
    old = request()
    assert REQUESTS.refused(request("web-2"), old, user=MASTER) == [("spec.Name", "Invalid", "WCR-05")]
    assert REQUESTS.refused(request(key="x"), old, user=MASTER) == [("spec.publicKey", "Invalid", "WCR-06")]
    assert REQUESTS.refused(request(key="x"), request(key="x")) == []


@pytest.mark.parametrize(
    ("before", "after", "is_good"),
    [
        ("u", "u", True),
        ("u", "v", False),
        ("u", None, False),
        ("u", "", False),
        (None, "u", True),
        ("", "u", True),
    ],
)
def test_the_label_stays_once_it_is_set(before, after, is_good):
    """WCR-07, LBL-10."""
    errors = [] if is_good else [(f"metadata.labels[{UUID}]", "Invalid", "WCR-07")]
    assert REQUESTS.refused(request(label=after), request(label=before)) == errors
