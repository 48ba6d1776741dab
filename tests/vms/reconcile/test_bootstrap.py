"""What the guest is given: Cloud-Init's data and its latch, and the intended network (sections 7 and 8.3)."""

from __future__ import annotations

import base64
import gzip

import pytest
import yaml

from tests.vms.reconcile.builders import ETH0, UID, annotation, extra, facts, patches, secret, seen, settled
from vmportal.backends.base import Interface, PowerOnVM, ReconfigVM
from vms.annotations import BOOTSTRAP_HASH, CLOUD_INIT_INSTANCE_ID
from vms.reconcile import plan

CONFIG = "#cloud-config\npackages: [nginx]\n"
RAW = {"rawCloudConfig": {"name": "init", "key": "user-data"}, "instanceID": "id-1"}
DEFAULTS = {
    "kind": "ConfigMap",
    "metadata": {"name": "vmoperator-network-config", "namespace": "vmware-system-vmop"},
    "data": {"nameservers": "8.8.8.8 8.8.4.4", "searchsuffixes": "hello.world"},
}


def reconfigure(cloud_init, *objects, observed=None, annotations=None, **spec):
    vm = settled(bootstrap={"cloudInit": cloud_init}, annotations=annotations, **spec)
    return plan(vm, observed or seen("poweredOff"), facts(*objects))


def unpacked(step, key="guestinfo.metadata"):
    (action,) = step.actions
    told = {item["key"]: item["value"] for item in action.config["extraConfig"]}
    return gzip.decompress(base64.b64decode(told[key])).decode()


def metadata(cloud_init, *objects, **more):
    return yaml.safe_load(unpacked(reconfigure(cloud_init, *objects, **more)))


def test_metadata_says_who_the_guest_is_and_how_its_cards_are_set():
    found = metadata({"instanceID": "id-1"})
    assert found == {
        "instance-id": "id-1",
        "local-hostname": "web-1",
        "hostname": "web-1",
        "network": {
            "version": 2,
            "ethernets": {
                "eth0": {
                    "match": {"macaddress": "00:50:56:00:00:01"},
                    "set-name": "eth0",
                    "dhcp4": False,
                    "dhcp6": False,
                    "accept-ra": False,
                    "addresses": ["10.0.0.9/24"],
                    "gateway4": "10.0.0.1",
                }
            },
        },
    }


def test_what_the_wish_says_of_the_network_wins():
    eth0 = {
        "name": "eth0",
        "guestDeviceName": "ens192",
        "addresses": ["192.168.0.3/24"],
        "gateway4": "None",
        "mtu": 9000,
        "nameservers": ["1.1.1.1"],
        "routes": [{"to": "default", "via": "192.168.0.9"}],
    }
    network = {"hostName": "www", "domainName": "example.com", "searchDomains": ["a.b"], "interfaces": [eth0]}
    found = metadata({"waitOnNetwork4": True, "sshAuthorizedKeys": ["k1", "k2"]}, network=network)
    ethernet = found["network"]["ethernets"]["eth0"]
    assert found["hostname"] == "www.example.com"
    assert found["public-keys"] == "k1\nk2"
    assert found["wait-on-network"] == {"ipv4": True}
    assert (ethernet["set-name"], ethernet["addresses"], ethernet["mtu"]) == (
        "ens192",
        ["192.168.0.3/24"],
        9000,
    )
    assert "gateway4" not in ethernet
    assert ethernet["nameservers"] == {"addresses": ["1.1.1.1"], "search": ["a.b"]}
    assert ethernet["routes"] == [{"to": "default", "via": "192.168.0.9"}]


def test_with_dhcp_there_are_no_addresses():
    found = metadata({}, network={"interfaces": [{"name": "eth0", "dhcp4": True}]})
    ethernet = found["network"]["ethernets"]["eth0"]
    assert ethernet["dhcp4"] is True
    assert ethernet.keys().isdisjoint({"addresses", "gateway4"})


@pytest.mark.parametrize(
    "stored",
    [
        CONFIG,
        base64.b64encode(CONFIG.encode()).decode(),
        base64.b64encode(gzip.compress(CONFIG.encode())).decode(),
    ],
    ids=["plain", "base64", "gzip+base64"],
)
@pytest.mark.parametrize("key", ["user_data", "value"])
def test_raw_user_data_arrives_as_plain_text(stored, key):
    step = reconfigure(RAW, secret("init", **{key: stored}))
    assert unpacked(step, "guestinfo.userdata") == CONFIG


def test_inline_cloud_config_is_rendered_with_its_secrets():
    config = {
        "defaultUserEnabled": True,
        "timezone": "UTC",
        "ssh_pwauth": False,
        "users": [{"name": "ops", "groups": ["sudo", "adm"], "hashed_passwd": {"name": "pw", "key": "ops"}}],
        "runcmd": ["ls", ["echo", "hi"]],
        "write_files": [
            {"path": "/a", "content": {"name": "pw", "key": "file"}},
            {"path": "/b", "content": "plain"},
        ],
    }
    text = unpacked(
        reconfigure({"cloudConfig": config}, secret("pw", ops="$6$x", file="inside")), "guestinfo.userdata"
    )
    assert text.startswith("## template: jinja\n#cloud-config\n\n")
    assert yaml.safe_load(text) == {
        "users": ["default", {"name": "ops", "groups": "sudo,adm", "hashed_passwd": "$6$x"}],
        "ssh_pwauth": False,
        "timezone": "UTC",
        "runcmd": ["ls", ["echo", "hi"]],
        "write_files": [{"path": "/a", "content": "inside"}, {"path": "/b", "content": "plain"}],
    }


