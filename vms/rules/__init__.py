"""What a VirtualMachine may look like, as VM Operator's webhooks say it, in the order of their checks. Run by `admit`."""

from __future__ import annotations

from vmportal.admission.rule import collect
from vms.rules import bootstrap, cloud_config, image, klass, locks, power, storage_class, sysprep, zone

RULES = collect(
    zone,
    image,
    klass,
    storage_class,
    bootstrap,
    cloud_config,
    sysprep,
    power,
    locks,
)
