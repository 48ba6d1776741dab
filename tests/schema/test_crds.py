"""`manage.py crds` prints the shapes, and nothing is lost on the way."""

from __future__ import annotations

import io

import pytest
import yaml
from django.core.management import CommandError, call_command

from tests.schema import facts
from vmportal.kinds import KINDS

CUSTOM = {kind.shape.group_resource: kind.shape for kind in KINDS if not kind.shape.is_builtin}


def printed(*words, **options):
    out = io.StringIO()
    call_command("crds", *words, stdout=out, **options)
    return {crd["metadata"]["name"]: crd for crd in yaml.safe_load_all(out.getvalue())}


def test_every_kind_but_kubernetes_own_is_printed_with_all_its_facts():
    crds = printed()
    assert crds.keys() == CUSTOM.keys()
    different = [name for name, crd in crds.items() if facts.of_crd(crd) != facts.of_shape(CUSTOM[name])]
    assert different == []


def test_one_version_is_served_and_stored():
    for crd in printed().values():
        [version] = crd["spec"]["versions"]
        assert (version["served"], version["storage"]) == (True, True)


@pytest.mark.parametrize("name", ["vmrs", "VirtualMachineReplicaSet", "virtualmachinereplicasets"])
def test_kinds_are_named_as_for_kubectl(name):
    [crd] = printed(name).values()
    assert crd["spec"]["versions"][0]["subresources"] == {
        "status": {},
        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
    }


def test_a_group_may_be_chosen():
    assert printed(group="topology.tanzu.vmware.com").keys() == {
        "availabilityzones.topology.tanzu.vmware.com",
        "zones.topology.tanzu.vmware.com",
    }


def test_what_is_not_there_is_a_clear_error():
    with pytest.raises(CommandError, match=r"no kind is called 'secret' \(there are: .*virtualmachines"):
        printed("vm", "secret")
    with pytest.raises(CommandError, match=r"no kind is of the group 'x' \(there are: cns.vmware.com"):
        printed(group="x")
