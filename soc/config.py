"""Configuration: `soc.yml`, over it environment variables; every fault is named with file and line."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import yaml
from msgspec import Struct, field
from msgspec.structs import force_setattr

from soc import instant
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Topic = Literal["logs.firewall", "logs.host", "logs.app", "logs.data"]


class FileInput(Struct, forbid_unknown_fields=True, frozen=True):
    """Files to be tailed."""

    path: str
    """A glob: `/var/log/nginx/access.log*`."""
    topic: Topic = "logs.host"
    name: str = ""
    format: str = ""
    timezone: str = ""


class SyslogInput(Struct, forbid_unknown_fields=True, frozen=True):
    """One port that takes syslog over UDP and TCP, or, with a certificate, over TLS."""

    bind: str = ""
    """Empty: 127.0.0.1 and port 5514, or 6514 with a certificate."""
    topic: Topic | Literal["auto"] = "auto"
    """`auto` decides by what the message turns out to be."""
    name: str = "syslog"
    timezone: str = ""
    max_messages_per_second: int = 20_000
    """Per peer; what exceeds it is counted and dropped, so that one peer cannot drown the others."""
    allow: list[str] = field(default_factory=list)
    """Addresses and networks that may send; empty: all."""
    tls_cert_file: str = ""
    """The certificate and those between it and its root; then this port takes nothing but TLS (RFC 5425)."""
    tls_key_file: str = ""
    tls_ca_file: str = ""
    """Whose certificates senders must show; empty: they need none."""

    def __post_init__(self) -> None:
        if not self.bind:
            force_setattr(self, "bind", f"127.0.0.1:{6514 if self.tls else 5514}")

    @property
    def tls(self) -> bool:
        return bool(self.tls_cert_file)

    @property
    def protocols(self) -> tuple[str, ...]:
        """What the port is opened for; UDP has no TLS here."""
        return ("tcp",) if self.tls else ("udp", "tcp")


class Sources(Struct, forbid_unknown_fields=True, frozen=True):
    inbox: bool = True
    """Read whole every file that is put into `<data_dir>/inbox`."""
    files: list[FileInput] = field(default_factory=list)
    syslog: list[SyslogInput] = field(default_factory=lambda: [SyslogInput()])


class Kafka(Struct, forbid_unknown_fields=True, frozen=True):
    brokers: str = ""
    tls_ca_file: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password_file: str = ""
    partitions: int = 4
    """Of the topics that `soc setup` creates."""
    replication: int = 1
    session_timeout_ms: int = 10_000
    slot: str = ""
    """Names this worker among those of its group (static membership); default: host name and number."""


class Elasticsearch(Struct, forbid_unknown_fields=True, frozen=True):
    url: str = ""
    username: str = ""
    password_file: str = ""
    writer_username: str = ""
    writer_password_file: str = ""
    ca_file: str = ""
    replicas: int = 0


class Console(Struct, forbid_unknown_fields=True, frozen=True):
    bind: str = "127.0.0.1:8500"
    tls_cert_file: str = ""
    tls_key_file: str = ""
    allow_public_plain: bool = False
    """Bind to more than loopback without TLS, because a proxy in front of it does TLS."""
    session_idle_minutes: int = 30
    public_origin: str = ""
    """`https://soc.example.vn` when a proxy in front shows another address than `bind`."""
    trusted_proxy: str = ""
    """Addresses of such a proxy, by commas: its X-Forwarded-For says where a login comes from."""


class Metrics(Struct, forbid_unknown_fields=True, frozen=True):
    bind: str = "127.0.0.1:9108"


class Retention(Struct, forbid_unknown_fields=True, frozen=True):
    alerts_months: int = 12
    spool_hours: int = 72


class Config(Struct, forbid_unknown_fields=True, frozen=True):
    data_dir: Path = Path("var")
    site_dir: Path | None = None
    """The site's own rules, detectors, inventory, lists, models; default `<data_dir>/site`."""
    timezone: str = "Asia/Ho_Chi_Minh"
    sources: Sources = field(default_factory=Sources)
    kafka: Kafka = field(default_factory=Kafka)
    elasticsearch: Elasticsearch = field(default_factory=Elasticsearch)
    console: Console = field(default_factory=Console)
    metrics: Metrics = field(default_factory=Metrics)
    retention: Retention = field(default_factory=Retention)
    rules: list[str] = field(default_factory=list)
    """More rule folders or archives, beside the shipped ones and the site's."""
    rule_budget: float = 5.0
    """A rule whose own patterns look at more than so many times the bytes of the records is set aside; 0: never."""
    samples: bool = True
    """Replay the shipped samples at the very first start."""
    detect_workers: int = 1
    """Kafka mode: processes of role detect."""

    @property
    def site(self) -> Path:
        return self.site_dir or self.data_dir / "site"

    @property
    def embedded(self) -> bool:
        return not self.kafka.brokers


