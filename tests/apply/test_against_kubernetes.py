"""Three tools apply and update by turns: a real kube-apiserver has the same objects, owners and conflicts.

Where the pure functions are held to it, times count too: whether an entry has one.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.apply import things
from tests.apply.servers import Objects, Pure, Server
from tests.peers.crds import reduced
from tests.peers.portal import PortalProcess
from tests.shared import shared
from vmportal.api.crds import crd
from vmportal.core_schema import CONFIG_MAP, SERVICE_ACCOUNT
from vmportal.schema.words import obj
from vms.schema import VIRTUAL_MACHINE

EXAMPLES = int(os.environ.get("PORTAL_EXAMPLES", "40"))
held = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NUMBERS = itertools.count()

peers = pytest.mark.peers


@pytest.fixture(scope="module")
def plane(kube_apiserver, kubectl):
    """The server, with things and the real VirtualMachine in it."""
    run = [kubectl, "--kubeconfig", kube_apiserver.kubeconfig()]
    crds = [
        json.dumps(crd(things.THING)),
        reduced([shared("crds/vmoperator.vmware.com_virtualmachines.yaml")], "v1alpha5"),
    ]
    for given_ in crds:
        subprocess.run(
            [*run, "apply", "--server-side", "-f", "-"],
            input=given_,
            text=True,
            check=True,
            capture_output=True,
        )
    names = [f"crd/{shape.group_resource}" for shape in (things.THING, VIRTUAL_MACHINE)]
    subprocess.run(
        [*run, "wait", "--for=condition=Established", "--timeout=60s", *names],
        check=True,
        capture_output=True,
    )
    return kube_apiserver


@pytest.fixture(scope="module")
def kubernetes(plane):
    """`kubernetes(shape)`: the objects of a kind in it."""
    with Server(plane.url, plane.tokens["admin"], "default", str(plane.ca_file)) as server:
        yield server


def play(real: Objects, steps) -> None:
    """Both do the same steps; what they answer is compared after each."""
    name = f"thing-{next(NUMBERS)}"
    pure = Pure(real.shape, name)
    try:
        for number, (step, manager, body) in enumerate(steps):
            if step == "put" and not pure.live:
                continue
            ours = pure.do(step, manager, body)
            theirs = real.do(step, manager, body, name)
            assert ours == theirs, f"step {number} of {json.dumps(steps)}"
    finally:
        real.forget(name)


@peers
@held
@given(things.steps(things.bodies(spec=things.SPEC)))
def test_things_with_every_kind_of_list_and_map(kubernetes, steps):
    play(kubernetes(things.THING), steps)


VM_FIELDS = VIRTUAL_MACHINE.schema["properties"]["spec"]["properties"]
VM_SPEC = things.few(
    things.values(
        obj(
            {name: VM_FIELDS[name] for name in ("advanced", "bootOptions", "className", "network", "volumes")}
        )
    )
)


@peers
@held
@given(things.steps(things.bodies(spec=VM_SPEC)))
def test_virtual_machines(kubernetes, steps):
    play(kubernetes(VIRTUAL_MACHINE), steps)


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """`portal(shape)`: the objects of a kind in a portal with its demo, as the administrator sees them."""
    with PortalProcess(tmp_path_factory.mktemp("portal")) as running:
        token = running.manage("token", "admin").split()[-1]
        with Server(running.url, token, "team-a") as server:
            yield server


def compare_servers(ours: Objects, theirs: Objects, steps, pick=lambda answer: answer) -> None:
    """Both do the same steps; of what they answer, what `pick` takes is compared after each."""
    name = f"object-{next(NUMBERS)}"
    try:
        done = [
            (pick(ours.do(step, manager, body, name)), pick(theirs.do(step, manager, body, name)))
            for step, manager, body in steps
        ]
    finally:
        ours.forget(name)
        theirs.forget(name)
    assert [one for one, _ in done] == [other for _, other in done]


DATA = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), min_size=1, max_size=3)


@peers
@held
@given(things.steps(things.bodies(data=DATA)))
@example([("apply", name, {"metadata": {"labels": {}}}) for name in ("ann", "ben")])
def test_config_maps_of_the_portal(portal, kubernetes, steps):
    compare_servers(portal(CONFIG_MAP), kubernetes(CONFIG_MAP), steps)


SECRETS = st.lists(st.builds(lambda name: {"name": name}, st.sampled_from("xyz")), min_size=1, unique_by=str)


@peers
@held
@given(things.steps(things.bodies(secrets=SECRETS, automountServiceAccountToken=st.booleans())))
@example([("apply", "ann", {}), ("apply", "ann", {"secrets": []})])
def test_service_accounts_of_the_portal(portal, kubernetes, steps):
    compare_servers(portal(SERVICE_ACCOUNT), kubernetes(SERVICE_ACCOUNT), steps)


CATALOGUE = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold"}
MODES = {name: VM_FIELDS[name] for name in ("powerOffMode", "restartMode", "suspendMode")}
VOLUMES = st.lists(
    st.builds(
        lambda name: {"name": name, "persistentVolumeClaim": {"claimName": name}}, st.sampled_from("abc")
    ),
    max_size=2,
    unique_by=lambda volume: volume["name"],
)
MACHINES = st.builds(
    lambda labels, modes, volumes: {
        "metadata": {"labels": labels},
        "spec": {**CATALOGUE, **modes, **({"volumes": volumes} if volumes else {})},
    },
    st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["x", "y"]), min_size=1),
    things.values(obj(MODES)),
    VOLUMES,
)


def of_the_tools(answer):
    """An answer without what admission and the portal's own work add to a machine: the real server has neither."""
    status, told = answer
    if status >= 300:
        return answer
    document, owners = told
    spec = {key: document["spec"][key] for key in (*CATALOGUE, *MODES)}
    volumes = [volume["name"] for volume in document["spec"].get("volumes", [])]
    labels = {key: document["metadata"]["labels"].get(key) for key in ("app", "tier")}
    return status, spec, volumes, labels, [entry for entry in owners if entry["manager"] in things.MANAGERS]


@peers
@held
@given(things.steps(MACHINES, "merge"))
def test_virtual_machines_of_the_portal(portal, kubernetes, steps):
    compare_servers(portal(VIRTUAL_MACHINE), kubernetes(VIRTUAL_MACHINE), steps, of_the_tools)


@pytest.mark.soak
@settings(held, max_examples=EXAMPLES * 100)
@given(things.steps(things.bodies(spec=things.SPEC)))
def test_things_for_long(kubernetes, steps):
    play(kubernetes(things.THING), steps)


@pytest.mark.soak
@settings(held, max_examples=EXAMPLES * 50)
@given(things.steps(things.bodies(spec=VM_SPEC)))
def test_virtual_machines_for_long(kubernetes, steps):
    play(kubernetes(VIRTUAL_MACHINE), steps)
