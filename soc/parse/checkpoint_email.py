"""Events of Check Point Harmony Email and Collaboration in ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse import network, url

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document

_MAIL = {
    "subject": "email.subject", "internet_message_id": "email.message_id", "network_message_id": "email.local_id",
    "from_domain": "source.domain source.address", "from_id": "source.user.id", "from_email": "source.user.email", "from_name": "source.user.full_name",
}  # fmt: skip
_EVENT = {"matched_security_tool": "event.provider", "description_text": "event.reason", "saas": "service.name",
          "category": "event.code"}  # fmt: skip


def _object(*path: Any) -> dict[str, Any]:
    """What a chain of names leads to, if it is an object."""
    node, *names = path
    for name in names:
        node = node.get(name) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _first(value: Any) -> Any:
    return next(iter(value), None) if isinstance(value, list) else None


def ecs(event: Event, document: Document) -> None:
    told = event.native["event"]
    security, mail = told["security_event"], _object(told, "entity", "entity_payload")
    payload, information = _object(security, "entity_payload"), security["entity_info"]
    for names, source in ((_EVENT, payload), (_MAIL, mail)):
        for name, target in names.items():
            value = source.get(name)
            for place in target.split():
                document[place] = value if isinstance(value, str) else None
    document["observer.vendor"], document["observer.product"] = "Checkpoint", "Harmony Email and Collaboration"
    document["observer.name"] = information.get("entity_reporter")
    document["event.severity"] = network.number(payload.get("severity"))
    rule = payload.get("policy_rule_id")
    document["rule.id"] = str(rule) if isinstance(rule, int | str) else None
    document["rule.description"] = _finding(told, payload.get("matched_security_tool"))
    action = _first(security.get("security_event_action"))
    document["event.action"] = action.get("action_type") if isinstance(action, dict) else None
    malware = payload.get("category") == "malware"
    document["event.category"], document["event.type"] = (
        ["malware" if malware else "threat"],
        ["info" if malware else "indicator"],
    )
    document["event.kind"] = "alert"
    document["message"] = document["event.reason"]
    _mail(mail, document)


def _finding(told: dict[str, Any], tool: object) -> str | None:
    """What the tool that found it says about it."""
    for findings in _object(told, "entity", "entity_security_result").values():
        for finding in findings if isinstance(findings, list) else ():
            if isinstance(finding, dict) and finding.get("security_result_entity_type") == tool:
                said = finding.get("status_description")
                return said if isinstance(said, str) else None
    return None


def _mail(mail: dict[str, Any], document: Document) -> None:
    document["email.from.address"] = [mail["from_email"]] if isinstance(mail.get("from_email"), str) else None
    for name, target in (("to", "email.to.address"), ("cc", "email.cc.address"), ("bcc", "email.bcc.address")):
        addresses = mail.get(name)
        document[target] = [one for one in addresses if isinstance(one, str)] if isinstance(addresses, list) else None
    document["source.ip"] = (
        network.ip(mail["sender_client_ip"]) if isinstance(mail.get("sender_client_ip"), str) else None
    )
    ways = {"is_internal": "internal", "is_incoming": "inbound", "is_outgoing": "outbound"}
    document["email.direction"] = next((way for name, way in ways.items() if mail.get(name) is True), None)
    recipient = _first(mail.get("to_user"))
    if isinstance(recipient, dict) and recipient.get("is_external") is not True:
        for name in ("email", "full_name"):
            document[f"destination.user.{name}"] = recipient.get(name) if isinstance(recipient.get(name), str) else None
    link = _first(mail.get("email_links"))
    url.fill(document, link if isinstance(link, str) else "")
