"""The database of a portal from before quotas were counted: after `migrate` all is counted, with no step by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from storage.models import LedgerEntry, ResourceQuota
from vmportal import demo
from vmportal.models import Work

FIGURES = ("uid", "storage_class", "policy_id", "cpus", "memory", "reserved", "used")


@pytest.fixture
def old(transactional_db, settings) -> Iterator[set]:
    """Migrated back to where there was no ledger, and quotas had no work; what the ledger said before."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    demo.seed()
    figures = set(LedgerEntry.objects.values_list(*FIGURES))
    try:
        call_command("migrate", "storage", "0002", verbosity=0)
        Work.objects.filter(uid__in=ResourceQuota.objects.values("uid")).delete()
        yield figures
    finally:
        call_command("migrate", verbosity=0)


def test_the_ledger_is_filled_and_quotas_are_told(old):
    call_command("migrate", verbosity=0)
    assert set(LedgerEntry.objects.values_list(*FIGURES)) == old != set()
    quotas = ResourceQuota.objects.values("uid")
    assert Work.objects.filter(uid__in=quotas).count() == quotas.count() > 0
    call_command("migrate", verbosity=0)
    assert LedgerEntry.objects.count() == len(old)  # once is enough