def test_an_empty_cloud_config_gives_no_user_data():
    """VML-02: `cloudConfig: {}` is a whole bootstrap."""
    step = reconfigure({"cloudConfig": {}})
    assert {item["key"] for item in step.actions[0].config["extraConfig"]} == {
        "guestinfo.metadata",
        "guestinfo.metadata.encoding",
    }


@pytest.mark.parametrize(
    ("cloud_init", "annotations", "expected"),
    [
        ({}, {}, UID),
        ({"instanceID": "x"}, {}, "x"),
        ({"instanceID": "x"}, {CLOUD_INIT_INSTANCE_ID: "old"}, "old"),
    ],
)
def test_the_instance_id_is_chosen_and_written_back(cloud_init, annotations, expected):
    """UPG-11."""
    step = reconfigure(cloud_init, annotations=annotations)
    assert yaml.safe_load(unpacked(step))["instance-id"] == expected
    written = patches(step).get(
        ("spec", "bootstrap", "cloudInit", "instanceID"), cloud_init.get("instanceID")
    )
    assert written == expected


def told(step):
    """The extraConfig after the reconfigure of that step."""
    pairs = {item["key"]: item["value"] for item in step.actions[0].config["extraConfig"]}
    return seen(
        "poweredOff", config={"extraConfig": extra(**{key.replace(".", "__"): v for key, v in pairs.items()})}
    )


def test_once_the_guest_has_it_nothing_more_is_sent():
    first = reconfigure(RAW, secret("init", user_data=CONFIG))
    mark = annotation(first, BOOTSTRAP_HASH)
    second = reconfigure(
        RAW, secret("init", user_data=CONFIG), observed=told(first), annotations={BOOTSTRAP_HASH: mark}
    )
    assert second.actions == (PowerOnVM("vm-7"),)
    settled_mark = annotation(second, BOOTSTRAP_HASH)
    third = reconfigure(
        RAW,
        secret("init", user_data=CONFIG),
        observed=told(first),
        annotations={BOOTSTRAP_HASH: settled_mark},
    )
    assert (third.patches, third.actions) == ((), (PowerOnVM("vm-7"),))


def test_a_changed_secret_reaches_the_guest():
    first = reconfigure(RAW, secret("init", user_data=CONFIG))
    second = reconfigure(RAW, secret("init", user_data="#cloud-config\n"), observed=told(first))
    assert [item["key"] for item in second.actions[0].config["extraConfig"]] == ["guestinfo.userdata"]


def test_a_guest_without_its_data_is_not_started():
    step = reconfigure(RAW)
    assert step.actions == ()
    assert 'secrets "init" not found' in step.failed


def test_ovf_properties_would_win_so_they_go():
    step = reconfigure({}, observed=seen("poweredOff", config={"vAppConfig": {"property": []}}))
    assert step.actions[0].config["vAppConfigRemoved"] is True


@pytest.mark.parametrize("bootstrap", [None, {"disabled": True, "cloudInit": {}}])
def test_without_a_bootstrap_nothing_is_written(bootstrap):
    step = plan(settled(bootstrap=bootstrap), seen("poweredOff"), facts())
    assert not any(isinstance(action, ReconfigVM) for action in step.actions)


# --- status.network.config -----------------------------------------------------------------------------


def config(network=None, *objects, interfaces=(ETH0,), **spec):
    vm = settled(network=network or {"interfaces": [{"name": "eth0"}]}, **spec)
    return plan(vm, seen(), facts(*objects, interfaces=interfaces)).status["network"]["config"]


def test_the_intended_network_is_what_was_given():
    """NET-29, NET-33, NET-35, NET-37."""
    assert config() == {
        "dns": {"hostName": "web-1"},
        "interfaces": [{"name": "eth0", "ip": {"addresses": ["10.0.0.9/24"], "gateway4": "10.0.0.1"}}],
    }


def test_the_platforms_dns_stands_in_for_static_interfaces():
    """NET-31."""
    dns = config(None, DEFAULTS)["dns"]
    assert dns == {
        "hostName": "web-1",
        "nameservers": ["8.8.8.8", "8.8.4.4"],
        "searchDomains": ["hello.world"],
    }
    own = {"nameservers": ["1.1.1.1"], "searchDomains": ["x.y"], "interfaces": [{"name": "eth0"}]}
    assert config(own, DEFAULTS, bootstrap={"linuxPrep": {}})["dns"]["nameservers"] == ["1.1.1.1"]


def test_the_platforms_search_domains_are_not_for_linux_prep():
    """NET-32."""
    assert "searchDomains" not in config(None, DEFAULTS, bootstrap={"linuxPrep": {}})["dns"]


def test_dhcp_shows_as_enabled_and_takes_the_addresses_away():
    """NET-36."""
    dhcp = Interface("eth0", "vm-network", ETH0.backing, ETH0.mac, dhcp4=True)
    expected = [{"name": "eth0", "ip": {"dhcp": {"ip4": {"enabled": True}}}}]
    assert config(interfaces=(dhcp,))["interfaces"] == expected
    assert config({"interfaces": [{"name": "eth0", "dhcp4": True}]})["interfaces"] == expected


def test_addresses_are_sorted_as_strings_and_names_of_the_interface_kept():
    """NET-34."""
    eth0 = {"name": "eth0", "addresses": ["10.0.0.20/24", "10.0.0.10/24"], "nameservers": ["1.1.1.1"]}
    (found,) = config({"interfaces": [eth0]})["interfaces"]
    assert found["ip"]["addresses"] == ["10.0.0.10/24", "10.0.0.20/24"]
    assert found["dns"] == {"nameservers": ["1.1.1.1"]}
