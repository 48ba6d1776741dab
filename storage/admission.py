"""How objects of this app are admitted: their references, rules and policies together. For `storage.kinds`."""

from __future__ import annotations

from storage import quota_rules, rules
from storage.policy import CLAIM_POLICIES, claim_references
from vmportal.admission import Admission

PERSISTENT_VOLUME_CLAIM = Admission(
    references=claim_references, rules=rules.CLAIM_RULES, policies=CLAIM_POLICIES
)
RESOURCE_QUOTA = Admission(rules=quota_rules.RULES)
STORAGE_POLICY_QUOTA = Admission(rules=(rules.the_policy_of_a_quota_stays,))
STORAGE_POLICY_USAGE = Admission(rules=(rules.what_a_usage_counts_stays,))
