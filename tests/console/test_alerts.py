from __future__ import annotations

import msgspec
import pytest

from soc import instant
from tests.console.conftest import HOSTILE, NOON, finding, store_findings


async def rules(client, **params):
    answer = await client.get("/api/v1/alerts", params=params)
    assert answer.status_code == 200, answer.text
    return [alert["rule"]["id"] for alert in answer.json()["alerts"]]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["ssh", "web", "scan"]),
        ({"filter": "rule.id:ssh"}, ["ssh"]),
        ({"filter": ["rule.id:ssh", "rule.id:scan"]}, ["ssh", "scan"]),
        ({"filter": ["rule.id:ssh", "soc.layer:network"]}, []),
        ({"filter": "event.severity:4"}, ["ssh"]),
        ({"filter": "triage.assignee:"}, ["ssh", "web", "scan"]),
        ({"filter": "triage.assignee:@me"}, []),
        ({"exclude": ["soc.layer:host", "soc.layer:network"]}, ["web"]),
        ({"text": "do mat khau"}, ["ssh"]),
        ({"since": "-15m"}, ["ssh", "web", "scan"]),
        ({"since": "2026-01-01T07:00:00"}, []),
        ({"until": "2026-01-01T06:00:00"}, []),
        ({"since": "2026-01-01T06:58:00", "until": "2026-01-01T00:00:00Z"}, ["ssh", "web", "scan"]),
        ({"sort": "soc.risk"}, ["scan", "web", "ssh"]),
        ({"limit": "2"}, ["ssh", "web"]),
    ],
)
async def test_alerts_are_found_by_what_the_address_says(world, params, found):
    assert await rules(await world.person("viewer"), **params) == found


async def test_pages_follow_each_other_without_gap_or_repeat(world):
    client = await world.person("viewer")
    first = (await client.get("/api/v1/alerts", params={"limit": 2})).json()
    second = (await client.get("/api/v1/alerts", params={"limit": 2, "after": first["next"]})).json()
    assert [a["rule"]["id"] for a in first["alerts"] + second["alerts"]] == ["ssh", "web", "scan"]
    assert (first["total"], second["next"]) == (3, "")


@pytest.mark.parametrize(
    "query",
    ["filter=rule.id", "filter=unknown:1", "filter=event.severity:high", "since=yesterday", "limit=0", "limit=201",
     "limit=-1", "limit=%D9%A3", "sort=script", "text=" + "x" * 501, "&".join(["filter=rule.id:x"] * 51)],
)  # fmt: skip
async def test_a_question_that_makes_no_sense_is_a_problem(world, query):
    answer = await (await world.person("viewer")).get(f"/api/v1/alerts?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"]


async def test_a_list_leaves_out_what_one_alert_has(world):
    client = await world.person("viewer")
    brief = (await client.get("/api/v1/alerts", params={"filter": "rule.id:ssh"})).json()["alerts"][0]
    answer = await client.get(f"/api/v1/alerts/{brief['soc']['id']}")
    whole = answer.json()
    assert answer.headers["etag"] == '"0"'
    assert whole == await world.store.get("alert", brief["soc"]["id"])
    assert set(whole["soc"]) - set(brief["soc"]) >= {"evidence", "search"}
    assert brief == {**whole, "soc": brief["soc"]}


async def test_there_is_no_alert_of_that_name(world):
    client = await world.person("analyst")
    for answer in (
        await client.get("/api/v1/alerts/none"),
        await client.patch("/api/v1/alerts/none/triage", json={"status": "acknowledged"}, headers={"if-match": '"0"'}),
    ):
        assert answer.status_code == 404
    assert (await client.get("/api/v1/alerts/none/findings")).json() == {"findings": [], "next": "", "total": 0}


async def test_the_findings_of_an_alert_come_in_pages(world):
    client, alert = await world.person("viewer"), await world.alert("ssh")
    where = f"/api/v1/alerts/{alert['soc']['id']}/findings"
    first = (await client.get(where, params={"limit": 1})).json()
    second = (await client.get(where, params={"limit": 1, "after": first["next"]})).json()
    assert [f["message"] for f in first["findings"] + second["findings"]] == [f"{HOSTILE} 2", f"{HOSTILE} 1"]
    assert (first["total"], second["next"]) == (2, "")


