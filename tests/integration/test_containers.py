"""The container files, without a container engine: what they say is compared with what the code reads and the docs tell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from soc import service
from soc.config import ENVIRONMENT, address, load_config
from tests import services
from tests.services import ROOT

DEPLOY = ROOT / "deploy"
CHECKER = Path(__file__).parent.parent / "compose"
KAFKA_SETTINGS = {  # what the real Kafka of the tests is not given
    "listener.security.protocol.map",  # its names of listeners mean what they say
    "auto.create.topics.enable",
}
LINE = "<38>1 2026-03-01T08:00:00+07:00 web-02 sshd 7 - - Accepted password for root from 198.51.100.7 port 50122 ssh2"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """`docker-compose.yml` as docker compose itself reads it."""
    if not shutil.which("go"):
        pytest.skip("needs go (1.24 or later): https://go.dev/dl")
    program = tmp_path_factory.mktemp("compose") / "compose"
    for command, folder in (
        (["go", "build", "-o", str(program), "."], CHECKER),
        ([str(program), "docker-compose.yml"], ROOT),
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
    whole: dict[str, Any] = json.loads(done.stdout)
    return whole


def of(project: dict[str, Any], service_name: str, part: str) -> Any:
    return project["services"][service_name].get(part)


def ports(project: dict[str, Any], name: str) -> set[tuple[str, str, str]]:
    """Address, port and protocol on the host; inside it is the same port."""
    told = of(project, name, "ports") or []
    assert all(str(port["target"]) == port["published"] for port in told)
    return {(port.get("host_ip", ""), port["published"], port["protocol"]) for port in told}


def mounts(project: dict[str, Any], name: str) -> dict[str, str]:
    """Target -> a folder or file of this repository, or the name of a volume."""
    return {each["target"]: each["source"].removeprefix(f"{ROOT}/") for each in of(project, name, "volumes") or []}


def test_the_images_are_those_versions_that_the_tests_run_against(project) -> None:
    assert {name: told["image"] for name, told in project["services"].items()} == {
        "kafka": f"apache/kafka:{services.KAFKA_VERSION}",
        "elasticsearch": f"docker.elastic.co/elasticsearch/elasticsearch:{services.ELASTICSEARCH_VERSION}",
        "setup": "soc",
        "soc": "soc",
        "prometheus": "prom/prometheus:v3.7.3",
        "grafana": "grafana/grafana:12.2.1",
    }
    assert of(project, "setup", "build") == {"context": str(ROOT), "dockerfile": "deploy/Dockerfile"}


def test_the_commands_are_ours_and_what_they_name_is_mounted(project) -> None:
    commands = {name: told["command"] for name, told in project["services"].items() if told["command"]}
    assert commands == {
        "setup": ["setup"],
        "soc": ["run"],
        "prometheus": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.retention.time=30d"],
    }
    for name in ("setup", "run"):
        subprocess.run([Path(sys.executable).with_name("soc"), name, "--help"], check=True, capture_output=True)
    assert (ROOT / mounts(project, "prometheus")["/etc/prometheus"] / "prometheus.yml").is_file()


def test_the_ports_are_those_of_the_settings_and_only_syslog_is_open_to_others(project) -> None:
    config = configured(project)
    console, metrics, syslog = config.console.bind, config.metrics.bind, config.sources.syslog[0].bind
    assert ports(project, "soc") == {
        ("127.0.0.1", str(address(console)[1]), "tcp"),
        ("127.0.0.1", str(address(metrics)[1]), "tcp"),
        ("", str(address(syslog)[1]), "tcp"),
        ("", str(address(syslog)[1]), "udp"),
    }
    exposed = instructions("EXPOSE")[0].split()
    assert set(exposed) == {"8500", "9108", "5514/tcp", "5514/udp"}
    assert {port.partition("/")[0] for port in exposed} == {
        str(address(bind)[1]) for bind in (console, metrics, syslog)
    }
    assert ports(project, "prometheus") == {("127.0.0.1", "9090", "tcp")}
    assert ports(project, "grafana") == {("127.0.0.1", "3000", "tcp")}
    assert ports(project, "kafka") | ports(project, "elasticsearch") | ports(project, "setup") == set()
    readme = (ROOT / "README.md").read_text()
    assert f"127.0.0.1:{address(console)[1]}" in readme
    assert f"127.0.0.1:{address(metrics)[1]}" in readme


def test_what_must_survive_is_in_a_volume(project) -> None:
    assert {name: mounts(project, name) for name in project["services"]} == {
        "kafka": {"/var/lib/kafka/data": "kafka"},
        "elasticsearch": {"/usr/share/elasticsearch/data": "elasticsearch"},
        "setup": mounts(project, "soc"),
        "soc": {"/var/lib/soc": "soc", "/etc/soc/soc.yml": "deploy/soc.compose.yml"},
        "prometheus": {"/etc/prometheus": "deploy/prometheus", "/prometheus": "prometheus"},
        "grafana": {
            "/etc/grafana/provisioning": "deploy/grafana/provisioning",
            "/var/lib/grafana/dashboards": "deploy/grafana/dashboards",
            "/var/lib/grafana": "grafana",
        },
    }
    assert set(project["volumes"]) == {"kafka", "elasticsearch", "soc", "prometheus", "grafana"}
    assert of(project, "kafka", "environment")["KAFKA_LOG_DIRS"] in mounts(project, "kafka")
    assert variables()["SOC_DATA_DIR"] in mounts(project, "soc")


def test_every_variable_is_read_by_somebody(project) -> None:
    read = {*ENVIRONMENT, "SOC_CONFIG"}
    for name in ("setup", "soc"):
        assert set(of(project, name, "environment")) - read == set()
    assert set(variables()) - read == {"PATH"}
    assert of(project, "prometheus", "environment") is None
    assert of(project, "grafana", "environment") is None
    assert of(project, "elasticsearch", "environment").keys() == {
        "discovery.type",
        "xpack.security.enabled",
        "ES_JAVA_OPTS",
    }


def test_every_variable_of_kafka_is_a_setting_of_it(project) -> None:
    settings = services.Kafka().settings(9093)
    told = of(project, "kafka", "environment")
    names = {name: name.removeprefix("KAFKA_").lower().replace("_", ".") for name in told}
    assert set(names.values()) - set(settings) - KAFKA_SETTINGS == set()
    ones = {name: value for name, value in told.items() if value == "1"}
    assert {name: settings[names[name]] for name in ones} == ones
    assert told["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"  # `soc setup` creates them as they have to be


def configured(project: dict[str, Any]) -> Any:
    """What soc makes of the compose file's variables and mounted settings."""
    environment = {**variables(), **of(project, "soc", "environment")}
    assert environment["SOC_CONFIG"] in mounts(project, "soc")
    return load_config(ROOT / mounts(project, "soc")[environment["SOC_CONFIG"]], environment)


