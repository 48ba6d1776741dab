"""Interfaces that a VM gets by default, and the networks they refer to (MC-01 to MC-04, MU-07)."""

from __future__ import annotations

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import fill, mapping
from vmportal.admission.rule import Gate, default, feature
from vms.annotations import NO_DEFAULT_NIC

INTERFACES = "spec.network.interfaces"
DEFAULT_NAME = "eth0"
DEFAULT_NETWORK = "VM Network"  # of provider NAMED, when nothing is configured
PROVIDER_CONFIG = "vsphere.provider.config.vmoperator.vmware.com"  # a ConfigMap of the operator's namespace
TYPED_NETWORKS = {
    "VSPHERE_NETWORK": ("netoperator.vmware.com/v1alpha1", "Network"),
    "NSXT": ("vmware.com/v1alpha1", "VirtualNetwork"),
    "NSXT_VPC": ("crd.nsx.vmware.com/v1alpha1", "SubnetSet"),
}
NAMED = "NAMED"

KNOWN_PROVIDER = Gate(
    "network provider known",
    lambda vm: vm.installation.network_provider in (*TYPED_NETWORKS, NAMED),
)


def provider_config(operator_namespace: str) -> Want:
    return Want("ConfigMap", operator_namespace, PROVIDER_CONFIG)


@default("MC-02", "MC-01", op="C", gate=KNOWN_PROVIDER)
def an_interface_is_added(vm: Admitting) -> None:
    """A VM without interfaces gets one named `eth0`, unless its network is disabled or the annotation
    `vmoperator.vmware.com/no-default-nic` is present."""
    if vm.get("spec.network.disabled") is not True and vm.annotation(NO_DEFAULT_NIC) is None:
        fill(vm.new, INTERFACES, [{"name": DEFAULT_NAME}])


@default("MC-03", "MC-04", op="C", gate=KNOWN_PROVIDER)
def network_references_are_completed(vm: Admitting) -> None:
    """An interface without network reference, or with an incomplete one, gets the provider's."""
    _complete(vm)


@default("MU-07", op="U", gate=KNOWN_PROVIDER & feature("MutableNetworks"))
def network_references_are_completed_later(vm: Admitting) -> None:
    """On update, where interfaces may change, their references are completed as on create."""
    _complete(vm)


def _complete(vm: Admitting) -> None:
    if vm.get("spec.network.disabled") is True:
        return
    provider = vm.installation.network_provider
    for _, interface in vm.each(INTERFACES):
        if provider == NAMED:
            fill(interface, "network.name", _default_network(vm))
            continue
        for key, value in zip(("apiVersion", "kind"), TYPED_NETWORKS[provider], strict=True):
            fill(interface, f"network.{key}", value)
        fill(interface, "network.name", "")  # the namespace's default, resolved later


def _default_network(vm: Admitting) -> str:
    found = vm.world.find(provider_config(vm.installation.operator_namespace))
    return next(
        (name for config in found if (name := mapping(config, "data").get("Network"))), DEFAULT_NETWORK
    )
