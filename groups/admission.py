"""How objects of this app are admitted: references, defaults, rules and policies together. For `groups.kinds`."""

from __future__ import annotations

from groups.defaults import GROUP_DEFAULTS, GROUP_UNREADABLE, PUBLISH_DEFAULTS
from groups.policy import GROUP_POLICIES
from groups.references import group_references, publish_references
from groups.rules import GROUP_RULES, PUBLISH_RULES
from vmportal.admission import Admission

VIRTUAL_MACHINE_GROUP = Admission(
    references=group_references,
    unreadable=GROUP_UNREADABLE,
    defaults=GROUP_DEFAULTS,
    rules=GROUP_RULES,
    policies=GROUP_POLICIES,
)
VIRTUAL_MACHINE_GROUP_PUBLISH_REQUEST = Admission(
    references=publish_references, defaults=PUBLISH_DEFAULTS, rules=PUBLISH_RULES
)
