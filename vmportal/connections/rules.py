"""What a Connection may look like. Assembled in `vmportal.connections.kinds`; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmportal.admission import Admitting, Want
from vmportal.admission.metadata import is_dns_label
from vmportal.admission.reading import text
from vmportal.admission.rule import FieldWarning, Finding, forbidden, invalid, required, rule
from vmportal.connections.account import FILE, PLACE, SECRET, SERVER, Unusable, access_of, address, is_pem
from vmportal.connections.marks import CONNECTION, SIMULATOR
from vmportal.errors import FieldError

MOST_NAMED = 5


def references(connection: Admitting) -> Iterable[Want]:
    """The Secret with its account, and the namespaces that are on it."""
    if secret := connection.text(SECRET):
        yield Want("Secret", connection.installation.operator_namespace, secret)
    if connection.new is None:
        yield _users(connection)


def _users(connection: Admitting) -> Want:
    return Want("Namespace", label=CONNECTION, value=connection.name)


@rule("CON-01", op="C", who="admin")
def the_name_can_be_a_label(connection: Admitting) -> Iterator[FieldError]:
    """The name of a connection stands as a label on its namespaces; `simulator` is the embedded one."""
    if not is_dns_label(connection.name):
        yield invalid(
            "metadata.name", "Use at most 63 lower case letters, digits and '-': it becomes a label."
        )
    elif connection.name == SIMULATOR:
        yield forbidden("metadata.name", "The embedded simulator has this name: choose another.")


@rule("CON-02", who="admin")
def a_supervisor_is_described(connection: Admitting) -> Iterator[FieldError]:
    """A connection says what its type needs."""
    if connection.get(PLACE) is None:
        yield required(PLACE, "Say where the Supervisor is: its server, and the Secret with an account.")


@rule("CON-03", who="admin")
def the_server_is_an_address(connection: Admitting) -> Iterator[FieldError]:
    """The server is an address of https: an account is not sent in clear."""
    server = connection.text(SERVER)
    if server and address(server) is None:
        yield invalid(SERVER, "Write it as https://host:port, without user, query and blanks.")


@rule("CON-04", who="admin")
def the_account_comes_from_one_place(connection: Admitting) -> Iterator[FieldError]:
    """The account stands in a Secret, or in a file that is mounted, and not in both."""
    if connection.get(PLACE) is None:
        return
    secret, file = connection.text(SECRET), connection.text(FILE)
    if secret and file:
        yield forbidden(FILE, "Leave it out, or the Secret: the account comes from one of them.")
    if not secret and not file:
        yield required(
            f"{PLACE}.secretRef", "Name the Secret with the account, or a mounted file in kubeconfigFile."
        )


@rule("CON-05", who="admin")
def the_file_is_a_name(connection: Admitting) -> Iterator[FieldError]:
    """A kubeconfig that is mounted is named by its name alone: it lies in the folder that the settings allow."""
    file = connection.text(FILE)
    if file and ("/" in file or "\\" in file or "\0" in file or file in (".", "..")):
        yield invalid(FILE, "Write the name alone: the file lies in PORTAL_KUBECONFIG_DIR.")


@rule("CON-06", who="admin")
def the_authority_is_pem(connection: Admitting) -> Iterator[FieldError]:
    """The authority that signs the server's certificate is given as PEM text."""
    ca = connection.text(f"{PLACE}.certificateAuthority")
    if ca and not is_pem(ca, "CERTIFICATE"):
        yield invalid(
            f"{PLACE}.certificateAuthority", "Paste it as PEM text: -----BEGIN CERTIFICATE----- and so on."
        )


@rule("CON-07", who="admin")
def the_server_is_checked(connection: Admitting) -> Iterator[Finding]:
    """Who answers is checked, unless the connection expressly says otherwise; and then it says so each time."""
    if not connection.get(f"{PLACE}.insecureSkipTLSVerify"):
        return
    path = f"{PLACE}.insecureSkipTLSVerify"
    if connection.text(f"{PLACE}.certificateAuthority"):
        yield invalid(path, "Leave it out: with an authority given, the server can be checked.")
    else:
        yield FieldWarning(path, "whoever answers in the server's place gets the credentials and the VMs")


@rule("CON-08", who="admin")
def the_field_manager_can_be_printed(connection: Admitting) -> Iterator[FieldError]:
    """A field manager is a name that Kubernetes takes: characters that can be printed."""
    if not connection.text(f"{PLACE}.fieldManager").isprintable():
        yield invalid(f"{PLACE}.fieldManager", "Use characters that can be printed.")


@rule("CON-09", who="admin")
def namespaces_are_named(connection: Admitting) -> Iterator[FieldError]:
    """Each of the namespaces is a name that a namespace can have."""
    for path, name in connection.each_text(f"{PLACE}.namespaces"):
        if not is_dns_label(name):
            yield invalid(path, "Name a namespace: lower case letters, digits and '-'.")


@rule("CON-10", who="admin")
def the_secret_holds_an_account(connection: Admitting) -> Iterator[FieldError]:
    """A Secret that is there already holds an account that can be used: no programs to run, no files elsewhere."""
    secret = connection.text(SECRET)
    if not secret or connection.text(FILE):
        return
    found = connection.world.get("Secret", connection.installation.operator_namespace, secret)
    if found is None:
        return  # it may come later: until then a condition says so
    try:
        access_of(connection.new or {}, found)
    except Unusable as error:
        yield invalid(error.path, error.message)


@rule("CON-11", op="D", who="admin")
def nothing_is_on_it(connection: Admitting) -> Iterator[FieldError]:
    """A connection stays while a namespace is on it."""
    users = sorted(text(one, "metadata.name") for one in connection.world.find(_users(connection)))
    if users:
        listed = ", ".join(users[:MOST_NAMED]) + (" and more" if len(users) > MOST_NAMED else "")
        yield forbidden("", f"Delete the namespaces that are on it first: {listed}.")


RULES = (
    the_name_can_be_a_label,
    a_supervisor_is_described,
    the_server_is_an_address,
    the_account_comes_from_one_place,
    the_file_is_a_name,
    the_authority_is_pem,
    the_server_is_checked,
    the_field_manager_can_be_printed,
    namespaces_are_named,
    the_secret_holds_an_account,
    nothing_is_on_it,
)
