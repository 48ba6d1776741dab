"""The columns that lists filter and sort by are what the objects say, and can be mended."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from storage.models import LedgerEntry, PersistentVolumeClaim
from tests.builders import create, make_namespace, obj
from vms.models import VirtualMachineClass

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small():
    make_namespace()
    create(obj("VirtualMachineClass", "small", "team-a", spec={"hardware": {"cpus": 2, "memory": "4Gi"}}))


def test_columns_say_what_the_objects_say(capsys):
    call_command("check_columns")
    assert "All columns are as the objects say." in capsys.readouterr().out


def test_a_column_that_lies_is_named_and_mended(capsys):
    VirtualMachineClass.objects.update(cpus=99)
    with pytest.raises(CommandError, match="1 rows differ"):
        call_command("check_columns")
    assert "virtualmachineclasses team-a/small: cpus" in capsys.readouterr().out
    call_command("check_columns", "--repair")
    assert VirtualMachineClass.objects.get().cpus == 2


def test_what_is_not_counted_in_quotas_is_named_and_counted(capsys):
    """Rows that are older than the ledger."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}
    create(obj("StorageClass", "plain", provisioner="csi.vsphere.vmware.com"))
    create(obj("PersistentVolumeClaim", "data", "team-a", spec=claim))
    LedgerEntry.objects.update(uid="gone")
    with pytest.raises(CommandError, match="1 rows differ"):
        call_command("check_columns")
    assert "persistentvolumeclaims team-a/data: not counted in quotas" in capsys.readouterr().out
    call_command("check_columns", "--repair")
    entry = LedgerEntry.objects.get()
    assert (entry.uid, entry.reserved) == (PersistentVolumeClaim.objects.get().uid, 8 * 2**30)
    call_command("check_columns")
