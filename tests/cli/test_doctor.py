"""`soc doctor`: every line on a small site, and what it says when something is wrong."""

from __future__ import annotations

import asyncio
import http.server
import json
import re
import socket
import sqlite3
import threading
from contextlib import contextmanager

import pytest

from soc import content, instant
from soc.cli import _doctor
from soc.cli._doctor import Result, clock, elastic, in_thread, local
from soc.clock import SystemClock
from soc.config import Config, Elasticsearch
from soc.errors import Fault, Unavailable
from soc.sources.certificates import expiry
from soc.stores.elastic_indices import around
from tests.authority import Authority


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def ports(site):
    """A configuration on free ports."""
    chosen = {name: free_port() for name in ("syslog", "console", "metrics")}
    text = f"sources:\n  syslog: [{{bind: '127.0.0.1:{chosen['syslog']}'}}]\n" + "".join(
        f"{name}: {{bind: '127.0.0.1:{chosen[name]}'}}\n" for name in ("console", "metrics")
    )
    (site.folder / "soc.yml").write_text(text)
    return chosen


def lines(told, *names: str) -> list[str]:
    return [line for line in told.stdout.splitlines() if line[6:].split(":")[0] in names]


def level_of(told, name: str) -> set[str]:
    return {line[:4].strip() for line in lines(told, name)}


def test_a_small_site_gets_one_line_for_each_check(site, ports):
    told = site.call("doctor").stdout
    told = re.sub(r"\d+ MB", "N MB", told.replace(str(site.folder), "DATA"))
    told = re.sub(r"now .*?;", "now T;", re.sub(r"tzdata \S+", "tzdata V", told))
    told = re.sub(r"(?m)^(ok|warn|FAIL) +content: .*$", "content", told)
    assert told.splitlines() == [
        "ok    configuration: mode embedded, alerts in SQLite in DATA",
        "ok    data folder: DATA",
        "ok    free space: N MB free of N MB under DATA",
        "ok    site folder: DATA/site is not there yet: shipped rules and detectors only",
        "ok    secrets: 0 files, readable by their owner only",
        "content",
        *(
            f"warn  detector {name}: has no model and is silent (learning); `soc train {name}` once there are some days of logs"
            for name in sorted(file.stem for file in content.detectors_dir().glob("*.yml"))
        ),
        "ok    time zone: Asia/Ho_Chi_Minh, now T; tzdata V",
        "ok    audit trail: not begun yet",
        "ok    service: not running on this data folder",
        f"ok    port of metrics: 127.0.0.1:{ports['metrics']} tcp is free",
        f"ok    port of console: 127.0.0.1:{ports['console']} tcp is free",
        f"ok    port of syslog syslog: 127.0.0.1:{ports['syslog']} udp is free",
        f"ok    port of syslog syslog: 127.0.0.1:{ports['syslog']} tcp is free",
    ]


def test_json_has_the_same_and_the_exit_status_follows_the_failures(site, ports):
    good = json.loads(site.call("doctor", "--format", "json").stdout)
    assert good[0] == {
        "level": "ok", "check": "configuration", "detail": f"mode embedded, alerts in SQLite in {site.folder}", "mend": "",
    }  # fmt: skip
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["console"]))
        other.listen()
        bad = site.call("doctor", "--format", "json")
    assert bad.exit_code == 1
    assert [told for told in json.loads(bad.stdout) if told["check"] == "port of console"] == [
        {
            "level": "FAIL",
            "check": "port of console",
            "detail": f"127.0.0.1:{ports['console']} tcp: Address already in use",
            "mend": f"another program has it (`ss -lntup 'sport = {ports['console']}'`): stop that, or set another address",
        }
    ]


def test_wrong_configuration_is_the_only_line(site):
    (site.folder / "soc.yml").write_text("kafka: {broker: x}\n")
    told = site.call("doctor")
    assert told.exit_code == 1
    (line,) = told.stdout.splitlines()
    assert line.startswith("FAIL  configuration: soc.yml:1: kafka.broker: ")


def test_a_console_that_others_reach_without_tls_fails(site):
    (site.folder / "soc.yml").write_text(f"console: {{bind: '0.0.0.0:{free_port()}'}}\nsources: {{syslog: []}}\n")
    told = site.call("doctor")
    assert level_of(told, "ports") == {"FAIL"}


