"""Where volumes and CD-ROMs sit, once a VM has been upgraded (MU-11, MU-13). Part of `vms.defaults`."""

from __future__ import annotations

from storage import placement
from vmportal.admission import Admitting
from vmportal.admission.rule import NEW_UPGRADED, default, feature

SHARED_DISKS = feature("VMSharedDisks")
PLACES_VOLUMES = (SHARED_DISKS | feature("AllDisksArePVCs")) & NEW_UPGRADED
PLACES_CDROMS = SHARED_DISKS & NEW_UPGRADED


@default("MU-11", op="U", gate=PLACES_VOLUMES)
def volumes_are_placed(vm: Admitting) -> None:
    """Volumes get a controller and a unit; missing controllers are added (MP-01 to MP-14)."""
    if vm.new is not None:
        placement.place_volumes(vm.new)


@default("MU-13", op="U", gate=PLACES_CDROMS)
def cdroms_are_placed(vm: Admitting) -> None:
    """CD-ROMs get an IDE controller and a unit, else a SATA one (MD-01 to MD-06)."""
    if vm.new is not None:
        placement.place_cdroms(vm.new, taken=placement.observed_disks(vm.old))
