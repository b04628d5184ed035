from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest

from soc import instant
from soc.alerting import Suppression, Suppressions
from tests.console.conftest import HOSTILE, NOON, finding, store_findings
from tests.console.test_pages import logged_in


class Page(HTMLParser):
    """What a page holds, as a browser reads it: its links with their text, and the rows of alerts."""

    def __init__(self, text):
        super().__init__()
        self.links, self.rows, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self._inside = self._inside or tag == "a"
        if tag == "a":
            self.links.append((attributes["href"], ""))
        if tag == "tr" and "data-alert" in attributes:
            self.rows.append(attributes)

    def handle_data(self, data):
        if self._inside and data.strip():
            href, text = self.links[-1]
            self.links[-1] = (href, f"{text} {data.strip()}".strip())

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "a"

    @property
    def counted(self):
        """The links that say how many alerts they lead to."""
        return [(href, text) for href, text in self.links if re.search(r"[^\d ].* \d+$", text)]


async def page(client, where="/"):
    answer = await client.get(where)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


async def close(client, world, rule, **more):
    alert = await world.alert(rule)
    where = f"/api/v1/alerts/{alert['soc']['id']}/triage"
    change = {"status": "closed", "disposition": "benign"} | more
    answer = await client.patch(where, json=change, headers={"if-match": f'"{alert["triage"]["revision"]}"'})
    assert answer.status_code == 200


async def test_views_count_what_they_lead_to(world):
    client = await world.person("analyst")
    await close(client, world, "scan")
    await close(client, world, "web", status="acknowledged", disposition=None, assignee="@me")
    found = await page(client)
    for link, text in found.counted:
        assert len((await page(client, link)).rows) == int(text.split()[-1]), text
    assert [text for _, text in found.counted][:6] == [
        "Đang mở 2", "Của tôi 1", "Chưa giao 1", "Nghiêm trọng và cao 1", "Đã đóng 1", "Tất cả 3",
    ]  # fmt: skip


async def test_the_start_shows_open_alerts_and_all_is_one_link_away(world):
    client = await world.person("analyst")
    await close(client, world, "ssh")
    assert len((await page(client)).rows) == 2
    assert len((await page(client, "/?sort=-soc.risk")).rows) == 3


async def test_the_alert_of_the_address_is_in_the_pane_and_one_that_is_gone_leaves_the_queue(world):
    client, alert = await world.person("analyst"), await world.alert("ssh")
    shown = await client.get(f"/?alert={alert['soc']['id']}")
    assert f'<article data-alert="{alert["soc"]["id"]}"' in shown.text
    gone = await client.get("/?alert=gone")
    assert (gone.status_code, "<article" in gone.text) == (200, False)


async def test_an_alert_is_a_page_of_its_own_that_leads_back_to_its_queue(world):
    client, alert = await world.person("analyst"), await world.alert("web")
    answer = await client.get(f"/alerts/{alert['soc']['id']}?filter=soc.layer:application&sort=-soc.risk")
    assert answer.status_code == 200
    assert 'id="back" href="/?filter=soc.layer%3Aapplication&amp;sort=-soc.risk"' in answer.text
    assert "<img" not in answer.text
    assert "\u202e" not in answer.text
    none = await client.get("/alerts/none")
    assert (none.status_code, none.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_findings_come_in_pages(world):
    client, alert = await world.person("analyst"), await world.alert("ssh")
    await store_findings(world.store, [finding("ssh", number) for number in range(10, 30)], NOON)
    where, seen = f"/alerts/{alert['soc']['id']}/findings", []
    while where:
        text = (await client.get(where)).text
        seen += re.findall(r'data-finding="(\w+)"', text)
        more = re.search(r'id="more" href="([^"]+)"', text)
        where = html.unescape(more[1]) if more else ""
    assert len(seen) == len(set(seen)) == 22


async def test_what_is_typed_leads_to_its_address(world):
    client = await world.person("viewer")
    answer = await client.get("/", params={"ask": "quet layer:network", "exclude": "triage.status:closed"})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/?filter=soc.layer%3Anetwork&exclude=triage.status%3Aclosed&text=quet&sort=-soc.risk",
    )
    assert len((await page(client, answer.headers["location"])).rows) == 1


async def test_pages_follow_by_links(world):
    client = await world.person("viewer")
    await store_findings(world.store, [finding("scan", n, f"203.0.113.{n}") for n in range(100, 160)], NOON)
    first = await page(client)
    [following] = [link for link, text in first.links if text.startswith("Trang sau")]
    second = await page(client, following)
    ids = [row["data-alert"] for row in first.rows + second.rows]
    assert len(ids) == len(set(ids)) == 63


async def test_rules_are_named_by_their_title_even_when_no_row_shows_them(world):
    client = await world.person("viewer")
    answer = await client.get("/?filter=rule.id:ssh&filter=soc.layer:data&sort=-soc.risk")
    assert "Dò mật khẩu SSH" in answer.text


async def test_who_may_not_triage_sees_no_acts(world):
    alert = await world.alert("ssh")
    where = f"/alerts/{alert['soc']['id']}"
    assert 'data-do="close"' in (await (await world.person("analyst")).get(where)).text
    assert 'data-do="close"' not in (await (await world.person("viewer")).get(where)).text


async def test_a_page_changes_the_language_and_comes_back(world):
    client = await logged_in(world)
    token = re.search(r'data-csrf="([^"]+)"', (await client.get("/")).text)[1]
    answer = await client.post("/language", data={"csrf": token, "language": "en", "next": "/?text=a"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?text=a")
    assert "SSH guessing" in (await client.get("/")).text
    bad = await client.post("/language", data={"csrf": token, "language": "fr", "next": "//evil.example"})
    assert bad.headers["location"] == "/"
    assert "SSH guessing" in (await client.get("/")).text


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_hostile_text_stays_text_in_the_details(world, language):
    client, alert = await world.person("analyst"), await world.alert("web")
    world.workspace.users.set_language("analyst", language)
    text = (await client.get(f"/?alert={alert['soc']['id']}")).text
    assert "<img" not in text
    assert html.escape(HOSTILE.split("\u202e")[0]) in html.escape(html.unescape(text))


async def test_what_an_exception_hides_is_in_a_view_of_its_own_with_its_reason(world):
    hiding = Suppression("x-1", "exception", "lan", "the scanner of the auditors", 0, NOON + instant.DAY, "scan")
    await world.store.roll_up(0, Suppressions((hiding,)))
    client = await world.person("analyst")
    start = await page(client)
    assert [row["data-status"] for row in start.rows] == ["new", "new"]
    (where,) = [href for href, text in start.counted if text == "Thuộc ngoại lệ 1"]
    excepted = await client.get(where)
    (row,) = Page(excepted.text).rows
    assert '<li>Thuộc ngoại lệ <a href="/?sort=-soc.last_seen"' in excepted.text
    assert ("/?filter=soc.suppressed_by%3Ax-1&suppressed=only&sort=-soc.last_seen", "x-1 1") in Page(
        excepted.text
    ).links
    shown = await client.get(f"/alerts/{row['data-alert']}")
    assert "the scanner of the auditors" in shown.text
    api = await client.get("/api/v1/alerts", params={"suppressed": "only"})
    assert [alert["soc"]["suppressions"] for alert in api.json()["alerts"]] == [[hiding.mark]]
    totals = [(await client.get("/api/v1/alerts", params=asked)).json()["total"] for asked in ({}, {"suppressed": "1"})]
    assert totals == [2, 3]
    assert (await client.get("/api/v1/overview")).json()["suppressed"] == 1
