"""Configuration is read, checked and explained with file and line."""

from pathlib import Path

import msgspec
import pytest
import yaml

from soc import config
from soc.errors import ConfigurationError

EXAMPLE = Path(__file__).parent.parent / "deploy" / "soc.example.yml"


def test_the_example_file_holds_every_setting_with_its_default(tmp_path):
    given = config.load_config(EXAMPLE, {})
    assert given == config.Config()
    told = yaml.safe_load(EXAMPLE.read_text())
    whole = msgspec.to_builtins(config.Config(), enc_hook=str)
    whole.pop("site_dir")
    assert told == whole


def test_the_example_of_a_file_to_be_tailed_holds_every_setting_of_one():
    lines = EXAMPLE.read_text().splitlines()
    shown = "\n".join(line.replace("# ", "", 1) for line in lines if line.startswith(("  # - ", "  #   ")))
    (told,) = yaml.safe_load(shown)
    given = msgspec.convert(told, config.FileInput)
    assert set(told) == set(config.FileInput.__struct_fields__)
    assert given == config.FileInput(path=told["path"], topic=told["topic"], name=told["name"])


def test_every_environment_variable_stands_in_the_example_file():
    text = EXAMPLE.read_text()
    assert [name for name in config.ENVIRONMENT if f"[{name}]" not in text] == []


def test_environment_variables_go_over_the_file(tmp_path):
    file = tmp_path / "soc.yml"
    file.write_text("kafka: {brokers: 'a:1', partitions: 7}\n")
    read = config.load_config(file, {"SOC_KAFKA_BROKERS": "b:2", "SOC_DATA_DIR": "/data"})
    assert (read.kafka.brokers, read.kafka.partitions, read.data_dir) == ("b:2", 7, Path("/data"))


def test_more_rules_come_beside_those_of_the_file(tmp_path):
    file = tmp_path / "soc.yml"
    file.write_text("rules: [own]\n")
    assert config.load_config(file, {"SOC_RULES": "/a/b.tar.gz:/c"}).rules == ["own", "/a/b.tar.gz", "/c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "sources:\n  syslog:\n    - bind: 127.0.0.1:1\n    - bnd: x\n",
            ":4: sources.syslog.1.bnd: Object contains unknown field `bnd`",
        ),
        ("timezone: Mars/Base\n", ":1: timezone: unknown time zone 'Mars/Base'"),
        ("kafka:\n  partitions: many\n", ":2: kafka.partitions: Expected `int`, got `str`"),
        ("console:\n  bind: nowhere\n", ":2: console.bind: 'nowhere' is not an address like 127.0.0.1:8500"),
        (
            "sources:\n  syslog:\n    - bind: 127.0.0.1:1\n      tls_cert_file: a.pem\n",
            ":4: sources.syslog.0.tls_cert_file: needs tls_key_file too",
        ),
        ("sources: {syslog: [{tls_key_file: a.key}]}\n", ":1: sources.syslog.0.tls_key_file: needs tls_cert_file too"),
        ("sources: {syslog: [{tls_ca_file: a.pem}]}\n", ":1: sources.syslog.0.tls_ca_file: needs tls_cert_file and"),
        (
            "sources: {syslog: [{allow: [192.0.2.1, 192.0.2.1/24]}]}\n",
            ":1: sources.syslog.0.allow: '192.0.2.1/24' is neither an address nor a network like 192.0.2.0/24",
        ),
        ("a: [\n", ":2: not YAML"),
        ("- a\n", ":1: must be a mapping of settings"),
    ],
)
def test_a_fault_names_file_line_and_setting(tmp_path, text, message):
    file = tmp_path / "soc.yml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        config.load_config(file, {})
    assert str(raised.value).startswith(f"{file}{message}")


def test_a_missing_file_that_was_named_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        config.load_config(tmp_path / "absent.yml", {})


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "password"
    file.write_text("pa55\n")
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        config.secret(str(file))
    file.chmod(0o600)
    assert config.secret(str(file)) == "pa55"


def test_a_syslog_port_is_5514_and_6514_with_a_certificate() -> None:
    plain, secured = config.SyslogInput(), config.SyslogInput(tls_cert_file="a.pem", tls_key_file="a.key")
    assert (plain.bind, plain.protocols) == ("127.0.0.1:5514", ("udp", "tcp"))
    assert (secured.bind, secured.protocols) == ("127.0.0.1:6514", ("tcp",))
