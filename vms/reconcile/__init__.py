"""What must be done to make a VM true, as a list: what is, what is wanted, what to do next. Called by `vms.tasks`.

Pure: no Django, no network, no clock.
"""

from vms.reconcile.facts import Facts, Key, Missing, needs, needs_inventory
from vms.reconcile.plan import plan, refused
from vms.reconcile.step import Event, Path, Plan

__all__ = [
    "Event",
    "Facts",
    "Key",
    "Missing",
    "Path",
    "Plan",
    "needs",
    "needs_inventory",
    "plan",
    "refused",
]
