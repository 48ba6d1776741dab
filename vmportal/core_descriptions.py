"""What the fields of the portal's core kinds mean, by the end of their paths. Pure.

Used by `vmportal.kinds` for fields that do not say it where they are declared.
"""

from __future__ import annotations

WORDS = {
    "spec.finalizers": "What must be done before the namespace may go.",
    "ConfigMap.data": "The values, by key.",
    "involvedObject.namespace": "The namespace of the object.",
    "related.namespace": "The namespace of the object.",
    "secrets.namespace": "The namespace of the object.",
    "uid": "What tells the object from all others.",
    "resourceVersion": "The version of the object that is meant.",
    "count": "How often it happened.",
    "firstTimestamp": "When it happened first.",
    "lastTimestamp": "When it happened last.",
    "eventTime": "When it happened.",
    "source": "Who tells of it.",
    "source.component": "The program.",
    "source.host": "The machine it runs on.",
    "series": "Of something that happens again and again.",
    "lastObservedTime": "When it happened last.",
    "action": "What was done.",
    "reportingComponent": "The program that tells of it.",
    "reportingInstance": "Which one of these programs.",
    "ServiceAccount.secrets": "Secrets that go with the account.",
    "imagePullSecrets": "Secrets to fetch container images with; taken, and without effect.",
    "automountServiceAccountToken": "Whether pods get a token; taken, and without effect.",
    "roleRef.apiGroup": "rbac.authorization.k8s.io.",
    "roleRef.kind": "ClusterRole: the roles are given.",
    "subjects.kind": "User, Group or ServiceAccount.",
    "subjects.name": "The name of who gets the role.",
    "template.metadata": "Labels and annotations of what is made.",
}