def test_open_secrets_and_a_broken_trail_fail(site, ports):
    site.call("user", "add", "lan", "--role", "viewer")
    good = site.call("doctor")
    assert lines(good, "secrets", "audit trail") == [
        "ok    secrets: 1 files, readable by their owner only",
        "ok    audit trail: 1 records, whole",
    ]
    key = site.folder / "secrets" / "audit.key"
    with sqlite3.connect(site.folder / "workspace.db") as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute("UPDATE audit SET object = 'minh' WHERE n = 1")
    connection.close()
    bad = site.call("doctor")
    assert lines(bad, "audit trail") == [
        (
            "FAIL  audit trail: record 1: its content is not what was written; somebody changed it: keep the file as evidence, "
            "and compare with published heads"
        )
    ]
    key.chmod(0o644)
    (line,) = lines(site.call("doctor"), "secrets")
    assert line == f"FAIL  secrets: audit key: {key}: others than its owner may read this secret; chmod 600 {key}"


def test_a_data_folder_that_is_a_file_fails(tmp_path):
    (tmp_path / "var").write_text("")
    (told,) = local.data_folder(Config(data_dir=tmp_path / "var"))
    assert told == Result("FAIL", "data folder", f"{tmp_path}/var is no folder", "move it away, or set SOC_DATA_DIR")


def test_a_site_folder_that_was_named_must_be_there(tmp_path):
    (told,) = local.site_folder(Config(data_dir=tmp_path, site_dir=tmp_path / "site"))
    assert (told.level, told.detail) == ("FAIL", f"{tmp_path}/site is missing")
    (tmp_path / "site" / "rules" / "host").mkdir(parents=True)
    (tmp_path / "site" / "rules" / "host" / "a.yml").write_text("")
    (told,) = local.site_folder(Config(data_dir=tmp_path, site_dir=tmp_path / "site"))
    assert told == Result("ok", "site folder", f"{tmp_path}/site: rules 1")


def test_faults_of_content_are_named_up_to_three():
    faults = tuple(Fault(f"{number}.yml", 1, "wrong", "mend it") for number in range(5))
    assert local._rules(7, faults) == Result(
        "FAIL",
        "content",
        "7 rules, 5 faults: 0.yml:1: wrong; mend it; 1.yml:1: wrong; mend it; 2.yml:1: wrong; mend it and 2 more",
        "`soc check` names all of them",
    )


async def test_no_check_can_hang_end_in_a_traceback_or_hide_another():
    never = threading.Event()

    async def unreachable():
        raise Unavailable("no server; start it")

    async def broken():
        raise KeyError("x")

    async def good():
        return [Result("ok", "good", "fine")]

    checks = {"hangs": lambda: in_thread(never.wait), "unreachable": unreachable, "broken": broken, "good": good}
    told = await _doctor.run(checks, 0.2)
    never.set()
    assert [str(result) for result in told] == [
        "FAIL  hangs: no answer within 0.2 s; is it overloaded, or a firewall in between?",
        "FAIL  unreachable: no server; start it",
        "FAIL  broken: the check itself failed: KeyError: 'x'",
        "ok    good: fine",
    ]


def test_a_clock_is_tolerated_warned_about_and_refused():
    assert clock("c", -1.5, "NTP") == Result("ok", "c", "1.5 s behind this machine's")
    assert clock("c", 30, "NTP") == Result("warn", "c", "30.0 s ahead of this machine's", "NTP")
    assert clock("c", -3600, "NTP").level == "FAIL"