# Environment variable -> where its value goes. All of them are strings in the end.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "SOC_DATA_DIR": ("data_dir",),
    "SOC_SITE_DIR": ("site_dir",),
    "SOC_TIMEZONE": ("timezone",),
    "SOC_KAFKA_BROKERS": ("kafka", "brokers"),
    "SOC_KAFKA_TLS_CA_FILE": ("kafka", "tls_ca_file"),
    "SOC_KAFKA_TLS_CERT_FILE": ("kafka", "tls_cert_file"),
    "SOC_KAFKA_TLS_KEY_FILE": ("kafka", "tls_key_file"),
    "SOC_KAFKA_SASL_MECHANISM": ("kafka", "sasl_mechanism"),
    "SOC_KAFKA_SASL_USERNAME": ("kafka", "sasl_username"),
    "SOC_KAFKA_SASL_PASSWORD_FILE": ("kafka", "sasl_password_file"),
    "SOC_ELASTICSEARCH_URL": ("elasticsearch", "url"),
    "SOC_ELASTICSEARCH_USERNAME": ("elasticsearch", "username"),
    "SOC_ELASTICSEARCH_PASSWORD_FILE": ("elasticsearch", "password_file"),
    "SOC_ELASTICSEARCH_WRITER_USERNAME": ("elasticsearch", "writer_username"),
    "SOC_ELASTICSEARCH_WRITER_PASSWORD_FILE": ("elasticsearch", "writer_password_file"),
    "SOC_ELASTICSEARCH_CA_FILE": ("elasticsearch", "ca_file"),
    "SOC_CONSOLE_BIND": ("console", "bind"),
    "SOC_CONSOLE_TLS_CERT_FILE": ("console", "tls_cert_file"),
    "SOC_CONSOLE_TLS_KEY_FILE": ("console", "tls_key_file"),
    "SOC_METRICS_BIND": ("metrics", "bind"),
}
RULES = "SOC_RULES"
"""More rule folders or archives, as in PATH: what `soc run --rules` tells every process."""
_PATH = re.compile(r"`\$\.?([^`]*)`")


def load_config(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration from `path`, `SOC_CONFIG`, or `soc.yml` in the working folder if there is one.

    Raises:
        ConfigurationError: with `file:line`, what is wrong, and what is allowed.
    """
    named = str(path) if path else environment.get("SOC_CONFIG", "")
    file = Path(named or "soc.yml")
    document: dict[str, Any] = {}
    if named or file.exists():
        document = _read(file)
    for variable, place in ENVIRONMENT.items():
        if environment.get(variable):
            node = document
            for part in place[:-1]:
                node = node.setdefault(part, {})
            node[place[-1]] = environment[variable]
    more = [path for path in environment.get(RULES, "").split(os.pathsep) if path]
    if more and isinstance(document.setdefault("rules", []), list):
        document["rules"] = [*document["rules"], *more]
    try:
        config = msgspec.convert(document, Config, strict=True, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_located(file, str(error))) from None
    _check(config, file)
    return config


def secret(file: str) -> str:
    """The content of a secret's file, without the line end.

    Raises:
        ConfigurationError: it cannot be read, or others than its owner may read it.
    """
    path = Path(file)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{file}: others than its owner may read this secret; chmod 600 {file}")
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; the secret's file must exist and be readable") from None


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError(kind)


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read ({error}); give another file with SOC_CONFIG") from None
    try:
        document = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{file}:{line}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: not YAML: {error}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file}:1: must be a mapping of settings; see deploy/soc.example.yml")
    return document


def _located(file: Path, message: str) -> str:
    """msgspec's message with the line of the setting it names."""
    told, field_name = _PATH.search(message), re.search(r"unknown field `([^`]+)`", message)
    parts = [part for part in re.split(r"[.\[\]]+", told[1]) if part] if told else []
    if field_name:
        parts.append(field_name[1])
    text = message.split(" - at ", maxsplit=1)[0]
    hint = "; deploy/soc.example.yml explains every setting"
    variable = next(
        (name for name, place in ENVIRONMENT.items() if list(place) == parts and os.environ.get(name)), None
    )
    if variable:
        return f"environment variable {variable}: {text}{hint}"
    line = _line(file, parts)
    return f"{file}:{line}: {'.'.join(parts) or 'settings'}: {text}{hint}"


def _line(file: Path, parts: list[str]) -> int:
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError):
        return 1
    line = 1
    for part in parts:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line


def _check(config: Config, file: Path) -> None:
    zones = [("timezone", config.timezone)]
    zones += [(f"sources.files.{n}.timezone", item.timezone) for n, item in enumerate(config.sources.files)]
    zones += [(f"sources.syslog.{n}.timezone", item.timezone) for n, item in enumerate(config.sources.syslog)]
    for name, value in zones:
        try:
            instant.zone(value)
        except ValueError as error:
            raise ConfigurationError(f"{file}:{_line(file, name.split('.'))}: {name}: {error}") from None
    binds = [("console.bind", config.console.bind), ("metrics.bind", config.metrics.bind)]
    binds += [(f"sources.syslog.{n}.bind", item.bind) for n, item in enumerate(config.sources.syslog)]
    for name, value in binds:
        try:
            address(value)
        except ValueError as error:
            raise ConfigurationError(f"{file}:{_line(file, name.split('.'))}: {name}: {error}") from None
    for n, item in enumerate(config.sources.syslog):
        for name, what in _syslog_faults(item):
            place = f"sources.syslog.{n}.{name}"
            raise ConfigurationError(f"{file}:{_line(file, place.split('.'))}: {place}: {what}")


def _syslog_faults(item: SyslogInput) -> Iterator[tuple[str, str]]:
    """Settings that contradict each other or say nothing."""
    if bool(item.tls_cert_file) != bool(item.tls_key_file):
        there, absent = ("tls_cert_file", "tls_key_file") if item.tls_cert_file else ("tls_key_file", "tls_cert_file")
        yield there, f"needs {absent} too; the same file may hold both"
    elif item.tls_ca_file and not item.tls:
        yield "tls_ca_file", "needs tls_cert_file and tls_key_file; without them nobody is asked for a certificate"
    for each in item.allow:
        try:
            ip_network(each)
        except ValueError:
            yield "allow", f"{each!r} is neither an address nor a network like 192.0.2.0/24"


def address(bind: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8500` or `[::1]:8500`; ValueError if it is not that."""
    host, colon, port = bind.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{bind!r} is not an address like 127.0.0.1:8500")
    return host.strip("[]"), int(port)
