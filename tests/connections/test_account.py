"""How to reach a Supervisor, and as whom: what is taken of Secrets and kubeconfigs, and what is not."""

from __future__ import annotations

import time

import pytest

from tests.connections.builders import KEY, PEM, SERVER, connection, encoded, kubeconfig, secret
from vmportal.connections.account import Unusable, access_of, address, is_pem
from vmportal.connections.form import Draft


def access(values: dict[str, str], **supervisor):
    supervisor = {"fieldManager": "vm-portal", **supervisor}
    return access_of(connection(**supervisor), secret(**values))


def refused(values: dict[str, str], **supervisor) -> tuple[str, str]:
    with pytest.raises(Unusable) as error:
        access(values, **supervisor)
    return error.value.path.removeprefix("spec.supervisor."), error.value.message


def test_a_token_is_enough():
    found = access({"token": "abc\n"})
    assert (found.server, found.token, found.ca, found.is_verified) == (SERVER, "abc", "", True)


def test_the_token_secret_of_a_service_account_brings_its_authority():
    assert access({"token": "abc", "ca_crt": PEM}).ca == PEM.strip()


def test_what_the_connection_says_counts_before_what_the_secret_says():
    other = PEM.replace("MIIB", "MIIC")
    assert access({"token": "abc", "ca_crt": PEM}, certificateAuthority=other).ca == other


def test_a_client_certificate_is_enough():
    found = access({"tls_crt": PEM, "tls_key": KEY})
    assert (found.certificate, found.key, found.token) == (PEM.strip(), KEY.strip(), "")


def test_a_kubeconfig_brings_the_server():
    given = kubeconfig(**{"certificate-authority-data": encoded(PEM), "tls-server-name": "there"})
    found = access({"kubeconfig": given}, server=None)
    assert (found.server, found.token, found.ca, found.tls_server_name) == (SERVER, "t-1", PEM, "there")


def test_a_kubeconfig_brings_a_client_certificate():
    user = {"client-certificate-data": encoded(PEM), "client-key-data": encoded(KEY)}
    assert access({"kubeconfig": kubeconfig(user)}).key == KEY


def test_another_context_can_be_named():
    assert refused({"kubeconfig": kubeconfig()}, context="other")[0] == "secretRef.name"
    assert access({"kubeconfig": kubeconfig()}, context="main").token == "t-1"


@pytest.mark.parametrize(
    ("user", "named"),
    [
        ({"exec": {"command": "rm"}}, "exec"),
        ({"auth-provider": {"name": "oidc"}}, "auth-provider"),
        ({"token": "x", "exec": {"command": "rm"}}, "exec"),
        ({"tokenFile": "/etc/shadow"}, "tokenFile"),
        ({"client-certificate": "/a", "client-key": "/b"}, "client-certificate"),
        ({"username": "a", "password": "b"}, "username"),
        ({"token": "x", "as": "root"}, "as"),
        ({}, "token"),
        ({"token": "two\nlines"}, "token"),
        ({"client-certificate-data": "%", "client-key-data": "%"}, "client-certificate-data"),
    ],
    ids=str,
)
def test_a_kubeconfig_runs_nothing_and_reads_no_files(user, named):
    path, message = refused({"kubeconfig": kubeconfig(user)})
    assert path == "secretRef.name"
    assert named in message


@pytest.mark.parametrize(
    ("cluster", "named"),
    [
        ({"certificate-authority": "/etc/passwd"}, "certificate-authority"),
        ({"insecure-skip-tls-verify": True}, "insecure-skip-tls-verify"),
        ({"proxy-url": "http://elsewhere"}, "proxy-url"),
        ({"certificate-authority-data": encoded("no PEM")}, "PEM"),
    ],
    ids=str,
)
def test_a_kubeconfig_goes_to_nobody_who_is_not_checked(cluster, named):
    assert named in refused({"kubeconfig": kubeconfig(**cluster)})[1]


def test_a_server_is_believed_without_a_check_only_when_both_say_so():
    given = {"kubeconfig": kubeconfig(**{"insecure-skip-tls-verify": True})}
    assert not access(given, insecureSkipTLSVerify=True).is_verified


@pytest.mark.parametrize("given", ["", "{", "a: &a [*a]", "kind: Pod", "[]", "kind: Config", "x" * 2_000_000])
def test_what_is_no_kubeconfig_is_refused_in_words(given):
    assert "kubeconfig" in refused({"kubeconfig": given})[1]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({}, "secretRef.name"),
        ({"token": "a", "tls_crt": PEM, "tls_key": KEY}, "secretRef.name"),
        ({"tls_crt": PEM}, "secretRef.name"),
        ({"tls_crt": PEM, "tls_key": PEM}, "secretRef.name"),
        ({"token": "a", "ca_crt": "no PEM"}, "secretRef.name"),
    ],
    ids=str,
)
def test_a_secret_without_a_usable_account_is_refused(values, path):
    assert refused(values)[0] == path


def test_a_token_alone_does_not_say_where():
    assert refused({"token": "a"}, server=None)[0] == "server"


def test_nothing_secret_is_ever_in_a_text():
    found = access({"tls_crt": PEM, "tls_key": KEY})
    assert "MIIB" not in repr(found)
    assert "hush" not in repr(access({"token": "hush"}))
    assert "hush" not in refused({"kubeconfig": kubeconfig({"token": "hush hush"})})[1]


@pytest.mark.parametrize(
    ("server", "found"),
    [
        ("https://a:6443/", "https://a:6443"),
        ("https://[fd00::1]:6443", "https://[fd00::1]:6443"),
        ("https://a/k8s/clusters/c-1", "https://a/k8s/clusters/c-1"),
        ("http://a", None),
        ("a:6443", None),
        ("https://", None),
        ("https://me:secret@a", None),
        ("https://a?x=1", None),
        ("https://a#x", None),
        ("https://a:port", None),
        ("https://a b", None),
        ("https://a\nb", None),
        ("file:///etc/passwd", None),
    ],
)
def test_an_address_is_of_https_and_nothing_else(server, found):
    assert address(server) == found


def test_pem_is_told_from_other_text():
    assert is_pem(PEM + PEM, "CERTIFICATE")
    assert is_pem(KEY.replace("PRIVATE", "EC PRIVATE"), "PRIVATE KEY")
    for given in ("", "MIIB", PEM + KEY, PEM.replace("MIIB", "§"), PEM[:-20]):
        assert not is_pem(given, "CERTIFICATE")


@pytest.mark.parametrize(
    "given",
    ["-----BEGIN CERTIFICATE-----" + " " * 500_000, "-----BEGIN CERTIFICATE-----\nAAAA\n" * 30_000],
    ids=["blanks", "beginnings"],
)
def test_text_that_never_ends_is_told_quickly(given):
    began = time.monotonic()
    assert not is_pem(given, "CERTIFICATE")
    assert Draft(name="a", account="certificate", pasted=given).data()
    assert time.monotonic() - began < 2


def test_a_pasted_certificate_is_told_from_its_key_in_any_order():
    for pasted in (PEM + KEY, KEY + PEM):
        data = Draft(name="a", account="certificate", pasted=pasted).data()
        assert data == {"tls.crt": encoded(PEM.strip()), "tls.key": encoded(KEY.strip())}
