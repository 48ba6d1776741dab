"""What a VirtualMachineWebConsoleRequest may look like (section 7.9 of the catalogue). Pure.

The VM need not exist. `spec.Name` is spelled as the reference reports it (QRK-10).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admission, Admitting
from vmportal.admission.reading import label
from vmportal.admission.rule import Gate, invalid, required, rule
from vmportal.errors import FieldError
from vms import public_keys

NAME, KEY = "spec.name", "spec.publicKey"
UUID_LABEL = "vmoperator.vmware.com/webconsolerequest-uuid"
STAYS = "This cannot be changed: put it back, or make another request."


HAS_BLOCK = Gate(
    f"a PEM block of type {public_keys.PUBLIC_KEY}",
    lambda request: public_keys.block(request.text(KEY)) is not None,
)


@rule("WCR-01", op="C")
def a_vm_is_named(request: Admitting) -> Iterator[FieldError]:
    """A request is for the console of a VM."""
    if not request.text(NAME):
        yield required("spec.Name", "Name the VM in spec.name.")


@rule("WCR-02", op="C")
def a_key_is_given(request: Admitting) -> Iterator[FieldError]:
    """A request brings a public key, for which the answer is encrypted."""
    if not request.text(KEY):
        yield required("spec.publicKey", "Give an RSA public key as PEM.")


@rule("WCR-03", op="C", gate=~HAS_BLOCK)
def the_key_is_a_pem_block(request: Admitting) -> Iterator[FieldError]:
    """The key is a PEM block of type `PUBLIC KEY`."""
    if request.text(KEY):
        yield invalid("spec.publicKey", "Give a PEM block that begins with -----BEGIN PUBLIC KEY-----.")


@rule("WCR-04", op="C", gate=HAS_BLOCK)
def the_key_is_an_rsa_key(request: Admitting) -> Iterator[FieldError]:
    """The block holds an RSA public key in the encoding of PKCS#1, which others call `RSA PUBLIC KEY` (QRK-12)."""
    if not public_keys.is_pkcs1(public_keys.block(request.text(KEY)) or b""):
        yield invalid(
            "spec.publicKey",
            "Encode the key as PKCS#1: write it as an RSA PUBLIC KEY, and call the block PUBLIC KEY.",
        )


@rule("WCR-05", op="U")
def the_vm_stays(request: Admitting) -> Iterator[FieldError]:
    """The VM is immutable."""
    if request.changed(NAME):
        yield invalid("spec.Name", STAYS)


@rule("WCR-06", op="U")
def the_key_stays(request: Admitting) -> Iterator[FieldError]:
    """The key is immutable."""
    if request.changed(KEY):
        yield invalid("spec.publicKey", STAYS)


@rule("WCR-07", op="U")
def the_label_of_the_request_stays(request: Admitting) -> Iterator[FieldError]:
    """The label by which the request is found is immutable once it is set."""
    before = label(request.old, UUID_LABEL)
    if before and request.label(UUID_LABEL) != before:
        yield invalid(f"metadata.labels[{UUID_LABEL}]", "This label cannot be changed: put it back.")


ADMISSION = Admission(
    rules=(
        a_vm_is_named,
        a_key_is_given,
        the_key_is_a_pem_block,
        the_key_is_an_rsa_key,
        the_vm_stays,
        the_key_stays,
        the_label_of_the_request_stays,
    )
)
