"""The backend of namespaces on a vSphere Supervisor, or on any Kubernetes with VM Operator's CRDs.

`client` talks to its API server, `probe` finds out what it can do; `vmportal.connections` says where it is.
"""
