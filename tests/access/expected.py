"""Who may do what, said a second time: by hand, one line for each resource, without asking the portal's code.

The matrix (`test_requests`, `test_reviews`) holds each request and each review to it. A new kind needs a line here.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("", "view", "edit", "admin", "portal")  # of a namespace; each includes those before it
READING = ("get", "list", "watch")

ALLOWED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = "allowed", "401", "403", "404"


@dataclass(frozen=True)
class Who:
    """The least that one must be to read objects of a resource, and to write them."""

    reads: str
    writes: str

    def least(self, verb: str) -> str:
        return self.reads if verb in READING else self.writes


# What members work with.
WORK = Who("view", "edit")
# What only those see who may use it: keys, and tickets to a keyboard.
SECRET = Who("edit", "edit")
# Who is in a namespace, and its machine users.
MEMBERS = Who("view", "admin")
# What portal admins curate, and members make machines from.
CATALOGUE = Who("view", "portal")

RESOURCES: dict[str, Who] = {
    "namespaces": CATALOGUE,
    "secrets": SECRET,
    "configmaps": WORK,
    "events": WORK,
    "serviceaccounts": MEMBERS,
    "rolebindings.rbac.authorization.k8s.io": MEMBERS,
    "offers.vmportal.dev": Who("portal", "portal"),  # they name namespaces of others
    "connections.vmportal.dev": Who("portal", "portal"),  # they tell of the site's innards
    "storageclasses.storage.k8s.io": CATALOGUE,
    "storagepolicies.infra.vmware.com": Who("admin", "portal"),
    "storagepolicyquotas.cns.vmware.com": CATALOGUE,
    "storagepolicyusages.cns.vmware.com": CATALOGUE,
    "resourcequotas": CATALOGUE,
    "persistentvolumeclaims": WORK,
    "cnsregistervolumes.cns.vmware.com": CATALOGUE,  # a disk's id alone would take the disk of another
    "encryptionclasses.encryption.vmware.com": CATALOGUE,
    "virtualmachines.vmoperator.vmware.com": WORK,
    "virtualmachineclasses.vmoperator.vmware.com": CATALOGUE,
    "virtualmachineclassinstances.vmoperator.vmware.com": CATALOGUE,
    "virtualmachineimages.vmoperator.vmware.com": CATALOGUE,
    "clustervirtualmachineimages.vmoperator.vmware.com": CATALOGUE,
    "virtualmachinesnapshots.vmoperator.vmware.com": WORK,
    "virtualmachinepublishrequests.vmoperator.vmware.com": WORK,
    "virtualmachinewebconsolerequests.vmoperator.vmware.com": SECRET,
    "virtualmachineservices.vmoperator.vmware.com": WORK,
    "virtualmachinesetresourcepolicies.vmoperator.vmware.com": WORK,
    "virtualmachinereplicasets.vmoperator.vmware.com": WORK,
    "computepolicies.vsphere.policy.vmware.com": CATALOGUE,
    "tagpolicies.vsphere.policy.vmware.com": CATALOGUE,
    "contentlibraries.imageregistry.vmware.com": CATALOGUE,
    "clustercontentlibraries.imageregistry.vmware.com": CATALOGUE,
    "zones.topology.tanzu.vmware.com": CATALOGUE,
    "availabilityzones.topology.tanzu.vmware.com": Who("portal", "portal"),  # they name all namespaces
    "virtualmachinegroups.vmoperator.vmware.com": WORK,
    "virtualmachinegrouppublishrequests.vmoperator.vmware.com": WORK,
}

# Who may ask each question. "": everybody who is signed in; "admin": of the namespace that it is about.
QUESTIONS: dict[str, str] = {
    "selfsubjectreviews.authentication.k8s.io": "",
    "selfsubjectaccessreviews.authorization.k8s.io": "",
    "selfsubjectrulesreviews.authorization.k8s.io": "",
    "localsubjectaccessreviews.authorization.k8s.io": "admin",
    "subjectaccessreviews.authorization.k8s.io": "portal",
    "tokenreviews.authentication.k8s.io": "portal",
}


@dataclass(frozen=True)
class Power:
    """What somebody is: in team-a (`here`), in team-b (`there`), and whether in the whole portal."""

    here: str = ""
    there: str = ""
    is_admin: bool = False  # of the portal, and in no namespace alone
    is_read_only: bool = False
    is_known: bool = True

    def may(self, verb: str, least: str, level: str) -> bool:
        is_held_back = self.is_read_only and verb not in READING
        return not is_held_back and LEVELS.index(level) >= LEVELS.index(least)


NOBODY = Power(is_known=False)
EDITOR = Power("edit")
# Tokens, and other ways to come in, of people who are no more than what stands here.
ROLES: dict[str, Power] = {
    "anonymous": NOBODY,
    "stranger": Power(),
    "viewer": Power("view"),
    "editor": EDITOR,
    "namespace admin": Power("admin"),
    "portal admin": Power("portal", "portal", is_admin=True),
    "privileged editor": EDITOR,  # VM Operator's rules let them more pass; the door is the same
    "read-only token of an editor": Power("edit", is_read_only=True),
    "read-only token of a portal admin": Power("portal", "portal", is_admin=True, is_read_only=True),
    "token for team-b of an editor of both": Power("", "edit"),
    "token for team-b of a portal admin": Power("", "portal"),
    "token for team-a of a portal admin": Power("portal"),
    "service account": EDITOR,
    "person of the issuer, by a group": EDITOR,
    "editor whom a portal admin impersonates": EDITOR,
}


def in_team_a(power: Power, who: Who, verb: str) -> str:
    """Of what stands in the namespace team-a."""
    if not power.is_known:
        return UNAUTHORIZED
    if not power.here:
        return NOT_FOUND  # the namespace is not there for them
    return ALLOWED if power.may(verb, who.least(verb), power.here) else FORBIDDEN


def everywhere(power: Power, who: Who) -> str:
    """Lists and watches over all namespaces: for whoever has one; each sees what they may read."""
    if not power.is_known:
        return UNAUTHORIZED
    return ALLOWED if power.is_admin or power.here or power.there else FORBIDDEN


def seen_everywhere(power: Power, who: Who) -> set[str]:
    """The namespaces whose objects such a list shows."""
    if power.is_admin:
        return {"team-a", "team-b", "team-c"}
    levels = {"team-a": power.here, "team-b": power.there}
    return {name for name, level in levels.items() if LEVELS.index(level) >= LEVELS.index(who.reads)}


def of_the_portal(power: Power, who: Who, verb: str, *, is_one: bool) -> str:
    """Of what stands in no namespace: members read it as all who sign in do; `is_one`: a name is given."""
    if not power.is_known:
        return UNAUTHORIZED
    may_read = who.reads != "portal" or power.is_admin
    may = may_read if verb in READING else power.may(verb, who.writes, "portal" if power.is_admin else "")
    if may:
        return ALLOWED
    return FORBIDDEN if may_read or not is_one else NOT_FOUND


def of_namespace_team_a(power: Power, verb: str) -> str:
    """Of the namespace itself: its members read it, portal admins write it."""
    if not power.is_known:
        return UNAUTHORIZED
    if not power.here:
        return NOT_FOUND
    may = verb in READING or (power.is_admin and not power.is_read_only)
    return ALLOWED if may else FORBIDDEN


def question(power: Power, least: str) -> str:
    """Reviews change nothing, so a read-only token asks them, too."""
    if not power.is_known:
        return UNAUTHORIZED
    if least == "portal":
        return ALLOWED if power.is_admin else FORBIDDEN
    if least == "admin" and not power.here:
        return NOT_FOUND
    return ALLOWED if LEVELS.index(power.here) >= LEVELS.index(least) else FORBIDDEN


def impersonation(power: Power) -> str:
    if not power.is_known:
        return UNAUTHORIZED
    return ALLOWED if power.is_admin else FORBIDDEN


def signed_in(power: Power) -> str:
    """What is there for everybody who signs in: discovery, schemas, definitions, questions about oneself."""
    return ALLOWED if power.is_known else UNAUTHORIZED
