"""What VMware's daemons say in sentences: who came from where, what was run, which connection failed."""

from __future__ import annotations

import re
from typing import NamedTuple

_USER = r"(?:(?P<domain>[\w.-]{1,128})\\)?(?P<user>[\w.$+-]{1,128}(?:@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}(?=@))?)"
_ADDRESS = r"(?P<address>[0-9A-Fa-f.:]{2,45}|[\w.-]{1,255})"

SPOKEN = 4096
"""Longer texts hold dumps, which say nothing by themselves."""
OWN_LEVEL = re.compile(r"([A-Z][a-z])\(\d{1,4}\)")
"""Where ESXi's own files have a level, other syslog headers have the host."""
EVENT = re.compile(
    r"Event \[(?P<event_id>\d{1,18})\] \[\d{1,4}-\d{1,4}\] \[(?P<created>[^\]\n]{0,40})\] \[(?P<class>[\w.-]{0,128})\] \[(?P<level>\w{0,16})\] "
    r"\[(?P<account>[^\]\n]{0,256})\] \[(?P<datacenter>[^\]\n]{0,256})\] \[(?P<chain>\d{0,18})\] \["
)


class Phrase(NamedTuple):
    """A phrase and what an event that says it means."""

    word: str
    """A literal that every text with the phrase contains, looked for first."""
    pattern: re.Pattern[str]
    category: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    outcome: str = ""


