"""Where the parsers that people know from a collector differ, so that their searches find the same fields here."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
    image_is_parent_command_line: bool
    """Where the event tells no more of the parent's command line than its name, it is the parent's image."""
    collector_names_account: bool
    """In PowerShell events `user` is the account that the collector found for the event's SID, not the one in the context."""
    nobody_is_related: bool
    """`related.user` has the `-` that stands for nobody."""
    transport_is_number: bool
    """`network.transport` is the protocol's number, as the firewall's events tell it."""
    task_is_action: bool
    """`event.action` may be the display name of the task, in the language of the host."""
    computer_account_is_computer: bool
    """The names of computers' accounts are without the `$` at their end."""


ELASTIC = Convention(
    logon_target_acts=True,
    value_in_registry_key=True,
    first_label_is_hostname=False,
    image_folder_is_working_directory=False,
    image_is_parent_command_line=False,
    collector_names_account=False,
    nobody_is_related=False,
    transport_is_number=False,
    task_is_action=False,
    computer_account_is_computer=False,
)
LOGSTASH = replace(ELASTIC, task_is_action=True, computer_account_is_computer=True)
"""Winlogbeat's documents as Logstash hands them on, past the pipelines of Elastic's modules."""
NXLOG = Convention(
    logon_target_acts=False,
    value_in_registry_key=False,
    first_label_is_hostname=True,
    image_folder_is_working_directory=True,
    image_is_parent_command_line=True,
    collector_names_account=True,
    nobody_is_related=True,
    transport_is_number=True,
    task_is_action=False,
    computer_account_is_computer=False,
)