async def test_facets_count_what_the_query_matches(world):
    client = await world.person("viewer")
    answer = await client.get(
        "/api/v1/facets", params={"field": ["soc.layer", "triage.status"], "exclude": "soc.layer:host"}
    )
    assert answer.json() == {
        "facets": {"soc.layer": {"application": 1, "network": 1}, "triage.status": {"new": 2}},
    }
    assert (await client.get("/api/v1/facets")).status_code == 400
    assert (await client.get("/api/v1/facets", params={"field": "password"})).status_code == 400


async def test_the_overview_counts_open_alerts(world):
    client, alert = await world.person("analyst"), await world.alert("ssh")
    where = f"/api/v1/alerts/{alert['soc']['id']}/triage"
    await client.patch(where, json={"status": "closed", "disposition": "benign"}, headers={"if-match": '"0"'})
    assert (await client.get("/api/v1/overview")).json() == {
        "total": 3,
        "suppressed": 0,
        "status": {"new": 2, "closed": 1},
        "open_severity": {"2": 1, "3": 1},
        "open_layer": {"application": 1, "network": 1},
        "open_assignee": {},
    }


async def test_users_are_those_who_can_be_given_an_alert(world):
    world.workspace.users.disable("auditor")
    told = (await (await world.person("viewer")).get("/api/v1/users")).json()
    assert [user["name"] for user in told["users"]] == ["administrator", "analyst", "rule_admin", "viewer"]
    assert {frozenset(user) for user in told["users"]} == {frozenset({"name", "role"})}


async def test_a_decision_changes_the_alert_and_its_etag(world):
    client, alert = await world.person("analyst"), await world.alert()
    where = f"/api/v1/alerts/{alert['soc']['id']}/triage"
    change = {"status": "in_progress", "assignee": "@me", "note": "  looking  "}
    answer = await client.patch(where, json=change, headers={"if-match": '"0"'})
    triage = answer.json()["triage"]
    assert (answer.status_code, answer.headers["etag"], triage["revision"]) == (200, '"1"', 1)
    assert (triage["status"], triage["assignee"], triage["notes"][0]["text"]) == ("in_progress", "analyst", "looking")
    assert await world.store.get("alert", alert["soc"]["id"]) == answer.json()
    assert await rules(client, filter="triage.assignee:@me") == ["ssh"]


async def test_each_decision_is_in_the_trail_as_intent_and_outcome(world):
    client, alert = await world.person("analyst"), await world.alert()
    id_ = alert["soc"]["id"]
    for change, etag in (({"status": "acknowledged"}, '"0"'), ({"status": "closed"}, '"1"'), ({"note": "late"}, '"0"')):
        await client.patch(f"/api/v1/alerts/{id_}/triage", json=change, headers={"if-match": etag})
    results = ["intent", "done", "intent", "refused", "intent", "conflict"]
    assert world.told("triage") == [("analyst", "triage", id_, result) for result in results]
    assert world.workspace.audit.open_intents() == []
    intent = world.workspace.audit.page(act="triage", limit=6)[-1]
    assert msgspec.json.decode(intent.detail) == {
        "revision": 0,
        "at": instant.iso(NOON),
        "change": {"status": "acknowledged"},
    }


async def test_who_comes_second_is_told_how_the_alert_stands_and_changes_nothing(world):
    one, other, alert = await world.person("analyst"), await world.person("rule_admin"), await world.alert()
    where = f"/api/v1/alerts/{alert['soc']['id']}/triage"
    first = await one.patch(where, json={"status": "acknowledged", "assignee": "@me"}, headers={"if-match": '"0"'})
    second = await other.patch(where, json={"status": "closed", "disposition": "test"}, headers={"if-match": '"0"'})
    assert (second.status_code, second.headers["content-type"]) == (412, "application/problem+json")
    assert second.json()["current"] == first.json() == await world.store.get("alert", alert["soc"]["id"])


