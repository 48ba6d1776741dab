"""The shape of Connection. Used by `vmportal.connections.kinds`; pure."""

from __future__ import annotations

from vmportal.kind import Column, Shape
from vmportal.schema.words import array, boolean, conditions, integer, obj, text, time

TYPES = ("Supervisor",)
FIELD_MANAGER = "vm-portal"

_SUPERVISOR = obj(
    {
        "server": text(
            max_length=500, description="Its API server, https://host:port; a kubeconfig brings its own."
        ),
        "certificateAuthority": text(
            max_length=100_000,
            description="Who signs the server's certificate, as PEM text; the system's own authorities when unset.",
        ),
        "tlsServerName": text(
            max_length=253, description="The name in its certificate, where that is not the server's."
        ),
        "insecureSkipTLSVerify": boolean(
            description="Believes whoever answers, and hands them the credentials: for a test bed only."
        ),
        "secretRef": obj(
            {"name": text(min_length=1, max_length=253, description="The name of the Secret.")},
            required=("name",),
            description=(
                "The Secret with the account, in the portal's own namespace: `token`, or `tls.crt` and `tls.key`, or "
                "`kubeconfig`; with `ca.crt` it also says who signs the server's certificate."
            ),
        ),
        "kubeconfigFile": text(
            max_length=253,
            description="In place of a Secret: the name of a kubeconfig in the folder PORTAL_KUBECONFIG_DIR.",
        ),
        "context": text(
            max_length=253, description="Of a kubeconfig: the context; its current one when unset."
        ),
        "fieldManager": text(
            min_length=1,
            max_length=128,
            default=FIELD_MANAGER,
            description="The name under which the portal applies; portals that share a Supervisor have different ones.",
        ),
        "namespaces": array(
            text(),
            set=True,
            max_items=100,
            description="Where on the Supervisor the account has its rights; everywhere when unset.",
        ),
    },
    description="A vSphere Supervisor, or any Kubernetes with VM Operator's custom resources.",
)

_KIND = obj(
    {
        "name": text(description="`virtualmachines.vmoperator.vmware.com`."),
        "version": text(description="The version that the portal speaks."),
        "state": text(description="Served, OtherVersion or Missing."),
        "versions": array(text(), description="The versions that are served."),
    },
    required=("name", "version", "state"),
)
_RIGHT = obj(
    {
        "name": text(description="`virtualmachines.vmoperator.vmware.com`."),
        "namespace": text(description="In which namespace there; in all when unset."),
        "verbs": array(text(), description="What the account may not do."),
    },
    required=("name", "verbs"),
)
_CAPABILITY = obj(
    {
        "name": text(description="The feature flag."),
        "enabled": boolean(description="Whether it is on."),
        "source": text(
            description="Reported by the Supervisor, NotServed (its fields or kinds are missing), or Assumed."
        ),
    },
    required=("name", "enabled", "source"),
)

CONNECTION = Shape(
    group="vmportal.dev",
    version="v1alpha1",
    kind="Connection",
    plural="connections",
    singular="connection",
    short_names=("conn",),
    namespaced=False,
    has_status=True,
    columns=(
        Column("Type", "string", ".spec.type"),
        Column("Server", "string", ".status.server"),
        Column("Version", "string", ".status.version"),
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Account", "string", ".status.account", priority=1),
        Column("Lag-Ms", "integer", ".status.lagMilliseconds", priority=1),
        Column("Seen", "date", ".status.lastSeen", priority=1),
        Column("Age", "date", ".metadata.creationTimestamp"),
    ),
    schema=obj(
        {
            "spec": obj(
                {
                    "type": text(enum=TYPES, default="Supervisor", description="What is there; stays."),
                    "supervisor": _SUPERVISOR,
                },
                description="Where it is, and as whom the portal goes there.",
            ),
            "status": obj(
                {
                    "observedGeneration": integer(
                        0, format="int64", description="The generation of the connection that this tells of."
                    ),
                    "server": text(description="The address that is used."),
                    "verified": boolean(description="Whether the server's certificate is checked."),
                    "account": text(description="As whom the server knows the portal."),
                    "version": text(description="The version of Kubernetes there."),
                    "lastSeen": time("When it last answered."),
                    "lagMilliseconds": integer(0, description="How long an answer took then."),
                    "lastError": text(description="What went wrong last; stays when it has gone over."),
                    "lastErrorTime": time("When that was."),
                    "kinds": array(_KIND, keys=("name",), description="How what the portal needs is served."),
                    "missingRights": array(_RIGHT, description="What the account would have to be allowed."),
                    "capabilities": array(
                        _CAPABILITY, keys=("name",), description="What is switched on there."
                    ),
                    "conditions": conditions(keyed=True),
                },
                description="What was found there.",
            ),
        },
        required=("spec",),
        description="A place where the VMs of namespaces are made true, beside the embedded simulator.",
    ),
)