# The more telling before the more general; each is searched for in the first kilobytes of a message.
PHRASES: tuple[Phrase, ...] = (
    Phrase(" logged in as ", re.compile(rf"User {_USER}@{_ADDRESS} logged in as (?P<agent>[^\]\n]{{1,512}})"),
           ("authentication",), ("start",), "success"),
    Phrase(" logged out", re.compile(rf"User {_USER}@{_ADDRESS} logged out(?: \((?:[^\n]{{0,256}}?user agent: (?P<agent>[^\n]{{1,512}})\))?)?"),
           ("authentication",), ("end",), "success"),
    Phrase("ogin ", re.compile(rf"Cannot login {_USER}@{_ADDRESS}"), ("authentication",), ("start",), "failure"),
    Phrase("ogin ", re.compile(r"Successful login (?P<user>[\w.$+-]{1,128})@(?P<domain>[\w.-]{1,255}) from (?P<address>[0-9A-Fa-f.:]{2,45})"),
           ("authentication",), ("start",), "success"),
    Phrase("ogin ", re.compile(r"Failed login (?P<user>[\w.$+-]{1,128})@(?P<domain>[\w.-]{1,255}) from (?P<address>[0-9A-Fa-f.:]{2,45})"),
           ("authentication",), ("start",), "failure"),
    Phrase(" logged in", re.compile(r"User (?P<user>[\w.$+-]{1,128})@(?P<domain>[\w.-]{1,255})@(?P<address>[0-9A-Fa-f.:]{2,45}) logged in"),
           ("authentication",), ("start",), "success"),
    Phrase("login attempt ", re.compile(rf"[Ff]ailed login attempt for (?:non-existent )?user {_USER}@{_ADDRESS}"), ("authentication",), ("start",), "failure"),
    Phrase(" been locked for ", re.compile(r"(?P<whole>Remote access for ESXi local user account '(?P<user>[^'\n]{1,128})' has been locked)"), ("iam",), ("user", "change"), "success"),
    Phrase("SSH session was ", re.compile(rf"SSH session was (?:opened|begun) for '{_USER}@{_ADDRESS}'"), ("session",), ("start",), "success"),
    Phrase("SSH session was ", re.compile(rf"SSH session was (?:closed|ended) for '{_USER}@{_ADDRESS}'"), ("session",), ("end",), "success"),
    Phrase("SSH login has failed", re.compile(rf"SSH login has failed for '{_USER}@{_ADDRESS}'"), ("session",), ("start",), "failure"),
    Phrase(" ssh session ", re.compile(rf"Begin ssh session for user {_USER} from {_ADDRESS}"), ("session",), ("start",), "success"),
    Phrase(" ssh session ", re.compile(rf"End ssh session for user {_USER}(?: from {_ADDRESS})?"), ("session",), ("end",), "success"),
    Phrase("Account ", re.compile(r"Account (?P<target>[\w.$+-]{1,128}) was created on host (?P<host>[\w.:-]{1,255})"), ("iam",), ("user", "creation"), "success"),
    Phrase("Account ", re.compile(r"Account (?P<target>[\w.$+-]{1,128}) was updated on host (?P<host>[\w.:-]{1,255})"), ("iam",), ("user", "change"), "success"),
    Phrase("Account ", re.compile(r"Account (?P<target>[\w.$+-]{1,128}) was removed on host (?P<host>[\w.:-]{1,255})"), ("iam",), ("user", "deletion"), "success"),
    Phrase("Permission ", re.compile(r"Permission (?:created|changed|removed|rule removed) for (?:[\w.-]{1,128}\\{1,2})?(?P<target>[^\s\\]{1,128}) on [^\n]{1,256}?(?:, role is (?P<role>[^,\n]{1,128}))?(?:,|$)"),
           ("iam",), ("admin", "change"), "success"),
    Phrase(" access has been ", re.compile(r"(?:SSH|ESXi [Ss]hell)(?: for the host \S{1,255})? (?:access )?has been (?:enabled|disabled)"), ("configuration",), ("change",), "success"),
    Phrase(" is powered on", re.compile(r"(?P<machine>[^\n\[\]]{1,128}?) on (?P<host>[\w.:-]{1,255}) in \S{1,128} is powered on"), ("host",), ("start",), "success"),
    Phrase(" is powered off", re.compile(r"(?P<machine>[^\n\[\]]{1,128}?) on (?P<host>[\w.:-]{1,255}) in \S{1,128} is powered off"), ("host",), ("end",), "success"),
    Phrase(" password for user ", re.compile(rf"Accepted password for user {_USER} from {_ADDRESS}"), ("authentication",), ("start",), "success"),
    Phrase(" password for user ", re.compile(rf"Rejected password for user {_USER} from {_ADDRESS}"), ("authentication",), ("start",), "failure"),
    Phrase("[Auth]", re.compile(rf"\[Auth\]: User {_USER}"), ("authentication",), ("start",), "success"),
    Phrase("A ticket for ", re.compile(rf"A ticket for {_USER} of type (?P<ticket>\w{{1,32}}) on (?P<host>[\w.:-]{{1,255}})"), ("session",), ("start",)),
    Phrase("Authenticated user ", re.compile(r"Authenticated user (?P<user>[\w.$+-]{1,255})@(?P<domain>[\w.-]{1,255})"),
           ("authentication",), ("info",), "success"),
    Phrase("User {Name: ", re.compile(r"User \{Name: (?P<user>[^,}\n]{1,128}), Domain: (?P<domain>[^,}\n]{1,128})\}"), ("iam",), ("info",)),
    Phrase(" privileges ", re.compile(r"User (?P<domain>[\w.-]{1,128})\\(?P<user>[\w.$+-]{1,128}) "), ("iam",), ("info",)),
    Phrase(" cmd ", re.compile(r"USER (?P<user>[\w.$-]{1,64}) pid (?P<pid>\d{1,10}) cmd (?P<command>[^\n]{1,2048})"), ("process",), ("start",)),
    Phrase("Loaded plugin ", re.compile(r"(?P<whole>Loaded plugin '(?P<file>[^'\n/]{1,255})') from '(?P<directory>/[^'\n]{0,512})/"), ("process",), ("info",)),
    Phrase("Processing ", re.compile(r"Processing \w{0,64}File: (?P<report>/[^\s]{1,512})"), ("process",), ("info",)),
    Phrase("Report Path: ", re.compile(r"Report Path: (?P<report>/[^\s]{1,512})"), ("file",), ("info",)),
    Phrase("Unlocked ", re.compile(r"(?:Unl|L)ocked (?P<file>[\w-]{1,64}\.conf)$"), ("file",), ("info",)),
    Phrase("Requesting ", re.compile(r"Requesting \w{1,16} connection"), ("network",), ("connection",)),
    Phrase("report file ", re.compile(r"report file (?P<report>/[^\n]{1,512}?) generated, size (?P<size>\d{1,18}) bytes"), ("file",), ("creation",)),
    Phrase("Launching binary: ", re.compile(r"Launching binary: (?P<command>[^\n]{1,2048})"), ("process",), ("start",)),
    Phrase("Constructed command: ", re.compile(r"Constructed command: (?P<command>[^\n]{1,2048})"), ("process",), ("info",)),
    Phrase("ForkExec(", re.compile(r"ForkExec\((?P<command>[^)\n]{1,512})\)"), ("process",), ("start",)),
    Phrase("Executing '", re.compile(r"Executing '(?P<command>[^'\n]{1,2048})'"), ("process",), ("start",)),
    Phrase("Reconfigured ", re.compile(r"Reconfigured (?P<machine>[^\n]{1,128}?) on (?P<host>[\w.:-]{1,255}?) in "), ("configuration",), ("change",)),
    Phrase("Connected to ", re.compile(r"Connected to (?P<server>[\w.-]{1,255}):(?P<server_port>\d{1,5})(?: \((?P<path>/[^)\n]{0,512})\))?"),
           ("network",), ("connection", "start"), "success"),
    Phrase("Attempting connection", re.compile(r"Attempting connection; <resolver [^'\n]{0,64}'(?P<server>[\w.-]{1,255}):(?P<server_port>\d{1,5})'"),
           ("network",), ("connection", "start")),
    Phrase("Failed to connect", re.compile(r"Failed to connect;"), ("network",), ("connection", "start"), "failure"),
    Phrase(" endpoint ", re.compile(r"(?:New/Updated )?endpoint (?:added|removed|deleted): (?P<path>/[^\s]{0,512})"), ("configuration",), ("change",)),
    Phrase("DHCP", re.compile(r"DHCP(?:DISCOVER|REQUEST) on (?P<interface>[\w.-]{1,32}) to (?P<server>[0-9A-Fa-f.:]{2,45}) port (?P<server_port>\d{1,5})"),
           ("network",), ("connection", "protocol")),
)  # fmt: skip

