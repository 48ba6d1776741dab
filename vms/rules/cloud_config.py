"""What a cloud config written into the VM looks like (section 6.5 of the catalogue, VB-05 on). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vmportal.admission import Admitting
from vmportal.admission.reading import text
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError

CLOUD_INIT = "spec.bootstrap.cloudInit"
CLOUD_CONFIG = f"{CLOUD_INIT}.cloudConfig"


@rule("VB-05")
def the_cloud_config_is_structured_or_raw(vm: Admitting) -> Iterator[FieldError]:
    """A cloud config is written here or stands in a Secret."""
    if vm.get(CLOUD_CONFIG) is not None and vm.get(f"{CLOUD_INIT}.rawCloudConfig") is not None:
        yield invalid(CLOUD_INIT, "Leave either cloudConfig or rawCloudConfig out.")


@rule("VB-06")
def the_commands_are_a_list(vm: Admitting) -> Iterator[FieldError]:
    """`runcmd` is a list."""
    commands = vm.get(f"{CLOUD_CONFIG}.runcmd")
    if commands is not None and not isinstance(commands, list):
        yield invalid(f"{CLOUD_CONFIG}.runcmds", "Write runcmd as a list of commands.")  # sic (QRK-10)


@rule("VB-07")
def a_command_is_a_text_or_a_list_of_texts(vm: Admitting) -> Iterator[FieldError]:
    """A command of `runcmd` is a text or a list of texts."""
    commands = vm.get(f"{CLOUD_CONFIG}.runcmd")
    for index, command in enumerate(commands if isinstance(commands, list) else ()):
        words = command if isinstance(command, list) else [command]
        if not all(_is_text(word) for word in words):
            yield invalid(
                f"{CLOUD_CONFIG}.runcmds[{index}]", "Write each command as a text or as a list of texts."
            )


@rule("VB-08")
def the_content_of_a_file_is_a_text_or_in_a_secret(vm: Admitting) -> Iterator[FieldError]:
    """The content of a file of `write_files` is a text, or the name and key of a Secret."""
    for _, file in vm.each(f"{CLOUD_CONFIG}.write_files"):
        content = file.get("content")
        is_secret = isinstance(content, dict) and all(_is_text(content.get(key)) for key in ("name", "key"))
        if not is_secret and not _is_text(content):
            yield invalid(
                f"{CLOUD_CONFIG}.write_files[{text(file, 'path')}]",
                "Write the file's content as a text, or name a Secret and its key.",
            )


def _is_text(value: Any) -> bool:
    """Whether the reference reads it as a text; it reads null as an empty one."""
    return value is None or isinstance(value, str)
