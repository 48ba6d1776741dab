"""Host and domain name of a guest (section 6.7 of the catalogue, PYT-04, PYT-10)."""

from __future__ import annotations

import pytest

from tests.admission.asking import changed, refused, stored, vm

HOST, DOMAIN, NAME = "spec.network.hostName", "spec.network.domainName", "metadata.name"
LABEL = "d" * 63


@pytest.mark.parametrize(
    "host", ["web-1", "w", "123", "WEB", "a--b", "bücher", "web-😀", "é" * 63, "10.0.0.1", "fd00::1", ""]
)
def test_what_is_a_host_name(host):
    """VH-01: letters and symbols of any script."""
    assert refused(vm(network={"hostName": host})) == []


@pytest.mark.parametrize(
    "host",
    ["web_1", "web.1", "-web", "web-", "web 1", "a/b", "😀-", "é" * 64, "٣", "web\n", "10.0.0.256", "f::1%e", "e\u0301"],
)  # fmt: skip
def test_what_is_no_host_name(host):
    """VH-01: neither digits of other scripts nor combining marks."""
    assert refused(vm(network={"hostName": host})) == [(HOST, "Invalid", "VH-01")]


@pytest.mark.parametrize(
    ("name", "is_one"), [("v" * 63, True), ("v" * 64, False), ("a.b", False), ("10.0.0.1", True)]
)
def test_the_vms_name_is_its_host_name(name, is_one):
    """VH-01: with or without network."""
    for network in (None, {"disabled": True}):
        assert refused(vm(name, network=network)) == ([] if is_one else [(NAME, "Invalid", "VH-01")])
    assert refused(vm(name, network={"hostName": "web"})) == []
    old = stored(name, network={"hostName": "web"})
    assert refused(changed(old, network={}), old) == ([] if is_one else [(NAME, "Invalid", "VH-01")])


def test_an_address_excludes_a_domain():
    """VH-02: what the domain looks like is no longer asked."""
    for domain in ("example.com", "-"):
        errors = refused(vm(network={"hostName": "10.0.0.1", "domainName": domain}))
        assert errors == [(HOST, "Invalid", "VH-02")]
        assert refused(vm("10.0.0.1", network={"domainName": domain})) == [(NAME, "Invalid", "VH-02")]


SYSPREP = {"sysprep": {"rawSysprep": {"name": "s", "key": "k"}}}


@pytest.mark.parametrize(
    ("host", "is_short"),
    [
        ("windows-server1", True),
        ("windows-server-1", False),
        ("bücher-bücher", True),
        ("bücher-büchers", False),
    ],
)
def test_a_windows_name_has_15_bytes(host, is_short):
    """VH-03: by guest ID or Sysprep; bytes, not characters."""
    network = {"hostName": host, "domainName": "example.com"}
    for spec in ({"guestID": "windows9Server64Guest"}, {"guestID": "win"}, {"bootstrap": SYSPREP}):
        expected = [] if is_short else [(HOST, "Invalid", "VH-03")]
        assert refused(vm(network=network, **spec)) == expected
    for guest in ("Windows9Guest", "otherGuest"):
        assert refused(vm(network=network, guestID=guest)) == []


@pytest.mark.parametrize(
    ("before", "rules"),
    [
        ({"network": {"hostName": "windows-server-1"}, "bootstrap": SYSPREP}, []),
        ({"network": {"hostName": "win-1"}, "bootstrap": SYSPREP}, ["VH-03"]),
        ({"network": {"hostName": "windows-server-1"}, "guestID": "windows9Guest"}, ["VH-03"]),
    ],
)
def test_sysprep_keeps_a_long_name(before, rules):
    """VH-04: then nothing of the domain is asked either."""
    network = {"hostName": "another-long-name", "domainName": "-"}
    new = {"network": network, "bootstrap": SYSPREP}
    old = stored(**before)
    assert [rule for *_, rule in refused(changed(old, **new), old)] == rules


@pytest.mark.parametrize(
    ("domain", "is_one"),
    [
        ("example.com", True),
        ("co", True),
        ("example.42", True),
        ("example.c-m", True),
        ("😀.com", True),
        (f"{LABEL}.com", True),
        ("c", False),
        ("example.c", False),
        ("example.-c", False),
        ("example.😀😀", False),
        ("example.éé", False),
        ("bad_domain.com", False),
        (".example.com", False),
        ("example.com.", False),
        ("a..com", False),
        ("10.0.0.1", False),
        (f"{LABEL}d.com", False),
        (f"{LABEL}.{LABEL}.{LABEL}.{'d' * 61}", True),  # 253
        (f"{LABEL}.{LABEL}.{LABEL}.{'d' * 62}", False),
    ],
)
def test_a_domain_name(domain, is_one):
    """VH-05."""
    errors = refused(vm(network={"hostName": "w", "domainName": domain}))
    assert errors == ([] if is_one else [(DOMAIN, "Invalid", "VH-05")])


def test_host_and_domain_name_have_255_bytes():
    """VH-06."""
    domain = f"{LABEL}.{LABEL}.{LABEL}.{'d' * 61}"
    assert refused(vm(network={"hostName": "w", "domainName": domain})) == []
    assert refused(vm(network={"hostName": "ww", "domainName": domain})) == [
        ("spec.network", "Invalid", "VH-06")
    ]
    assert refused(vm(network={"hostName": "é", "domainName": domain})) == [
        ("spec.network", "Invalid", "VH-06")
    ]