def test_servers_that_are_not_there_fail_with_how_to_mend_it(site, ports, monkeypatch):
    monkeypatch.setenv("SOC_KAFKA_BROKERS", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("SOC_ELASTICSEARCH_URL", f"http://127.0.0.1:{free_port()}")
    told = site.call("doctor")
    assert told.exit_code == 1
    kafka, elasticsearch = lines(told, "Kafka", "Elasticsearch")
    assert kafka.startswith("FAIL  Kafka: no Kafka broker of 127.0.0.1:")
    assert kafka.endswith("; see SOC_KAFKA_BROKERS")
    assert elasticsearch.startswith("FAIL  Elasticsearch: http://127.0.0.1:")
    assert elasticsearch.endswith("Connection refused; see SOC_ELASTICSEARCH_URL, SOC_ELASTICSEARCH_CA_FILE")
    assert told.stderr == ""


def test_servers_that_accept_and_say_nothing_cannot_keep_it(site, ports, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("SOC_KAFKA_BROKERS", address)
        monkeypatch.setenv("SOC_ELASTICSEARCH_URL", f"http://{address}")
        told = site.call("doctor", "--seconds", "3")
    assert lines(told, "Kafka", "Elasticsearch") == [
        "FAIL  Kafka: no answer within 3 s; is it overloaded, or a firewall in between?",
        "FAIL  Elasticsearch: no answer within 3 s; is it overloaded, or a firewall in between?",
    ]


@contextmanager
def server(answers):
    """An Elasticsearch that gives these answers: path without query -> (status, document)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            status, document = answers.get(self.path.partition("?")[0], (404, {}))
            content = json.dumps(document(body) if callable(document) else document).encode()
            self.send_response_only(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 (the name that the server calls)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{opened.server_address[1]}"
        opened.shutdown()


def healthy(**changed):
    now = SystemClock().now()
    names = [f"{kind}-{month}" for kind in ("soc-findings", "soc-alerts") for month in around(now)[1:]]
    return {
        "/_cluster/health": (200, {"status": "green", "number_of_nodes": 1}),
        "/_cat/health": (200, [{"epoch": str(now // instant.SECOND)}]),
        "/_cat/indices/soc-findings-*,soc-alerts-*": (200, [{"index": name} for name in names]),
        "/soc-findings-*,soc-alerts-*/_settings/index.blocks.*": (200, {names[0]: {"settings": {}}}),
        "/_index_template/soc-findings": (200, {}),
        "/_index_template/soc-alerts": (200, {}),
        "/_security/user/_has_privileges": (200, granted("all")),
        **changed,
    }


def granted(which, only=()):
    def answer(asked):
        wanted = asked["index"][0]
        held = {name: which == "all" or name in only for name in wanted["privileges"]}
        return {
            "cluster": dict.fromkeys(asked["cluster"], which == "all"),
            "index": dict.fromkeys(wanted["names"], held),
        }

    return answer


def asked(answers, **settings):
    with server(answers) as url:
        results = asyncio.run(elastic.elasticsearch(Config(elasticsearch=Elasticsearch(url=url, **settings))))
        return [str(result).replace(url, "URL") for result in results]


def test_a_healthy_elasticsearch():
    told = asked(healthy(), username="soc", writer_username="")
    assert (
        re.sub(r"clock: \d\.\d s (ahead of|behind)", "clock: D", told.pop(1))
        == "ok    Elasticsearch clock: D this machine's"
    )
    assert told == [
        "ok    Elasticsearch: URL answers, health green, 1 nodes",
        "ok    indices: 4, of this month and the next too, and their templates",
        "ok    privileges: soc has what the console and role jobs need",
        (
            "warn  privileges of the writer: role index writes as soc; give role index a user of its own with `create_doc` only "
            "(SOC_ELASTICSEARCH_WRITER_USERNAME)"
        ),
    ]


def test_an_index_of_the_next_month_may_still_be_missing_one_of_this_month_or_a_template_may_not():
    _, this, following = around(SystemClock().now())
    names = {f"{kind}-{month}" for kind in ("soc-findings", "soc-alerts") for month in (this, following)}
    listing = "/_cat/indices/soc-findings-*,soc-alerts-*"
    mend = "missing; `soc setup` makes them; so does role jobs, hourly"

    def without(name):
        return asked({**healthy(), listing: (200, [{"index": each} for each in names - {name}])})[2]

    assert without(f"soc-alerts-{following}") == f"warn  indices: soc-alerts-{following}: {mend}"
    assert without(f"soc-alerts-{this}") == f"FAIL  indices: soc-alerts-{this}: {mend}"
    told = asked({**healthy(), "/_index_template/soc-alerts": (404, {})})[2]
    assert told == f"FAIL  indices: template soc-alerts: {mend}"


def test_a_refused_user_a_red_cluster_missing_indices_and_blocks_fail():
    assert asked({"/_cluster/health": (401, {})}) == [
        "FAIL  Elasticsearch: URL answers 401; see SOC_ELASTICSEARCH_USERNAME and SOC_ELASTICSEARCH_PASSWORD_FILE"
    ]
    bad = healthy()
    bad["/_cluster/health"] = (200, {"status": "red", "number_of_nodes": 2})
    bad["/_cat/health"] = (200, [{"epoch": "1000"}])
    bad["/_cat/indices/soc-findings-*,soc-alerts-*"] = (200, [])
    bad["/soc-findings-*,soc-alerts-*/_settings/index.blocks.*"] = (
        200,
        {"soc-alerts-2026.01": {"settings": {"index.blocks.read_only_allow_delete": "true"}}},
    )
    bad["/_security/user/_has_privileges"] = (500, {})
    told = asked(bad)
    assert [line[:4] for line in told] == ["FAIL", "FAIL", "FAIL", "FAIL", "warn"]
    assert told[3] == (
        "FAIL  indices: writing is blocked: soc-alerts-2026.01 (index.blocks.read_only_allow_delete); free space on its "
        "disks, then set index.blocks.read_only_allow_delete to null"
    )
    assert told[4].startswith("warn  privileges: the server has no users")


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (("create_doc",), "ok    privileges of the writer: w may create and nothing else"),
        (
            (),
            "FAIL  privileges of the writer: w may not create documents; grant `create_doc` on soc-findings-*,soc-alerts-*",
        ),
        (
            ("create_doc", "index"),
            (
                "warn  privileges of the writer: w may more than it needs: index; leave it `create_doc` only: then the pipeline "
                "cannot touch triage"
            ),
        ),
    ],
)
def test_the_writer_may_create_and_nothing_else(tmp_path, held, expected):
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o600)
    answers = healthy()
    answers["/_security/user/_has_privileges"] = (200, granted("some", held))
    told = asked(answers, username="soc", writer_username="w", writer_password_file=str(password))
    assert told[-1] == expected
    assert told[-2].startswith("FAIL  privileges: soc lacks monitor, manage_index_templates, read, ")


@pytest.mark.services
async def test_a_real_elasticsearch_without_indices(elasticsearch_url):
    told = await elastic.elasticsearch(Config(elasticsearch=Elasticsearch(url=elasticsearch_url)))
    named = {result.what: result for result in told}
    assert named["Elasticsearch"].level in {"ok", "warn"}
    assert named["Elasticsearch clock"].level == "ok"
    assert "indices" in named
    assert named["privileges"].level == "warn"


@pytest.mark.openssl
def test_certificates_that_end_or_do_not_fit_their_keys_are_named(site, ports):
    authority = Authority(site.folder)
    good, soon, late = (authority.sign(name, days) for name, days in (("good", 300), ("soon", 5), ("late", -1)))

    def told(cert, key) -> list[str]:
        (site.folder / "soc.yml").write_text(
            f"sources: {{syslog: [{{bind: '127.0.0.1:{ports['syslog']}', tls_cert_file: {cert}, tls_key_file: {key}}}]}}\n"
            f"console: {{bind: '127.0.0.1:{ports['console']}'}}\nmetrics: {{bind: '127.0.0.1:{ports['metrics']}'}}\n"
        )
        return lines(site.call("doctor"), "certificates", "secrets", "port of syslog syslog")

    where = "certificates: sources.syslog.0"
    assert told(good.cert, good.key) == [
        "ok    secrets: 1 files, readable by their owner only",
        f"ok    {where}.tls_cert_file: {good.cert} is valid until {instant.iso(expiry(good.cert))}",
        f"ok    port of syslog syslog: 127.0.0.1:{ports['syslog']} tcp is free",
    ]
    (_, warned, _) = told(soon.cert, soon.key)
    assert warned == (
        f"warn  {where}.tls_cert_file: {soon.cert} is valid until {instant.iso(expiry(soon.cert))}, 4 days; renew it"
    )
    (_, expired, unfit, _) = told(late.cert, good.key)
    assert (
        expired == f"FAIL  {where}.tls_cert_file: {late.cert} has expired at {instant.iso(expiry(late.cert))}; renew it"
    )
    assert unfit == f"FAIL  {where}: {good.key}: is not the key of {late.cert}; the two files must belong together"
    good.key.chmod(0o640)
    (open_, _, _, _) = told(good.cert, good.key)
    assert open_.startswith("FAIL  secrets: sources.syslog.0.tls_key_file: ")