def test_the_addresses_are_those_of_the_other_containers(project) -> None:
    config = configured(project)
    kafka = of(project, "kafka", "environment")
    assert kafka["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{config.kafka.brokers}"
    assert config.kafka.brokers == "kafka:9092"
    assert config.elasticsearch.url == "http://elasticsearch:9200"
    assert str(config.data_dir) == "/var/lib/soc"
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["static_configs"] == [{"targets": [f"soc:{address(config.metrics.bind)[1]}"]}]
    grafana = DEPLOY / "grafana" / "provisioning"
    (source,) = yaml.safe_load((grafana / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((grafana / "dashboards" / "soc.yml").read_text())["providers"]
    assert provider["options"]["path"] in mounts(project, "grafana")


def test_each_waits_for_what_it_needs_and_is_asked_how_it_is(project) -> None:
    waits = {name: {to: each["condition"] for to, each in (told.get("depends_on") or {}).items()}
             for name, told in project["services"].items()}  # fmt: skip
    assert {name: told for name, told in waits.items() if told} == {
        "setup": {"kafka": "service_healthy", "elasticsearch": "service_healthy"},
        "soc": {"setup": "service_completed_successfully"},
    }
    tests = {
        name: told["healthcheck"]["test"][1] for name, told in project["services"].items() if "healthcheck" in told
    }
    assert set(tests) == {"kafka", "elasticsearch"}
    assert "--bootstrap-server localhost:9092" in tests["kafka"]
    assert "http://localhost:9200/_cluster/health" in tests["elasticsearch"]
    metrics = address(configured(project).metrics.bind)[1]
    (check,) = instructions("HEALTHCHECK")
    assert f"http://127.0.0.1:{metrics}/readyz" in check


def test_a_container_may_drain_before_it_is_killed(project) -> None:
    seconds = float(of(project, "soc", "stop_grace_period").removesuffix("s"))
    assert seconds > service.DRAIN_SECONDS + 10
    unit = (DEPLOY / "systemd" / "soc.service").read_text()
    assert f"TimeoutStopSec={seconds:g}" in unit


def steps() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile with their arguments, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def instructions(name: str) -> list[str]:
    return [arguments for step, arguments in steps() if step == name]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for each in instructions("ENV") for pair in each.split())


def built(folder: Path) -> Path:
    """Carry out the first stage of the Dockerfile as plain commands under a folder; the environment that results."""
    src, environment = folder / "src", folder / "opt" / "soc"
    stage = steps()[1 : next(n for n, (step, _) in enumerate(steps()) if step == "FROM" and n)]
    for step, arguments in stage:
        match step, arguments.split():
            case "WORKDIR", [place]:
                assert place == "/src"
                src.mkdir()
            case "COPY", [*given, to]:
                for each in given:
                    copy(ROOT / each, src / to / each if to == "./" else src / to)
            case "RUN", _:
                # The image keeps no cache of packages but compiled modules; here it is the other way round, for speed.
                command = arguments.replace("/opt/soc", str(environment)).replace("--no-cache-dir", "--no-compile")
                command = re.sub(r"\bpython -m venv", f"{sys.executable} -m venv", command)
                done = subprocess.run(
                    command, shell=True, cwd=src, env=clean(), capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stdout + done.stderr
            case _:
                pytest.fail(f"no way to carry out {step} {arguments}")
    return environment


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def clean() -> dict[str, str]:
    """Nothing of this checkout, nor of its environment."""
    ours = ("SOC_", "PYTHON", "VIRTUAL_ENV", "COV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def test_the_steps_of_the_dockerfile_give_an_installation_that_works_anywhere(tmp_path: Path) -> None:
    environment = built(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert instructions("ENTRYPOINT") == ['["soc"]']

    def run(program: str, *arguments: str, given: str = "") -> str:
        done = subprocess.run([environment / "bin" / program, *arguments], cwd=empty, env=clean(), input=given,
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert run("soc", "--version").strip().endswith(version())
    assert json.loads(run("soc", "parse", given=LINE + "\n"))["user"]["name"] == "root"
    detectors = len(names(ROOT / "detectors", "*.yml"))
    assert re.search(
        rf"[1-9]\d* rules and [1-9]\d* correlations with [1-9]\d* tests, {detectors} detectors: no faults",
        run("soc", "check"),
    )
    found = json.loads(run("python", "-c", FOUND))
    assert found == {
        "rules": names(ROOT / "rules", "*.yml"),
        "detectors": names(ROOT / "detectors", "*.yml"),
        "samples": names(DEPLOY / "samples", "*.log*"),
        "place": str(environment),
    }
    assert list(empty.iterdir()) == []
    (healthy,) = instructions("HEALTHCHECK")
    compile(healthy.partition("-c ")[2].strip('"'), "HEALTHCHECK", "exec")


FOUND = """
import json, sys
from soc import content
def names(folder, pattern): return sorted(path.name for path in folder.rglob(pattern))
rules = content.rules_dir()
print(json.dumps({"rules": names(rules, "*.yml"), "detectors": names(content.detectors_dir(), "*.yml"),
    "samples": names(content.samples_dir(), "*.log*"), "place": sys.prefix if rules.is_relative_to(sys.prefix) else str(rules)}))
"""


def names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in folder.rglob(pattern))


def version() -> str:
    return re.search(r'__version__ = "([^"]+)"', (ROOT / "soc" / "__init__.py").read_text())[1]
