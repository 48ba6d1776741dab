"""How a guest is set up (section 6.5 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import ALICE, MASTER, PRIVILEGED, changed, refused, stored, vm

SECRET = {"name": "secret", "key": "part"}
CLOUD, LINUX, RAW_SYSPREP, VAPP = {}, {"timeZone": "UTC"}, {"rawSysprep": SECRET}, {"rawProperties": "ovf"}
PATH = "spec.bootstrap"
PARITY = {"GuestCustomizationVCDParity": True}
ONCE_TWICE = {"from": SECRET, "value": ""}


@pytest.mark.parametrize(
    ("bootstrap", "rules"),
    [
        ({"cloudInit": CLOUD}, []),
        ({"linuxPrep": LINUX}, []),
        ({"sysprep": RAW_SYSPREP}, []),
        ({"vAppConfig": VAPP}, []),
        ({}, []),
        ({"linuxPrep": LINUX, "vAppConfig": VAPP}, []),
        ({"sysprep": RAW_SYSPREP, "vAppConfig": VAPP}, []),
        ({"cloudInit": CLOUD, "linuxPrep": LINUX}, ["VB-01", "VB-02"]),
        ({"cloudInit": CLOUD, "sysprep": RAW_SYSPREP}, ["VB-01", "VB-03"]),
        ({"cloudInit": CLOUD, "vAppConfig": VAPP}, ["VB-01", "VB-04"]),
        ({"linuxPrep": LINUX, "sysprep": RAW_SYSPREP}, ["VB-02", "VB-03"]),
        (
            {"cloudInit": CLOUD, "linuxPrep": LINUX, "sysprep": RAW_SYSPREP, "vAppConfig": VAPP},
            ["VB-01", "VB-02", "VB-03", "VB-04"],
        ),
    ],
)
def test_which_providers_go_together(bootstrap, rules):
    """VB-01 to VB-04: each of a conflicting pair has its own error."""
    paths = {"VB-01": "cloudInit", "VB-02": "linuxPrep", "VB-03": "sysprep", "VB-04": "vAppConfig"}
    expected = [(f"{PATH}.{paths[rule]}", "Forbidden", rule) for rule in rules]
    assert refused(vm(bootstrap=bootstrap)) == expected
    old = stored(bootstrap=bootstrap)
    assert refused(changed(old), old, user=MASTER) == expected


@pytest.mark.parametrize(
    ("cloud_init", "error"),
    [
        ({"cloudConfig": {}}, None),
        ({"rawCloudConfig": SECRET}, None),
        ({"cloudConfig": {}, "rawCloudConfig": SECRET}, ("", "VB-05")),
        ({"cloudConfig": {"runcmd": ["ls", "", ["ls", "-l"], []]}}, None),
        ({"cloudConfig": {"runcmd": []}}, None),
        ({"cloudConfig": {"runcmd": None}}, None),
        ({"cloudConfig": {"runcmd": "ls"}}, (".cloudConfig.runcmds", "VB-06")),
        ({"cloudConfig": {"runcmd": {"run": "ls"}}}, (".cloudConfig.runcmds", "VB-06")),
        ({"cloudConfig": {"runcmd": ["ls", 1]}}, (".cloudConfig.runcmds[1]", "VB-07")),
        ({"cloudConfig": {"runcmd": [{"run": "ls"}]}}, (".cloudConfig.runcmds[0]", "VB-07")),
        ({"cloudConfig": {"runcmd": [["ls", 1]]}}, (".cloudConfig.runcmds[0]", "VB-07")),
        ({"cloudConfig": {"write_files": [{"path": "/a"}]}}, None),
        ({"cloudConfig": {"write_files": [{"path": "/a", "content": ""}]}}, None),
        ({"cloudConfig": {"write_files": [{"path": "/a", "content": SECRET}]}}, None),
        (
            {"cloudConfig": {"write_files": [{"path": "/a"}, {"path": "/b", "content": 1}]}},
            (".cloudConfig.write_files[/b]", "VB-08"),
        ),
        (
            {"cloudConfig": {"write_files": [{"path": "/a", "content": {"name": 1}}]}},
            (".cloudConfig.write_files[/a]", "VB-08"),
        ),
    ],
)
def test_the_cloud_config(cloud_init, error):
    """VB-05 to VB-08."""
    expected = [(f"{PATH}.cloudInit{error[0]}", "Invalid", error[1])] if error else []
    assert refused(vm(bootstrap={"cloudInit": cloud_init})) == expected


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        ({"expirePasswordAfterNextLogin": True}, "VB-10"),
        ({"password": {"name": "secret"}}, "VB-11"),
        ({"scriptText": {}}, "VB-12"),
    ],
)
def test_linux_prep_without_parity(setting, rule):
    """VB-10 to VB-12: privileged users are not exempt."""
    (field,) = setting
    new = vm(bootstrap={"linuxPrep": setting})
    assert refused(new, user=MASTER) == [(f"{PATH}.linuxPrep.{field}", "Forbidden", rule)]
    assert refused(new, **PARITY) == []
    assert refused(vm(bootstrap={"linuxPrep": {"expirePasswordAfterNextLogin": False}})) == []


def test_a_script_is_given_once():
    """VB-09, VB-20: an empty text is one."""
    linux = vm(bootstrap={"linuxPrep": {"scriptText": ONCE_TWICE}})
    assert refused(linux, **PARITY) == [(f"{PATH}.linuxPrep.scriptText.value", "Invalid", "VB-09")]
    windows = vm("win", bootstrap={"sysprep": {"sysprep": answers(scriptText=ONCE_TWICE)}})
    assert refused(windows, **PARITY) == [(f"{PATH}.sysprep.sysprep.scriptText.value", "Invalid", "VB-20")]
    for script in ({"value": "ls"}, {"from": SECRET}, {}):
        assert refused(vm(bootstrap={"linuxPrep": {"scriptText": script}}), **PARITY) == []


def answers(**more: object) -> dict[str, object]:
    return {"userData": {"fullName": "A", "orgName": "B"}, **more}


@pytest.mark.parametrize(
    ("sysprep", "rules"),
    [
        ({"sysprep": answers()}, []),
        ({"rawSysprep": SECRET}, []),
        ({"sysprep": answers(), "rawSysprep": SECRET}, ["VB-13"]),
        ({}, ["VB-14"]),
    ],
)
def test_the_answers_of_sysprep_are_given_once(sysprep, rules):
    """VB-13, VB-14."""
    expected = [(f"{PATH}.sysprep", "Invalid", rule) for rule in rules]
    assert refused(vm(bootstrap={"sysprep": sysprep})) == expected


LOGON = {"autoLogon": True, "autoLogonCount": 1, "password": SECRET}
JOIN = {"domainAdmin": "admin", "domainAdminPassword": SECRET}


@pytest.mark.parametrize(
    ("more", "domain", "rules"),
    [
        ({"guiUnattended": LOGON}, "", []),
        ({"guiUnattended": {**LOGON, "autoLogonCount": 0}}, "", ["VB-15"]),
        ({"guiUnattended": {"autoLogon": True}}, "", ["VB-15", "VB-16"]),
        ({"guiUnattended": {**LOGON, "password": {"name": "", "key": "k"}}}, "", ["VB-16"]),
        ({"guiUnattended": {"autoLogon": False}}, "", []),
        ({}, "example.com", []),
        ({"identification": JOIN}, "example.com", []),
        ({"identification": {}}, "", []),
        ({"identification": {}}, "example.com", ["VB-18"]),
        ({"identification": {"domainAdmin": "admin"}}, "example.com", ["VB-18"]),
        ({"identification": {"domainAdminPassword": SECRET}}, "example.com", ["VB-18"]),
        ({"identification": {**JOIN, "joinWorkgroup": "WG"}}, "example.com", ["VB-17", "VB-19"]),
        ({"identification": {"joinWorkgroup": "WG"}}, "", []),
        ({"identification": {"joinWorkgroup": "WG", "domainAdmin": "admin"}}, "", ["VB-19"]),
        ({"identification": {"joinWorkgroup": "WG", "domainOU": "OU=x"}}, "", ["VB-19"]),
        ({"identification": {"joinWorkgroup": "WG", "domainAdminPassword": SECRET}}, "", ["VB-19"]),
    ],
)
def test_the_answers_of_sysprep(more, domain, rules):
    """VB-15 to VB-19."""
    new = vm(bootstrap={"sysprep": {"sysprep": answers(**more)}}, network={"domainName": domain})
    assert refused(new) == [(f"{PATH}.sysprep.sysprep", "Invalid", rule) for rule in rules]


def test_sysprep_without_parity():
    """VB-21, VB-22: the paths are one level short (QRK-10)."""
    expiring = vm(bootstrap={"sysprep": {"sysprep": answers(expirePasswordAfterNextLogin=True)}})
    assert refused(expiring) == [(f"{PATH}.sysprep.expirePasswordAfterNextLogin", "Forbidden", "VB-21")]
    with_script = vm(bootstrap={"sysprep": {"sysprep": answers(scriptText={})}})
    assert refused(with_script) == [(f"{PATH}.sysprep.scriptText", "Forbidden", "VB-22")]
    assert refused(expiring, **PARITY) == refused(with_script, **PARITY) == []


@pytest.mark.parametrize(
    ("vapp", "error"),
    [
        ({"properties": [{"key": "a"}]}, None),
        ({"properties": [], "rawProperties": "ovf"}, None),
        ({"properties": [{"key": "a"}], "rawProperties": ""}, None),
        ({"properties": [{"key": "a"}], "rawProperties": "ovf"}, ("", "TypeInvalid", "VB-23")),
        ({"properties": [{"key": "a"}, {"key": ""}]}, (".properties.key", "Invalid", "VB-24")),
        ({"properties": [{"key": "a", "value": {"value": "x"}}]}, None),
        ({"properties": [{"key": "a", "value": ONCE_TWICE}]}, (".properties.value", "Invalid", "VB-25")),
    ],
)
def test_vapp_properties(vapp, error):
    """VB-23 to VB-25."""
    expected = [(f"{PATH}.vAppConfig{error[0]}", *error[1:])] if error else []
    assert refused(vm(bootstrap={"vAppConfig": vapp})) == expected


@pytest.mark.parametrize(
    ("before", "now", "error"),
    [
        ({"cloudInit": CLOUD}, None, ("", "VB-26")),
        ({}, None, ("", "VB-26")),
        ({"vAppConfig": VAPP}, None, ("", "VB-26")),
        (None, {"cloudInit": CLOUD}, None),
        ({}, {"sysprep": RAW_SYSPREP}, None),
        ({"cloudInit": CLOUD}, {}, (".cloudInit", "VB-27")),
        ({"cloudInit": CLOUD}, {"linuxPrep": LINUX}, (".cloudInit", "VB-27")),
        ({"linuxPrep": LINUX}, {"cloudInit": CLOUD}, (".linuxPrep", "VB-27")),
        ({"sysprep": RAW_SYSPREP}, {"vAppConfig": VAPP}, (".sysprep", "VB-27")),
        ({"linuxPrep": LINUX}, {"linuxPrep": {}, "vAppConfig": VAPP}, None),
        ({"linuxPrep": LINUX, "vAppConfig": VAPP}, {"linuxPrep": LINUX}, None),
        ({"cloudInit": {"instanceID": "a"}}, {"cloudInit": {"instanceID": "b"}}, None),
    ],
)
def test_the_provider_stays(before, now, error):
    """VB-26 to VB-28: privileged users switch."""
    old = stored(bootstrap=before)
    expected = [(f"{PATH}{error[0]}", "Forbidden", error[1])] if error else []
    assert refused(changed(old, bootstrap=now), old, user=ALICE) == expected
    assert refused(changed(old, bootstrap=now), old, user=PRIVILEGED) == []
