"""The backends, and which one a namespace is on. The only place that knows vSphere's or Kubernetes' clients."""

from __future__ import annotations

from vmportal.backends.base import Backend


def backend_for(namespace: str) -> Backend:
    """The backend of a namespace. The simulator is the only connection so far."""
    from vmportal.backends.simulator.backend import Simulator  # needs Django's models

    return Simulator()
