"""How addresses are read (PYT-01, PYT-02)."""

from __future__ import annotations

import pytest

from vms.addresses import is_ip4, is_ip6, read_address, read_cidr


@pytest.mark.parametrize("text", ["10.0.0.2", "::ffff:10.0.0.2"])
def test_an_ip4_address_may_be_mapped_into_ip6(text):
    assert is_ip4(read_address(text))
    assert not is_ip6(read_address(text))


@pytest.mark.parametrize("text", ["fd00::2", "::1", "2001:DB8::1.2.3.4"])
def test_an_ip6_address(text):
    assert is_ip6(read_address(text))
    assert not is_ip4(read_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 10.0.0.2",
        "10.0.0.2\n",
        "10.0.0",
        "10.0.0.02",
        "10.0.0.256",
        "10.0.0.2/24",
        "fe80::1%eth0",
        "١.0.0.2",
        "3232235522",
    ],
)
def test_what_is_no_address(text):
    assert read_address(text) is None


@pytest.mark.parametrize(
    "length", ["", "/", "/33", "/+24", "/-1", "/255.255.255.0", "/2\u0664", "/24/8", "/ 24"]
)
def test_what_is_no_prefix_length(length):
    assert read_cidr(f"10.0.0.5{length}") is None
    assert read_cidr("10.0.0.5/24") is not None


@pytest.mark.parametrize("text", ["fd00::5/129", "fd00::5%e/64", "x/24", "/24", "10.0.0.256/24"])
def test_what_is_no_address_with_a_prefix_length(text):
    assert read_cidr(text) is None
