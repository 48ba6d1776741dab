"""What the portal answers otherwise than a kube-apiserver, and why. Asked by test_parity.py for each scenario.

A place is a step's number and what of its answer differs, with all that is below: `2 body.message`. One at which
nothing differs any more fails the scenario: take it out. What is masked for all scenarios is in answers.py.
"""

from __future__ import annotations

from collections.abc import Iterator

DIFFERENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "What cannot be read or makes no sense is refused in the portal's own words: where, and what to do.": {
        "acting in the name of nobody": (
            "1 body.message",
            "2 body.message",
            "3 body.message",
        ),
        "a review that is no review": (
            "1 body.message",
            "2 body.message",
        ),
        "a grace period that is no number": ("2 body.message",),
        "options of another kind": ("2 body.message",),
        "options that cannot be read": (
            "2 body.message",
            "3 body.message",
        ),
        "a token that no list gave": ("1 body.message",),
        "a limit that is no number": (
            "1 body.message",
            "2 body.message",
        ),
        "a list at a version that is not a number": ("1 body.message",),
        "YAML that cannot be read": (
            "1 body.message",
            "2 body.message",
        ),
        "protobuf that cannot be read": (
            "1 body.message",
            "2 body.message",
        ),
        "a packed body is not unpacked": ("1 body.message",),
        "JSON that cannot be read": (
            "1 body.message",
            "2 body.message",
        ),
        "bodies that are no objects": (
            "1 body.message",
            "2 body.message",
            "4 body.message",
            "5 body.message",
        ),
        "an empty body": (
            "1 body.message",
            "2 body.message",
        ),
        "an object without a kind": (
            "2 body.message",
            "3 body.message",
        ),
        "an object of another kind": ("1 body.message",),
        "an object of another version": ("1 body.message",),
        "a body that is nested too deeply": ("1 body.message",),
        "labels that are no texts": (
            "1 body.message",
            "2 body.message",
            "3 body.message",
            "4 body.message",
        ),
        "annotations that are no texts": (
            "1 body.message",
            "2 body.message",
        ),
        "metadata that is no object": (
            "1 body.message",
            "2 body.message",
        ),
        "owners that are no list": (
            "1 body.message",
            "2 body.message",
            "3 body.message",
            "4 body.message",
        ),
        "a version that is no text": (
            "1 body.message",
            "2 body.message",
        ),
        "an update of another kind": ("2 body.message",),
        "a merge patch that is no object": (
            "2 body.message",
            "3 body.message",
            "5 body.message",
        ),
        "a merge patch that cannot be read": (
            "2 body.message",
            "4 body.message",
        ),
        "a JSON patch whose test fails": (
            "2 body.message",
            "4 body.message",
        ),
        "a JSON patch of a place that is not there": (
            "2 body.message",
            "4 body.message",
        ),
        "a JSON patch with an unknown operation": ("2 body.message",),
        "a JSON patch is done whole or not at all": ("2 body.message",),
        "a JSON patch that is no list": (
            "2 body.message",
            "4 body.message",
        ),
        "a JSON patch that cannot be read": ("2 body.message",),
        "a strategic merge patch that is no object": ("2 body.message",),
        "a patch of no known type": (
            "2 body.message",
            "3 body.message",
        ),
        "a patch without a body": (
            "2 body.message",
            "4 body.message",
        ),
        "an apply that cannot be read": (
            "1 body.message",
            "2 body.message",
        ),
        "label selectors that cannot be read": (
            "2 body.message",
            "3 body.message",
            "4 body.message",
            "6 body.message",
            "7 body.message",
            "8 body.message",
            "9 body.message",
            "10 body.message",
            "11 body.message",
            "12 body.message",
        ),
        "label selectors of a custom kind that cannot be read": (
            "1 body.message",
            "2 body.message",
            "3 body.message",
        ),
        "fields that cannot be selected": (
            "1 body.message",
            "2 body.message",
            "3 body.message",
        ),
        "field selectors that cannot be read": ("3 body.message",),
        "a watch with a selector that cannot be read": (
            "1 events[0].message",
            "2 events[0].message",
        ),
        "a timeout that is no number": ("1 events[0].message",),
        "a scale that is none": ("5 body.message",),
    },
    "An address that is not served is answered with a Status, also where a kube-apiserver says it in plain text.": {
        "a collection over all namespaces is not deleted": (
            "2 headers.Content-Type",
            "2 body",
        ),
        "a group that nobody serves": (
            "1 headers.Content-Type",
            "1 body",
            "2 headers.Content-Type",
            "2 body",
        ),
        "a document of schemas that is not there": (
            "1 headers.Content-Type",
            "1 body",
        ),
        "an object made in no namespace": (
            "2 headers.Content-Type",
            "2 body",
        ),
        "a kind that is not there": (
            "2 headers.Content-Type",
            "2 body",
        ),
        "a version that is not there": (
            "2 headers.Content-Type",
            "2 body",
        ),
        "a group that is not there": (
            "1 headers.Content-Type",
            "1 body",
        ),
        "a namespaced kind has no objects outside of namespaces": (
            "2 headers.Content-Type",
            "2 body",
        ),
    },
    "There is no anonymous user: who brings no token is told so, with 401.": {
        "discovery by nobody": ("1 status",),
        "nobody reads without a token": ("1 status",),
        "a watch by nobody": ("1 status",),
    },
    "What one may not see does not exist: 404 where Kubernetes says 403.": {
        "a stranger sees nothing": (
            "2 status",
            "3 status",
            "4 status",
            "5 status",
            "6 status",
        ),
        "a watch by a stranger": ("1 status",),
        "an administrator acts in the name of another": (
            "2 status",
            "3 status",
        ),
    },
    "A list over all namespaces shows what one may read, where Kubernetes refuses it as a whole.": {
        "an ordinary person makes no namespace": ("2 status",),
        "a stranger sees nothing": ("7 status",),
    },
    "What the client did wrong is a 400 and no 5xx.": {
        "an object made with a version": (
            "1 status",
            "2 status",
        ),
        "a strategic merge patch with an unknown directive": ("2 status",),
        "an apply of unknown fields": ("1 status",),
        "a watch from a version that is not a number": ("1 status",),
    },
    "Wrong types in Kubernetes' own kinds are told field by field (422), not for the first one, or for the patch.": {
        "a merge patch to the wrong type": (
            "2 body",
            "3 body",
        ),
        "a strategic merge patch to the wrong type": ("2 body",),
        "a built-in object with a number for a text": ("1 status",),
        "a built-in object with a text for an object": ("1 status",),
        "a secret with data that is not encoded": ("1 status",),
        "a scale that is none": (
            "3 status",
            "4 body",
        ),
    },
    "One cause for each field that is wrong; a kube-apiserver says some twice, or without a place.": {
        "labels with keys that are none": (
            "7 body",
            "8 body",
        ),
        "a custom object with a fraction for a whole number": ("1 body",),
        "a custom object with several faults": ("1 body",),
        "data that is too large": ("1 body.details.causes[0].field",),
        "finalizers that are none": (
            "5 body",
            "6 body",
        ),
    },
    "A text that is null is refused: Kubernetes takes it for an empty one.": {
        "labels that are no texts": (
            "5 status",
            "6 status",
        ),
    },
    "Answers are JSON and YAML, never protobuf.": {
        "discovery in a form that there is not": ("1 body.message",),
        "answers of no known type": (
            "1 body.message",
            "2 body.message",
        ),
        "a form that there is not": (
            "1 body.message",
            "2 body.message",
        ),
    },
    "A kube-apiserver closes the connection when a custom kind gets protobuf; the portal answers.": {
        "a custom kind takes no protobuf": ("1 status",),
    },
    "`application/*` is accepted as what it says, in RFC 9110.": {
        "any answer": ("2 status",),
    },
    "A table is of meta.k8s.io/v1 also for who asks for v1beta1, whose fields are the same.": {
        "the older table": ("1 body.apiVersion",),
    },
    "A client does not set the generation of a new object.": {
        "an object made with what the server writes": ("1 body.metadata.generation",),
    },
    "An object of another uid is told as a conflict of versions, not with the inside of the store.": {
        "a name is taken again": ("4 body.message",),
        "an update of another uid": (
            "2 body.message",
            "3 body.metadata.uid",
            "4 body.message",
        ),
    },
    "A patch that makes another kind of an object is a bad request, not an unreadable patch.": {
        "a merge patch of the kind": ("4 status",),
    },
    "A get answers with the object as it is, whatever version it names.": {
        "a version that is not a number": ("2 status",),
    },
    "An object's own address takes no POST; a kube-apiserver lets one through for custom kinds.": {
        "a method that no object has": ("3 status",),
    },
    "A Scale of a custom kind can be applied; a kube-apiserver fails to convert it (500).": {
        "a scale is applied": (
            "2 status",
            "3 body",
        ),
    },
    "A subresource that is not there is an address that is not there, not an object.": {
        "a scale of a kind without one": (
            "2 body.message",
            "2 body.details",
        ),
        "a subresource that is not there": (
            "2 body.message",
            "2 body.details",
        ),
    },
    "Of a doubled key the last one counts, whole (Go merges the two); of YAML its path is told, not its line.": {
        "doubled fields, Warn": (
            "1 body.data.k",
            "1 body.metadata.managedFields[0].fieldsV1.f:data.f:k",
        ),
        "doubled fields, Ignore": (
            "1 body.data.k",
            "1 body.metadata.managedFields[0].fieldsV1.f:data.f:k",
        ),
        "doubled fields in YAML, Strict": ("1 body.message",),
        "doubled fields in YAML, Warn": ("1 headers.Warning",),
    },
    "What a strict patch refuses is named without the whole object.": {
        "unknown fields in updates and patches, Strict": (
            "3 body.details.causes[0].message",
            "3 body.message",
            "4 body.details.causes[0].message",
            "4 body.message",
            "5 body.details.causes[0].message",
            "5 body.message",
        ),
        "unknown fields in patches of a built-in object, Strict": (
            "2 body.details.causes[0].message",
            "2 body.message",
        ),
    },
    "The mark of a streamed list's end is in the metadata of an empty Table, not in a row without an object.": {
        "an empty list is streamed as a table": (
            "2 events[0].object.metadata.annotations",
            "2 events[0].object.rows[0]",
        ),
    },
    "Of two faults with `resourceVersionMatch` one is told.": {
        "a stream of a list with another match": (
            "1 events[0].details.causes[1]",
            "1 events[0].message",
        ),
        "a token and a match": (
            "4 body.details.causes[0].message",
            "4 body.details.causes[1]",
            "4 body.message",
        ),
    },
    "A watch from a version that is not there yet ends with 410 at once, as its client has seen another store.": {
        "a watch from the future": ("1 events[0]",),
    },
    "A refused review is named by its kind, and shows values as they were sent: a kube-apiserver shows its own.": {
        "a review of nothing": (
            "1 body.details.kind",
            "1 body.message",
            "2 body.details.causes[0].message",
            "2 body.details.kind",
            "2 body.message",
        ),
        "a review of somebody else": (
            "5 body.details.kind",
            "5 body.message",
        ),
        "a review of one's own namespace": (
            "4 body.details.kind",
            "4 body.message",
            "5 body.details.causes[0].message",
            "5 body.details.kind",
            "5 body.message",
            "7 body.details.causes[0].message",
            "7 body.details.kind",
            "7 body.message",
        ),
    },
    "Portal admins become none of the system's own or privileged, but by a switch; nobody comes in anonymously.": {
        "names that are the system's own": (
            "1 status",
            "2 status",
            "3 status",
            "4 status",
        ),
    },
    "Who may not act in another's name is refused it as a whole, not for the verb of the request.": {
        "an ordinary person acts in nobody else's name": (
            "1 body",
            "2 body",
            "3 body",
            "4 body",
        ),
    },
    "A refusal may say more behind Kubernetes' words: who else could do it.": {
        "an editor makes no class": ("3 body.message",),
    },
    "RoleBindings bind to `view`, `edit` and `admin` only.": {
        "nobody makes a role that there is not": ("1 status",),
    },
    "There is no subresource `finalize`: the portal finishes namespaces itself.": {
        "the core resources": ("1 body.namespaces/finalize",),
    },
    "The index of schemas has the type of what it is, JSON.": {
        "the documents of schemas": ("1 headers.Content-Type",),
    },
    "A body that is `null` is no object.": {
        "bodies that are no objects": ("3 status",),
    },
    "The name of a namespace is refused once, not also as the value of the label that it would get.": {
        "names of namespaces": ("3 body",),
    },
    "Of a new object of Kubernetes' own kinds all is its maker's: what is filled in, and that there is a `spec`.": {
        "a namespace in a dry run": ("1 body.metadata.managedFields[0].fieldsV1.f:spec",),
        "a namespace in protobuf": ("1 body.metadata.managedFields[0].fieldsV1.f:spec",),
        "a quota in protobuf": ("1 body.metadata.managedFields[0].fieldsV1.f:spec..",),
    },
    "A refusal says what of it is the reason, behind Kubernetes' words.": {
        "an ordinary person does not write a status": ("4 body.message",),
    },
    "A status without content is left out.": {
        "a quota in protobuf": ("1 body.status",),
    },
    "A warning about unknown fields does not come with a refusal of the version.": {
        "an object of another version": ("2 headers.Warning",),
    },
}


def listed(scenario: str) -> Iterator[str]:
    """The places at which the answers of a scenario may differ."""
    for scenarios in DIFFERENCES.values():
        yield from scenarios.get(scenario, ())


def covers(place: str, found: str) -> bool:
    """Whether what differs at `found` is at `place` or below it."""
    return found == place or found.startswith((f"{place}.", f"{place}[", f"{place} "))
