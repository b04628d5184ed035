"""Where the parsers that people know from a collector differ, so that their searches find the same fields here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convention:
    """One collector's customs."""

    logon_target_acts: bool
    """In logon events `user` is the account that logs on, not the one that asks for it."""
    value_in_registry_key: bool
    """`registry.key` ends with the value's name."""
    first_label_is_hostname: bool
    """`host.hostname` is what `host.name` has before the first dot."""
    image_folder_is_working_directory: bool
    """Where the event names no current directory, `process.working_directory` is the folder of the image."""


ELASTIC = Convention(
    logon_target_acts=True,
    value_in_registry_key=True,
    first_label_is_hostname=False,
    image_folder_is_working_directory=False,
)
NXLOG = Convention(
    logon_target_acts=False,
    value_in_registry_key=False,
    first_label_is_hostname=True,
    image_folder_is_working_directory=True,
)
