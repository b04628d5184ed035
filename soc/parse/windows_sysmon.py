"""Sysmon events (ids 1 to 29 and 255) as ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.windows_values import account, address, base_name, boolean, hashes, number, pairs, port, put_file, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document
    from soc.parse.windows_convention import Convention

_PROCESS_HASHES = frozenset({1, 23, 24, 25, 26})
_FILE_HASHES = frozenset({6, 7, 15, 23, 26, 27, 28, 29})
_EMPTY_HASH = "0" * 32
_PE = {
    "Company": "company",
    "Description": "description",
    "FileVersion": "file_version",
    "OriginalFileName": "original_file_name",
    "Product": "product",
}
_TEXTS = {
    "CommandLine": "process.command_line",
    "CurrentDirectory": "process.working_directory",
    "ParentImage": "process.parent.executable",
    "ParentCommandLine": "process.parent.command_line",
    "ParentProcessGuid": "process.parent.entity_id",
    "RuleName": "rule.name",
    "QueryName": "dns.question.name",
    "SourceHostname": "source.domain",
    "DestinationHostname": "destination.domain",
    "PipeName": "file.name",
}
_RECORD_TYPES = {
    1: "A",
    2: "NS",
    5: "CNAME",
    6: "SOA",
    12: "PTR",
    15: "MX",
    16: "TXT",
    28: "AAAA",
    33: "SRV",
    65: "HTTPS",
}


def describe_sysmon(fields: Mapping[str, Any], document: Document, event_id: int, convention: Convention) -> None:
    """Add what a Sysmon event tells."""
    fields = {**pairs(fields.get("Message")), **fields}  # NXLog loses ProcessId to its own ProcessID
    for name, target in _TEXTS.items():
        if name in fields:
            document[target] = text(fields[name])
    _process(fields, document)
    _hashes(fields, document, event_id)
    _file(fields, document, event_id)
    if event_id in {12, 13, 14}:
        _registry(fields, document, convention)
    elif event_id == 3:
        _connection(fields, document)
    elif event_id == 22:
        _dns(fields, document)
    elif event_id == 25 and "message" not in document:
        document["message"] = text(fields.get("Type"))
    elif event_id == 255:
        document["error.code"] = text(fields.get("ID"))
        document["event.reason"] = text(fields.get("Description"))


def _process(fields: Mapping[str, Any], document: Document) -> None:
    for first, second, target in (
        ("Image", "SourceImage", "process.executable"),
        ("ProcessGuid", "SourceProcessGuid", "process.entity_id"),
        ("ProcessGuid", "SourceProcessGUID", "process.entity_id"),
    ):
        value = text(fields.get(first)) or text(fields.get(second))
        if value:
            document[target] = value
    pid = number(fields.get("ProcessId", fields.get("SourceProcessId")))
    if pid is not None:
        document["process.pid"] = pid
    document["process.parent.pid"] = number(fields.get("ParentProcessId"))
    domain, name = account(fields.get("User", fields.get("SourceUser")))
    if name:
        document["user.domain"], document["user.name"] = domain, name


def _hashes(fields: Mapping[str, Any], document: Document, event_id: int) -> None:
    found = hashes(fields.get("Hashes", fields.get("Hash")))
    imphash = found.pop("imphash", None)
    targets = [
        target
        for target, ids in (("process", _PROCESS_HASHES), ("file", _FILE_HASHES), ("dll", {6, 7}))
        if event_id in ids
    ]
    for target in targets:
        for name, digest in found.items():
            document[f"{target}.hash.{name}"] = digest
        document[f"{target}.pe.imphash"] = imphash
    if event_id in {1, 6, 7}:
        for target in {"process"} if event_id == 1 else {"file", "dll"}:
            for name, pe in _PE.items():
                document[f"{target}.pe.{pe}"] = text(fields.get(name))
    document["related.hash"] = [*found.values(), *([imphash] if imphash and imphash != _EMPTY_HASH else [])]


def _file(fields: Mapping[str, Any], document: Document, event_id: int) -> None:
    path = text(fields.get("TargetFilename")) or text(fields.get("ImageLoaded")) or text(fields.get("Device"))
    put_file(document, path)
    if event_id not in {6, 7} or path is None:
        return
    document["dll.path"], document["dll.name"] = path, base_name(path)
    status = text(fields.get("SignatureStatus"))
    for target in ("file", "dll"):
        document[f"{target}.code_signature.exists"] = boolean(fields.get("Signed"))
        document[f"{target}.code_signature.status"] = status
        document[f"{target}.code_signature.subject_name"] = text(fields.get("Signature"))
        document[f"{target}.code_signature.valid"] = status == "Valid" if status else None


def _registry(fields: Mapping[str, Any], document: Document, convention: Convention) -> None:
    path = text(fields.get("TargetObject"))
    if path is None:
        return
    hive, _, key = path.partition("\\")
    document["registry.path"], document["registry.hive"] = path, hive
    document["registry.value"] = base_name(path)
    document["registry.key"] = key if convention.value_in_registry_key else key.rpartition("\\")[0]
    details = text(fields.get("Details"))
    if details is None:
        return
    kind, _, digits = details.partition(" (")
    size = number(digits.removesuffix(")").replace("-0x", "")) if kind in {"DWORD", "QWORD"} else None
    if size is None:
        document["registry.data.strings"] = [details]
        document["registry.data.type"] = "REG_BINARY" if details == "Binary Data" else "REG_SZ"
    else:
        document["registry.data.strings"] = [str(size)]
        document["registry.data.type"] = f"REG_{kind}"


def _connection(fields: Mapping[str, Any], document: Document) -> None:
    for side, name in (("source", "Source"), ("destination", "Destination")):
        document[f"{side}.ip"], document[f"{side}.port"] = (
            address(fields.get(f"{name}Ip")),
            port(fields.get(f"{name}Port")),
        )
    document["network.transport"] = (text(fields.get("Protocol")) or "").lower()
    document["network.protocol"] = text(fields.get("DestinationPortName")) or text(fields.get("SourcePortName"))
    initiated = boolean(fields.get("Initiated"))
    if initiated is not None:
        document["network.direction"] = "egress" if initiated else "ingress"


def _dns(fields: Mapping[str, Any], document: Document) -> None:
    document["network.protocol"] = "dns"
    document["dns.response_code"] = "NOERROR" if text(fields.get("QueryStatus")) == "0" else None
    answers: list[dict[str, str]] = []
    for part in (text(fields.get("QueryResults")) or "").split(";"):
        answer = _answer(part.strip())
        if answer:
            answers.append(answer)
    document["dns.answers"] = answers
    addresses = [answer["data"] for answer in answers if answer.get("type") in {"A", "AAAA"}]
    names = [answer["data"] for answer in answers if "data" in answer and answer["type"] not in {"A", "AAAA", "TXT"}]
    document["dns.resolved_ip"] = addresses
    document["related.ip"] = list(dict.fromkeys(addresses))
    document["related.hosts"] = list(dict.fromkeys(names))


def _answer(part: str) -> dict[str, str] | None:
    """`type:  5 name`, or an address."""
    if not part:
        return None
    if part.startswith("type:"):
        code, _, data = part.removeprefix("type:").strip().partition(" ")
        kind = _RECORD_TYPES.get(number(code) or 0, code)
        return {"data": data.strip(), "type": kind} if data.strip() else {"type": kind}
    ip = address(part)
    return {"data": ip, "type": "AAAA" if ":" in ip else "A"} if ip else None
