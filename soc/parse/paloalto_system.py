"""What PAN-OS says in words, in the descriptions of its system log: who, from where, to which server, with what result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.parse import network

if TYPE_CHECKING:
    from soc.parse.format import Document

_IP = r"[0-9A-Fa-f:.]{3,45}"
_MAC = r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}"
_USER = re.compile(
    r"\b(?:[Uu]ser(?: name)?:? |[Uu]ser:|admin(?:istrator)? )(?:'([^']{1,256})'|([^\s',]{1,256}?)(?=[,.]?(?:\s|$)))"
    r"|\bby '?(\w[\w.@\\-]{0,255})'?\.?$"
)
_NO_USER = frozenset(
    {"is", "in", "not", "was", "has", "name", "login", "logout", "logged", "group", "authentication", "auto"}
)
_FROM = re.compile(
    r"\b(?:[Ff]rom:? |initiated by |, ip |[Ss]ource IP:? |[Cc]lient IP:? |IP address )'?\[?([0-9A-Fa-f:.]{3,45}\b)"
)
_SERVER = re.compile(
    r"\b(?:[Ss]erver [Aa]ddress:? |(?:dhcp )?server: |sync to server |WildFire Cloud |connect(?:ion)? to (?:server )?|[Pp]eer (?:address:?|IP) )'?([^\s',;]{1,255})"
)
_REASON = re.compile(r"\b[Rr]eason: (.{1,1024}?[.,])(?= +(?:auth(?:entication)? profile\b|[Ff]rom:|vsys\b)|\s{0,8}$)")
_SA = re.compile(rf"\b(?:SA|SAs): ({_IP})\[(\d{{1,5}})\]-({_IP})\[(\d{{1,5}})\]")
_LEASE = re.compile(rf"\bip ({_IP}) --> (?:mac )?({_MAC})")
_PACKAGE = re.compile(r"\bpackage: (\S{1,255})")
_PROTOCOL = re.compile(r"\b(?:using|via) (https?|ssh|telnet|tls|ssl)\b", re.IGNORECASE)
_PORT = re.compile(r"\bPort (\S{1,64}): (Up|Down)\b|\binterface:? ([\w./-]{1,64})")
_FAILED = re.compile(
    r"\b(?:fail(?:ed|ure)?|failed to|denied|invalid|rejected|timed out|unable to|not authorized)\b", re.IGNORECASE
)
_WORKED = re.compile(r"\b(?:succe(?:ss|ssful|ssfully|eded)|authenticated for|logged in|completed)\b", re.IGNORECASE)


def fill(document: Document, text: str) -> None:
    """Adds what a description tells."""
    reason = _REASON.search(text)
    document["event.reason"] = reason[1] if reason else text
    if package := _PACKAGE.search(text):
        document["file.name"] = package[1]
    if protocol := _PROTOCOL.search(text):
        document["network.protocol"] = protocol[1].lower()
    if port := _PORT.search(text):
        document["observer.ingress.interface.name"] = (port[1] or port[3]).rstrip(".")
        document["event.action"] = port[2] or document.get("event.action")
    if (source := _FROM.search(text)) and (address := network.ip(source[1].rstrip("."))):
        document["source.ip"] = address
    if server := _SERVER.search(text):
        name = network.endpoint(server[1].rstrip(".:").partition("[")[0])[0]
        document["destination.ip"] = network.ip(name)
        document["destination.domain"] = None if document["destination.ip"] or "." not in name else name
    _associate(document, text)


def _associate(document: Document, text: str) -> None:
    """The ends of a security association, the client of a lease."""
    if ends := _SA.search(text):
        document["source.ip"], document["source.port"] = network.ip(ends[1]), network.number(ends[2])
        document["destination.ip"], document["destination.port"] = network.ip(ends[3]), network.number(ends[4])
    if lease := _LEASE.search(text):
        document["source.ip"], document["source.mac"] = network.ip(lease[1]), network.mac(lease[2])


def user(text: str) -> str | None:
    """Whom a description is about."""
    for found in _USER.finditer(text):
        name = found[1] or found[2] or found[3]
        if name.lower() not in _NO_USER:
            return name
    return None


def outcome(text: str) -> str | None:
    """How what a description tells ended, where it says so."""
    if _FAILED.search(text):
        return "failure"
    return "success" if _WORKED.search(text) else None
