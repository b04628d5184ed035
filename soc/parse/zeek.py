"""Zeek (Bro 2 to Zeek 7): every log as JSON, and as TSV by the names of its file's `#fields` line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Logsource
from soc.parse.dotted import flat
from soc.parse.ecs_json import field, instant_of
from soc.parse.format import Format
from soc.parse.zeek_ecs import ecs
from soc.parse.zeek_logs import columns_of, log_of

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Native
    from soc.parse.frame import Frame

_HEADER = "#fields\t"
_STAMPED = re.compile(r"\d{9,11}\.\d{6}\t|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\t")
_MOST_COLUMNS = 256
_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")
# By Zeek's own scripts; a file's `#types` line is not kept.
_LISTS = frozenset({
    "answers", "TTLs", "tx_hosts", "rx_hosts", "conn_uids", "analyzers", "tunnel_parents", "cert_chain_fuids", "client_cert_chain_fuids",
    "cert_chain_fps", "client_cert_chain_fps", "orig_fuids", "orig_filenames", "orig_mime_types", "resp_fuids", "resp_filenames",
    "resp_mime_types", "tags", "proxied", "actions", "uids", "msg_types", "client_software_msgs", "sources", "matched", "seen.sources",
    "san.dns", "san.uri", "san.email", "san.ip", "section_names", "fuids", "rcptto", "to", "cc", "path_list", "request_path",
    "response_path", "client_header_names", "server_header_names", "rig",
})  # fmt: skip
_TRUTHS = frozenset({
    "AA", "TC", "RD", "RA", "rejected", "local_orig", "local_resp", "is_orig", "timedout", "extracted_cutoff", "resumed", "established",
    "notice", "auth_success", "success", "forwardable", "renewable", "is_exe", "is_64bit", "uses_aslr", "uses_dep", "uses_seh",
    "uses_code_integrity", "has_import_table", "has_export_table", "has_cert_table", "has_debug_data", "basic_constraints.ca", "tls",
    "is_webmail", "sni_matches_cert", "ssl", "dropped", "host_cert", "client_cert",
})  # fmt: skip
_BOOLEANS = {"T": True, "F": False}
_CONNECTION = ("orig_h", "orig_p", "resp_h", "resp_p")


def decode(frame: Frame) -> Native | None:
    """The record with dotted names and, as `_log`, the log that it is from."""
    given = frame.json
    if given is None or "ts" not in given:
        return None
    native: dict[str, Any] = dict(flat(given)) if any(type(value) is dict for value in given.values()) else dict(given)
    if "id_orig_h" in native:  # how some forwarders write dots
        native |= {f"id.{name}": native[f"id_{name}"] for name in _CONNECTION if f"id_{name}" in native}
    path = native.get("_path")
    log = path if isinstance(path, str) else log_of(native)
    return None if log is None or not _is_time(native.get("ts")) else {**native, "_log": log}


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def decode_tsv(frame: Frame) -> Native | None:
    """As `decode`; values that are unset are left out, sets and truth values are such."""
    text = frame.text
    if not _STAMPED.match(text):
        return None
    values = text.split("\t", _MOST_COLUMNS)
    header = frame.header
    names: list[str] | tuple[str, ...] | None = (
        header[len(_HEADER) :].split("\t") if header.startswith(_HEADER) else None
    )
    if names is None or len(names) != len(values):
        names = columns_of(values)
    log = None if names is None else log_of(names)
    if names is None or log is None:
        return None
    told = {name: _value(name, value) for name, value in zip(names, values, strict=True) if value != "-"}
    return {**told, "_log": log}


def _value(name: str, text: str) -> Any:
    if name in _LISTS:
        return [] if text == "(empty)" else [_unescaped(part) for part in text.split(",")]
    if name in _TRUTHS and text in _BOOLEANS:
        return _BOOLEANS[text]
    return "" if text == "(empty)" else _unescaped(text)


def _unescaped(text: str) -> str:
    if "\\x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\0", "\\x00")


def time(event: Event) -> int | None:
    stamp = event.native["ts"]
    if isinstance(stamp, str) and stamp[:1].isdigit() and "T" not in stamp:
        try:
            stamp = float(stamp)
        except ValueError:
            return None
    return instant_of(stamp, event)


_FIREWALL_LIKE = {"dns": Logsource("zeek", "dns", "dns")}


def kind(native: Native) -> Kind:
    log = native["_log"]
    return (_FIREWALL_LIKE.get(log) or Logsource(product="zeek", service=log if len(log) <= _LONGEST_NAME else ""),)


_LONGEST_NAME = 32

FORMAT = Format(
    name="zeek",
    title="Zeek logs, JSON",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    field=field,
    json=True,
)
TSV = Format(
    name="zeek_tsv",
    title="Zeek logs, TSV",
    decode=decode_tsv,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=("\t",),
)
