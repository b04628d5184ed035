"""Security events of Windows as the message that people read (Log Insight, Snare and others ship that text only)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse import plain
from soc.parse.format import Format
from soc.parse.windows import FLAT
from soc.parse.windows_convention import ELASTIC
from soc.parse.windows_ecs import describe
from soc.parse.windows_events import FAILURES

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

# First sentences, without the full stop and with plain apostrophes.
_TITLES = {
    "The audit log was cleared": 1102,
    "An account was successfully logged on": 4624,
    "An account failed to log on": 4625,
    "An account was logged off": 4634,
    "User initiated logoff": 4647,
    "A logon was attempted using explicit credentials": 4648,
    "Special privileges assigned to new logon": 4672,
    "A new process has been created": 4688,
    "A process has exited": 4689,
    "A service was installed in the system": 4697,
    "A scheduled task was created": 4698,
    "A scheduled task was deleted": 4699,
    "A scheduled task was updated": 4702,
    "System audit policy was changed": 4719,
    "A user account was created": 4720,
    "A user account was enabled": 4722,
    "An attempt was made to change an account's password": 4723,
    "An attempt was made to reset an account's password": 4724,
    "A user account was disabled": 4725,
    "A user account was deleted": 4726,
    "A member was added to a security-enabled global group": 4728,
    "A member was removed from a security-enabled global group": 4729,
    "A member was added to a security-enabled local group": 4732,
    "A member was removed from a security-enabled local group": 4733,
    "A user account was changed": 4738,
    "A user account was locked out": 4740,
    "A member was added to a security-enabled universal group": 4756,
    "A member was removed from a security-enabled universal group": 4757,
    "A user account was unlocked": 4767,
    "A Kerberos authentication ticket (TGT) was requested": 4768,
    "A Kerberos service ticket was requested": 4769,
    "Kerberos pre-authentication failed": 4771,
    "A network share object was accessed": 5140,
    "L'ouverture de session d'un compte s'est correctement déroulée": 4624,
    "Échec d'ouverture de session d'un compte": 4625,
    "Fermeture de session d'un compte": 4634,
    "Privilèges spéciaux attribués à la nouvelle ouverture de session": 4672,
    "Un nouveau processus a été créé": 4688,
    "Un compte d'utilisateur a été créé": 4720,
    "Une tentative de modification du mot de passe d'un compte a été effectuée": 4723,
    "Une tentative de réinitialisation de mot de passe d'un compte a été effectuée": 4724,
    "Un compte d'utilisateur a été verrouillé": 4740,
}
# Whom the lines below a heading describe, by the prefix that the event's own fields have.
_SECTIONS = {
    "Subject": "Subject", "Sujet": "Subject", "New Logon": "Target", "Nouvelle ouverture de session": "Target",
    "Account For Which Logon Failed": "Target", "Compte pour lequel l'ouverture de session a échoué": "Target",
    "Account Whose Credentials Were Used": "Target", "Account That Was Locked Out": "Target", "Target Account": "Target",
    "Compte cible": "Target", "New Account": "Target", "Nouveau compte": "Target", "Account Information": "Target",
    "Group": "Target", "Member": "Member",
}  # fmt: skip
_ACCOUNT = {
    "Security ID": "Sid", "ID de sécurité": "Sid", "Account Name": "UserName", "Nom du compte": "UserName",
    "Group Name": "UserName", "Account Domain": "DomainName", "Domaine du compte": "DomainName", "Group Domain": "DomainName",
    "Logon ID": "LogonId", "ID d'ouverture de session": "LogonId",
}  # fmt: skip
_OTHERS = {
    "Logon Type": "LogonType", "Source Network Address": "IpAddress", "Client Address": "IpAddress",
    "Source Address": "IpAddress", "Source Port": "IpPort", "Client Port": "IpPort", "Workstation Name": "WorkstationName",
    "Process Name": "ProcessName", "Process ID": "ProcessId", "New Process Name": "NewProcessName",
    "New Process ID": "NewProcessId", "Creator Process ID": "ProcessId", "Creator Process Name": "ParentProcessName",
    "Process Command Line": "CommandLine", "Service Name": "ServiceName", "Service File Name": "ServiceFileName",
    "Task Name": "TaskName", "Share Name": "ShareName", "Failure Reason": "FailureReason", "Status": "Status",
    "Sub Status": "SubStatus",
}  # fmt: skip
_LOGOFFS = frozenset({4634, 4647})  # their Subject is the account that left
_UNDECIDED = frozenset({4768, 4769})  # requested, and granted or not
_ESCAPED = re.compile(r"#(0[0-7]{2})")


def decode(frame: Frame) -> Native | None:
    """The message's lines as the flat fields of the event."""
    text = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)) if octal[1] < "040" else octal[0], frame.text)
    title, *lines = text.replace("\u2019", "'").replace("\u00a0", " ").splitlines() or [""]
    event_id = _TITLES.get(title.strip().rstrip("."))
    if event_id is None:
        return None
    fields: dict[str, str] = {}
    side = ""
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if colon and not value and not line[:1].isspace():
            side = _SECTIONS.get(name, "")
        elif colon and (known := _field(name, side, event_id)):
            fields.setdefault(known, value)
    provider = "Microsoft-Windows-Security-Auditing"
    return {"EventID": event_id, "Channel": "Security", "Provider_Name": provider, **fields, "Message": text}


def _field(name: str, side: str, event_id: int) -> str | None:
    part = _ACCOUNT.get(name)
    if part is None or not side:
        return _OTHERS.get(name)
    if side == "Member":
        return {"Sid": "MemberSid", "UserName": "MemberName"}.get(part)
    if event_id in _LOGOFFS:
        side = "Target"
    return f"{side}UserSid" if part == "Sid" else f"{side}{part}"


def ecs(event: Event, document: Document) -> None:
    describe(event.native, document, ELASTIC)
    event_id = event.native["EventID"]
    if event_id in _LOGOFFS:
        document["user.target.id"] = None  # the one account that it names is `user`
    if event_id not in FAILURES | _UNDECIDED:
        document["event.outcome"] = "success"


FORMAT = Format(
    name="windows_message",
    title="Windows security events, message text",
    decode=decode,
    time=plain.time,
    ecs=ecs,
    ecs_fields=FLAT.ecs_fields,
    kind=FLAT.kind,
    hints=("Account Name:", "Nom du compte"),
)
