"""A guest's host and domain name (section 6.7 of the catalogue). Part of `vms.rules`.

At most one of these rules speaks: the first that is broken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import Object, get, text
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError
from vms.addresses import read_address

HOST_NAME = "spec.network.hostName"
DOMAIN_NAME = "spec.network.domainName"
WINDOWS_NAME = 15  # bytes of a Windows computer name


@rule("VH-01")
def the_host_name_is_a_label_or_an_address(vm: Admitting) -> Iterator[FieldError]:
    """The host name, else the VM's name, is a label of letters, digits, symbols and inner hyphens, or an address."""
    if first_fault(vm) == "VH-01":
        yield invalid(
            name_path(vm),
            "As host name, use at most 63 letters, digits and inner hyphens without dots, or an IP address.",
        )


@rule("VH-02")
def an_address_has_no_domain(vm: Admitting) -> Iterator[FieldError]:
    """An IP address as host name excludes a domain name."""
    if first_fault(vm) == "VH-02":
        yield invalid(name_path(vm), "With an address as host name, leave the domain name out.")


@rule("VH-03", "VH-04")
def a_windows_host_name_is_short(vm: Admitting) -> Iterator[FieldError]:
    """The host name of a Windows guest has at most 15 bytes. One that Sysprep has got already may be longer."""
    if first_fault(vm) == "VH-03":
        yield invalid(
            name_path(vm),
            f"Give the guest a host name of at most {WINDOWS_NAME} bytes: Windows takes no more.",
        )


@rule("VH-05")
def the_domain_name_is_one(vm: Admitting) -> Iterator[FieldError]:
    """A domain name has labels of the host name's kind, the last of two or more ASCII letters or digits."""
    if first_fault(vm) == "VH-05":
        yield invalid(DOMAIN_NAME, "Write a domain name, as example.com.")


@rule("VH-06")
def the_full_name_is_not_too_long(vm: Admitting) -> Iterator[FieldError]:
    """Host and domain name together have at most 255 bytes."""
    if first_fault(vm) == "VH-06":
        yield invalid(
            "spec.network", "Shorten the host or the domain name: together they may have 255 bytes."
        )


def first_fault(vm: Admitting) -> str:
    """Which of these rules is broken first; empty when none is."""
    host, domain = host_name(vm.new), vm.text(DOMAIN_NAME)
    is_address = read_address(host) is not None
    if not (is_address or _is_label(host)):
        return "VH-01"
    if is_address and domain:
        return "VH-02"
    if is_windows(vm.new) and _bytes(host) > WINDOWS_NAME:
        return "" if _had_long_windows_name(vm) else "VH-03"
    if domain and not _is_domain(domain):
        return "VH-05"
    if domain and _bytes(f"{host}.{domain}") > 255:
        return "VH-06"
    return ""


def host_name(obj: Object | None) -> str:
    """What the guest is called: its host name if one is given, else the VM's name."""
    return text(obj, HOST_NAME) or text(obj, "metadata.name")


def name_path(vm: Admitting) -> str:
    """Where the host name comes from."""
    return HOST_NAME if vm.text(HOST_NAME) else "metadata.name"


def is_windows(obj: Object | None) -> bool:
    return text(obj, "spec.guestID").startswith("win") or _uses_sysprep(obj)


def _uses_sysprep(obj: Object | None) -> bool:
    return get(obj, "spec.bootstrap.sysprep") is not None


def _had_long_windows_name(vm: Admitting) -> bool:
    return _uses_sysprep(vm.old) and _bytes(host_name(vm.old)) > WINDOWS_NAME


def _bytes(name: str) -> int:
    return len(name.encode(errors="replace"))


def _is_label(name: str) -> bool:
    """At most 63 letters, digits and symbols, and hyphens between them (PYT-04)."""
    return (
        0 < len(name) <= 63
        and "-" not in (name[0], name[-1])
        and all(sign == "-" or _is_letter(sign) for sign in name)
    )


def _is_letter(sign: str) -> bool:
    """An ASCII letter or digit, or a letter or symbol of any script; digits of other scripts are none."""
    return (sign.isascii() and sign.isalnum()) or (
        not sign.isascii() and unicodedata.category(sign)[0] in ("L", "S")
    )


def _is_domain(name: str) -> bool:
    *labels, last = name.split(".")
    return (
        _bytes(name) <= 253
        and all(_is_label(label) for label in labels)
        and len(last) >= 2
        and _is_label(last)
        and all(sign == "-" or (sign.isascii() and sign.isalnum()) for sign in last)
    )
