"""How objects of this app are admitted: their references, defaults, rules and policies together. For `vms.kinds`."""

from __future__ import annotations

from vmportal.admission import Admission
from vms.defaults import DEFAULTS, UNREADABLE
from vms.policy import POLICIES
from vms.references import references
from vms.rules import RULES

VIRTUAL_MACHINE = Admission(
    references=references, unreadable=UNREADABLE, defaults=DEFAULTS, rules=RULES, policies=POLICIES
)
