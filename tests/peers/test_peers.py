"""The peers themselves: each starts and does the one thing that it is there for."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim

from tests.peers.crds import reduced
from tests.shared import shared

pytestmark = pytest.mark.peers


def test_a_kube_apiserver_takes_a_virtual_machine_from_kubectl(kube_apiserver, kubectl):
    crd = shared("crds/vmoperator.vmware.com_virtualmachines.yaml")

    def run(*words: str, given: str = "") -> str:
        command = [kubectl, "--kubeconfig", kube_apiserver.kubeconfig(), *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("apply", "--server-side", "-f", "-", given=reduced([crd], "v1alpha5"))
    run("wait", "--for=create", "--timeout=30s", "crd/virtualmachines.vmoperator.vmware.com")
    run("wait", "--for=jsonpath={.status.acceptedNames.kind}=VirtualMachine", "--timeout=30s",
        "crd/virtualmachines.vmoperator.vmware.com")  # fmt: skip
    wish = {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachine",
        "metadata": {"name": "web-1"},
        "spec": {"className": "small"},
    }
    run("apply", "--server-side", "-f", "-", given=json.dumps(wish))
    assert run("get", "vm", "web-1", "-o", "jsonpath={.spec.className}") == "small"


def test_vcsim_powers_off_a_machine_and_refuses_when_told_to(vcsim):
    instance = SmartConnect(
        host=vcsim.host, port=vcsim.port, user=vcsim.username, pwd=vcsim.password, sslContext=vcsim.tls
    )
    try:
        content = instance.RetrieveContent()
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
        machine = next(found for found in view.view if found.runtime.powerState == "poweredOn")
        vcsim.control("POST", "rules", {"method": "PowerOffVM_Task", "count": 1, "fault": "TaskInProgress"})
        with pytest.raises(vim.fault.TaskInProgress):
            machine.PowerOffVM_Task()
        machine.PowerOffVM_Task()
        assert machine.runtime.powerState == "poweredOff"
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()  # Disconnect leaves its pool of sockets open


def test_govc_and_the_portal_see_the_same_vcenter(vcsim, govc, tmp_path):
    url = f"https://{vcsim.username}:{vcsim.password}@{vcsim.host}:{vcsim.port}/sdk"
    environment = {**os.environ, "GOVC_URL": url, "GOVC_INSECURE": "1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [govc, "about", "-json"], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["about"]["apiVersion"] == "8.0.3.0"
