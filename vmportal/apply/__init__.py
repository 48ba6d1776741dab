"""Server-side apply as Kubernetes does it: who wishes for which fields, and what the object is then.

Called by `vmportal.service`; pure.
"""

from __future__ import annotations

from vmportal.apply.applying import Applier, apply

__all__ = ["Applier", "apply"]
