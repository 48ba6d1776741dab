"""`spec.bootstrap`: how the guest is set up on its first boot. Part of the VirtualMachine's shape; pure."""

from __future__ import annotations

from vmportal.schema.words import array, boolean, integer, obj, preserve_unknown, text
from vms.schema.references import secret_key, value_or_secret

ENCODINGS = (
    *("b64", "base64", "gz", "gzip"),
    *("gz+b64", "gz+base64", "gzip+b64", "gzip+base64", "text/plain"),
)

# Names as cloud-init has them, with underscores.
_USER = obj(
    {
        "name": text(description="The login name."),
        "gecos": text(description="The full name."),
        "groups": array(text()),
        "primary_group": text(),
        "create_groups": boolean(),
        "homedir": text(),
        "no_create_home": boolean(),
        "no_user_group": boolean(),
        "no_log_init": boolean(),
        "shell": text(),
        "uid": integer(format="int64"),
        "system": boolean(description="A system user without a home."),
        "sudo": text(description="A sudo rule, such as ALL=(ALL) NOPASSWD:ALL."),
        "expiredate": text(description="When the account ends, as 2026-12-31."),
        "inactive": integer(description="Days after which an expired password disables the account."),
        "lock_passwd": boolean(description="Whether login by password is off."),
        "passwd": secret_key(description="The password, in a Secret."),
        "hashed_passwd": secret_key(description="The hash of the password, in a Secret."),
        "ssh_authorized_keys": array(text()),
        "ssh_import_id": array(text()),
        "ssh_redirect_user": boolean(),
        "selinux_user": text(),
        "snapuser": text(),
    },
    required=("name",),
)

_FILE = obj(
    {
        "path": text(description="Where in the guest."),
        "content": preserve_unknown("The text itself, or {name, key} of a Secret."),
        "encoding": text(enum=ENCODINGS, default="text/plain"),
        "owner": text(default="root:root"),
        "permissions": text(default="0644", description="Octal, in quotes."),
        "append": boolean(),
        "defer": boolean(description="Write only when users and packages are there."),
    },
    required=("path",),
)

_CLOUD_CONFIG = obj(
    {
        "timezone": text(),
        "defaultUserEnabled": boolean(description="Whether the image's default user is kept."),
        "ssh_pwauth": boolean(description="Whether SSH takes passwords."),
        "users": array(_USER, keys=("name",)),
        "runcmd": preserve_unknown("Commands, each a text or a list of texts."),
        "write_files": array(_FILE, keys=("path",)),
    },
    description="A cloud-config written here; secrets are named, not written.",
)

_CLOUD_INIT = obj(
    {
        "instanceID": text(description="A new value makes cloud-init run again."),
        "cloudConfig": _CLOUD_CONFIG,
        "rawCloudConfig": secret_key(description="A Secret's key with the whole cloud-config."),
        "sshAuthorizedKeys": array(text(), description="Keys for the default user."),
        "useGlobalNameserversAsDefault": boolean(
            description="Whether interfaces without name servers take those of spec.network; true when unset."
        ),
        "useGlobalSearchDomainsAsDefault": boolean(
            description="Whether interfaces without search domains take those of spec.network; true when unset."
        ),
        "waitOnNetwork4": boolean(description="Wait for an IPv4 address before setting up."),
        "waitOnNetwork6": boolean(description="Wait for an IPv6 address before setting up."),
    },
    description="Set up by cloud-init; excludes the other providers.",
)

_AGAIN = "Customize once more at the next power-on; set to false when done."

_LINUX_PREP = obj(
    {
        "customizeAtNextPowerOn": boolean(description=_AGAIN),
        "hardwareClockIsUTC": boolean(),
        "timeZone": text(),
        "password": secret_key(default="password", is_required=False, description="Root's password."),
        "expirePasswordAfterNextLogin": boolean(),
        "scriptText": value_or_secret("A script to run before and after."),
    },
    description="Set up by VMware Tools' Linux customization.",
)

_GUI_UNATTENDED = obj(
    {
        "autoLogon": boolean(description="Log the administrator in; needs count and password."),
        "autoLogonCount": integer(),
        "password": secret_key(default="password", description="The administrator's password."),
        "timeZone": integer(0, default=85, description="Microsoft's time zone number."),
    }
)

_IDENTIFICATION = obj(
    {
        "joinWorkgroup": text(description="A workgroup; excludes the domain."),
        "domainAdmin": text(),
        "domainAdminPassword": secret_key(default="domain_admin_password"),
        "domainOU": text(),
    }
)

_USER_DATA = obj(
    {
        "fullName": text(min_length=1),
        "orgName": text(min_length=1),
        "productID": secret_key(default="product_id", description="The licence key."),
    },
    required=("fullName", "orgName"),
)

_LICENSE = obj(
    {"autoMode": text(enum=("perSeat", "perServer")), "autoUsers": integer()}, required=("autoMode",)
)

_INLINE_SYSPREP = obj(
    {
        "guiUnattended": _GUI_UNATTENDED,
        "guiRunOnce": obj({"commands": array(text())}, description="Commands at the first login."),
        "identification": _IDENTIFICATION,
        "licenseFilePrintData": _LICENSE,
        "userData": _USER_DATA,
        "expirePasswordAfterNextLogin": boolean(),
        "scriptText": value_or_secret("A script to run after."),
    },
    required=("userData",),
    description="The answers, written here.",
)

_SYSPREP = obj(
    {
        "customizeAtNextPowerOn": boolean(description=_AGAIN),
        "rawSysprep": secret_key(description="A Secret's key with the whole answer file."),
        "sysprep": _INLINE_SYSPREP,
    },
    description="Set up by Microsoft's Sysprep.",
)

_PROPERTY = obj(
    {"key": text(), "value": value_or_secret("The property's value.")},
    required=("key",),
)

_VAPP_CONFIG = obj(
    {
        "properties": array(_PROPERTY, keys=("key",)),
        "rawProperties": text(description="A Secret whose keys are the properties."),
    },
    description="OVF properties for the guest.",
)

BOOTSTRAP = obj(
    {
        "cloudInit": _CLOUD_INIT,
        "linuxPrep": _LINUX_PREP,
        "sysprep": _SYSPREP,
        "vAppConfig": _VAPP_CONFIG,
        "disabled": boolean(description="Leave the guest as the image has it."),
    },
    description="How the guest is set up on its first boot.",
)
