"""Guest operating systems that the simulated hosts know, by identifier. Used by the simulator; pure."""

from __future__ import annotations

FULL_NAME = {
    "almalinux_64Guest": "AlmaLinux (64-bit)",
    "centos9_64Guest": "CentOS 9 (64-bit)",
    "debian11_64Guest": "Debian GNU/Linux 11 (64-bit)",
    "debian12_64Guest": "Debian GNU/Linux 12 (64-bit)",
    "debian13_64Guest": "Debian GNU/Linux 13 (64-bit)",
    "oracleLinux9_64Guest": "Oracle Linux 9 (64-bit)",
    "other6xLinux64Guest": "Other 6.x or later Linux (64-bit)",
    "otherGuest": "Other (32-bit)",
    "otherGuest64": "Other (64-bit)",
    "otherLinux64Guest": "Other Linux (64-bit)",
    "rhel8_64Guest": "Red Hat Enterprise Linux 8 (64-bit)",
    "rhel9_64Guest": "Red Hat Enterprise Linux 9 (64-bit)",
    "rockylinux_64Guest": "Rocky Linux (64-bit)",
    "sles15_64Guest": "SUSE Linux Enterprise 15 (64-bit)",
    "ubuntu64Guest": "Ubuntu Linux (64-bit)",
    "vmwarePhoton64Guest": "VMware Photon OS (64-bit)",
    "windows11_64Guest": "Microsoft Windows 11 (64-bit)",
    "windows2019srv_64Guest": "Microsoft Windows Server 2019 (64-bit)",
    "windows2019srvNext_64Guest": "Microsoft Windows Server 2022 (64-bit)",
    "windows2022srvNext_64Guest": "Microsoft Windows Server 2025 (64-bit)",
}
DEFAULT = "otherGuest64"


def family(guest_id: str) -> str:
    """`guest.guestFamily`."""
    return "windowsGuest" if guest_id.startswith("windows") else "linuxGuest"
