"""What Suricata tells of protocols in which somebody logs in or something succeeds: users, outcomes, what a client calls itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse import json_values as values

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.parse.format import Document

Section = dict[str, Any]


def _outcome(document: Document, *, good: bool) -> None:
    document["event.outcome"] = "success" if good else "failure"


def _smb(section: Section, document: Document) -> None:
    ntlm = section.get("ntlmssp")
    if isinstance(ntlm, dict):
        document["user.name"], document["user.domain"] = values.text(ntlm.get("user")), values.text(ntlm.get("domain"))
        document["source.domain"] = values.text(ntlm.get("host"))
    if (status := values.text(section.get("status"))) and status != "STATUS_MORE_PROCESSING_REQUIRED":
        _outcome(document, good=status == "STATUS_SUCCESS")


def _ftp(section: Section, document: Document) -> None:
    """Replies of 400 and above are refusals (RFC 959)."""
    if section.get("command") == "USER":
        document["user.name"] = values.text(section.get("command_data"))
    codes = values.words(section.get("completion_code"))
    if codes and codes[-1][:1].isdigit():
        _outcome(document, good=codes[-1][0] in "123")


def _krb5(section: Section, document: Document) -> None:
    kind = values.text(section.get("msg_type")) or ""
    if kind == "KRB_ERROR" or section.get("error_code"):
        _outcome(document, good=False)
        document["event.reason"] = values.text(section.get("error_code"))
    elif kind.endswith("_REP"):
        _outcome(document, good=True)


def _mqtt(section: Section, document: Document) -> None:
    connect = section.get("connect")
    if isinstance(connect, dict):
        document["user.name"] = values.text(connect.get("username"))
    answer = section.get("connack")
    if isinstance(answer, dict) and (code := values.count(answer.get("return_code"))) is not None:
        _outcome(document, good=code == 0)


def _rfb(section: Section, document: Document) -> None:
    proof = section.get("authentication")
    result = values.text(proof.get("security_result")) if isinstance(proof, dict) else None
    if result:
        document["event.category"] = ["network", "authentication"]
        _outcome(document, good=result.upper() == "OK")


def _ldap(section: Section, document: Document) -> None:
    """Who binds, and how the last answer ended."""
    request = section.get("request")
    if isinstance(request, dict):
        document["event.action"] = values.text(request.get("operation"))
        bind = request.get("bind_request")
        document["user.name"] = values.text(bind.get("name")) if isinstance(bind, dict) else None
    answers = section.get("responses")
    last = answers[-1] if isinstance(answers, list) and answers and isinstance(answers[-1], dict) else {}
    said = last.get(str(last.get("operation")))
    if isinstance(said, dict) and (code := values.text(said.get("result_code"))):
        _outcome(document, good=code == "success")


def _quic(section: Section, document: Document) -> None:
    name = values.text(section.get("sni"))
    document["tls.client.server_name"] = document["destination.domain"] = name
    for hashed, target in (("ja3", "tls.client.ja3"), ("ja3s", "tls.server.ja3s")):
        digest = section.get(hashed)
        document[target] = values.text(digest.get("hash")) if isinstance(digest, dict) else None
    if agent := values.text(section.get("ua")):
        document["user_agent.original"] = agent


def _dhcp(section: Section, document: Document) -> None:
    document["source.mac"] = document.get("source.mac") or values.mac(section.get("client_mac"))
    if (address := values.ip(section.get("assigned_ip"))) in {None, "0.0.0.0"}:  # noqa: S104 (none yet; nothing is bound)
        address = values.ip(section.get("requested_ip")) or address
    document["client.ip"] = address


FILLS: dict[str, Callable[[Section, Document], None]] = {
    "smb": _smb, "ftp": _ftp, "krb5": _krb5, "mqtt": _mqtt, "rfb": _rfb, "ldap": _ldap, "quic": _quic, "dhcp": _dhcp,
}  # fmt: skip
"""By the section that a record has."""