async def test_a_decision_names_the_revision_that_was_seen(world):
    client, alert = await world.person("analyst"), await world.alert()
    where = f"/api/v1/alerts/{alert['soc']['id']}/triage"
    for headers, status in (({}, 428), ({"if-match": "*"}, 400), ({"if-match": "0"}, 400), ({"if-match": '"x"'}, 400)):
        assert (await client.patch(where, json={"status": "acknowledged"}, headers=headers)).status_code == status
    assert (
        await client.patch(where, json={"status": "acknowledged"}, headers={"if-match": 'W/"0"'})
    ).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"note": "   "},
        {"status": "closed", "disposition": "false_positive"},
        {"status": "closed", "disposition": "false_positive", "note": "  "},
        {"assignee": "nobody"},
        {"assignee": "Analyst"},
        {"status": "closed"},
        {"disposition": "benign", "status": "new"},
    ],
    ids=str,
)
async def test_a_decision_that_is_not_whole_is_refused(world, change):
    client, alert = await world.person("analyst"), await world.alert()
    answer = await client.patch(f"/api/v1/alerts/{alert['soc']['id']}/triage", json=change, headers={"if-match": '"0"'})
    assert answer.status_code == 422
    assert (await world.store.get("alert", alert["soc"]["id"]))["triage"]["revision"] == 0


@pytest.mark.parametrize(
    "change", [{"status": "open"}, {"disposition": "x"}, {"note": "x" * 10_001}, {"revision": 1}], ids=str
)
async def test_a_value_that_is_not_documented_is_refused(world, change):
    client, alert = await world.person("analyst"), await world.alert()
    answer = await client.patch(f"/api/v1/alerts/{alert['soc']['id']}/triage", json=change, headers={"if-match": '"0"'})
    assert answer.status_code == 400


async def test_a_false_positive_with_a_note_closes(world):
    client, alert = await world.person("analyst"), await world.alert()
    change = {"status": "closed", "disposition": "false_positive", "note": "the scanner of the data centre"}
    answer = await client.patch(f"/api/v1/alerts/{alert['soc']['id']}/triage", json=change, headers={"if-match": '"0"'})
    assert answer.json()["triage"]["disposition"] == "false_positive"


async def test_a_search_is_written_down_once_in_ten_minutes_for_each_user(world):
    client, other = await world.person("viewer"), await world.person("auditor")
    for _ in range(3):
        await rules(client, text="ssh")
    await rules(client, text="scan")
    await rules(other, text="ssh")
    world.clock.advance(10 * instant.MINUTE)
    await rules(client, text="ssh")
    told = world.workspace.audit.page(act="search")[::-1]
    assert [(record.actor, msgspec.json.decode(record.detail)["query"]) for record in told] == [
        ("viewer", "text=ssh"),
        ("viewer", "text=scan"),
        ("auditor", "text=ssh"),
        ("viewer", "text=ssh"),
    ]


async def test_an_export_has_whole_alerts_in_order_and_is_written_down(world):
    answer = await (await world.person("auditor")).get("/api/v1/alerts/export", params={"exclude": "rule.id:web"})
    exported = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    assert [alert["rule"]["id"] for alert in exported] == ["ssh", "scan"]
    assert exported[0] == await world.store.get("alert", exported[0]["soc"]["id"])
    assert answer.headers["content-disposition"] == 'attachment; filename="alerts.ndjson"'
    assert world.told("export") == [("auditor", "export", "/api/v1/alerts/export", "done")]


async def test_an_export_goes_over_all_pages(world):
    many = [finding("scan", number, f"198.51.100.{number}") for number in range(250)]
    await store_findings(world.store, many, NOON)
    answer = await (await world.person("analyst")).get("/api/v1/alerts/export", params={"filter": "rule.id:scan"})
    ids = {msgspec.json.decode(line)["soc"]["id"] for line in answer.content.splitlines()}
    assert len(ids) == 251


async def test_the_audit_trail_is_read_in_pages_by_those_who_may(world):
    client = await world.person("auditor")
    for number in range(3):
        world.workspace.audit.append("lan", "note", str(number), {"number": number})
    first = (await client.get("/api/v1/audit", params={"act": "note", "limit": 2})).json()
    second = (await client.get("/api/v1/audit", params={"act": "note", "limit": 2, "before": first["next"]})).json()
    records = first["records"] + second["records"]
    assert [(r["actor"], r["object"], r["detail"], r["at"]) for r in records] == [
        ("lan", str(number), {"number": number}, instant.iso(NOON)) for number in (2, 1, 0)
    ]
    assert second["next"] == 0