# vSphere's event classes (vim.event.*, without that and without "Event") -> category, types, outcome. vSphere Web Services API Reference.
EVENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    **dict.fromkeys(("UserLoginSession", "AlreadyAuthenticatedSession"), (("authentication",), ("start",), "success")),
    **dict.fromkeys(("UserLogoutSession", "SessionTerminated"), (("authentication",), ("end",), "success")),
    **dict.fromkeys(("BadUsernameSession", "NoAccessUser", "InvalidLoginSession"), (("authentication",), ("start",), "failure")),
    **dict.fromkeys(("AccountCreated",), (("iam",), ("user", "creation"), "success")),
    **dict.fromkeys(("AccountUpdated", "UserPasswordChanged"), (("iam",), ("user", "change"), "success")),
    **dict.fromkeys(("AccountRemoved",), (("iam",), ("user", "deletion"), "success")),
    **dict.fromkeys(("UserAssignedToGroup", "UserUnassignedFromGroup"), (("iam",), ("group", "change"), "success")),
    **dict.fromkeys(("PermissionAdded", "PermissionUpdated", "PermissionRemoved", "RoleAdded", "RoleUpdated", "RoleRemoved"),
                    (("iam",), ("admin", "change"), "success")),
    **dict.fromkeys(("VmCreated", "VmCloned", "VmDeployed", "VmRegistered", "HostAdded", "DatacenterCreated", "ClusterCreated", "DatastoreDiscovered"),
                    (("configuration",), ("creation",), "success")),
    **dict.fromkeys(("VmRemoved", "HostRemoved", "DatastoreDestroyed", "ClusterDestroyed", "CustomFieldDefRemoved"),
                    (("configuration",), ("deletion",), "success")),
    **dict.fromkeys(("VmReconfigured", "VmRenamed", "VmRelocated", "VmMigrated", "VmMacChanged", "VmUuidChanged", "HostReconnected", "ClusterReconfigured",
                     "DvsReconfigured", "AlarmReconfigured", "AlarmRemoved", "ScheduledTaskReconfigured", "HostShutdown", "EnteredMaintenanceMode",
                     "ExitMaintenanceMode", "AdminPasswordNotChanged"), (("configuration",), ("change",), "success")),
    **dict.fromkeys(("VmPoweredOn", "VmStarting", "VmResuming"), (("host",), ("start",), "success")),
    **dict.fromkeys(("VmPoweredOff", "VmStopping", "VmSuspended", "VmGuestShutdown"), (("host",), ("end",), "success")),
    **dict.fromkeys(("VmAcquiredTicket", "VmAcquiredMksTicket", "VmRemoteConsoleConnected"), (("session",), ("start",), "success")),
    **dict.fromkeys(("VmRemoteConsoleDisconnected",), (("session",), ("end",), "success")),
    **dict.fromkeys(("HostConnectionLost", "HostDisconnected", "VmFailedToPowerOn", "VmFailedMigrate"), (("host",), ("error",), "failure")),
}  # fmt: skip
