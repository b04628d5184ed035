"""A console reads attacker-written text all day: whatever it holds, it is text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from soc import alerting
from soc.console import words
from soc.finding import RuleInfo
from soc.stores import Change
from tests.console.conftest import store_findings
from tests.e2e import browsing, invented

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_ESCAPE = re.compile(r"(?:\\u[0-9a-f]{4})+")
PAYLOADS = [
    _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16"), line)
    for line in (Path(__file__).parent / "hostile.txt").read_text("utf-8").splitlines()
]  # fmt: skip
INTRUDERS = """() => [...document.querySelectorAll(
    'img, iframe, object, embed, video, audio, math, marquee, base, style, template, body script, meta[http-equiv], ' +
    'link[href*=evil], form[action*=evil], [style], [src=x], [href^="javascript:" i], [formaction], [autofocus]:not(dialog *)')]
  .concat([...document.querySelectorAll('*')].filter((e) => e.getAttributeNames().some((name) => name.startsWith('on'))))
  .map((e) => e.outerHTML)"""


def hostile(payload, number):
    """A finding that says it everywhere."""
    rule = RuleInfo(
        f"hostile-{number:02} {payload}", payload, payload, payload, "anomaly" if number % 2 else "rule", "high", payload,
        description=payload, controls=(payload,), tactics=(payload,), techniques=(payload,), runbook_vi=(payload,),
        runbook_en=(payload,), falsepositives=(payload,),
    )  # fmt: skip
    document = dict.fromkeys(("host.name", "source.ip", "destination.ip", "user.name", "message", "url.original", "soc.source.zone", "soc.asset.name", "soc.asset.owner", "soc.asset.criticality", "soc.anomaly.model", "soc.anomaly.baseline"), payload)  # fmt: skip
    document[f"labels.{payload.replace('.', '')}"] = payload
    document["process.args"] = [payload, payload]
    why = (
        [{"name": payload, "name_vi": payload, "value": 1, "usual": 0, "one_in": 2, "contribution": 0.5}]
        if number % 2
        else [{"selection": payload, "field": payload, "value": payload, "asked": payload}]
    )
    group = alerting.Group(((payload, payload),), invented.NOW)
    return alerting.finding_of(
        rule, group, document, time=invented.NOW - number, arrived=invented.NOW, ref=f"file:{payload}:{number}",
        raw=payload.encode(), why=why, ruleset=payload,
    )  # fmt: skip


@pytest.fixture
def findings():
    return [hostile(payload, number) for number, payload in enumerate(PAYLOADS)]


async def test_hostile_text_is_shown_as_text_everywhere(tab, site, findings):
    page = tab.page
    await store_findings(site.store, findings, invented.NOW)
    for finding, payload in zip(findings, PAYLOADS, strict=True):
        change = Change(f"by {payload}", invented.NOW, assignee=payload, note=f"{payload}\n{payload}")
        await site.store.triage(finding.alert_id, change, 0)
    await page.goto(f"{site.base}/?filter=event.severity:4&limit=100&sort=-soc.last_seen&text=")
    await page.wait_for_selector("html[data-ready]")
    assert await page.evaluate(INTRUDERS) == []
    titles = await page.locator("#queue .title").all_inner_texts()
    for finding, payload in zip(findings, PAYLOADS, strict=True):
        shown = words.visible(payload)
        assert shown in titles
        await page.locator(f"tr[data-alert='{finding.alert_id}']").focus()
        await page.keyboard.press("Enter")
        article = await page.wait_for_selector(f"#details article[data-alert='{finding.alert_id}']")
        text = await article.inner_text()
        assert text.count(shown) >= 12, payload
        assert await page.locator("#details .raw").first.inner_text() == words.lines(payload)
        assert await page.evaluate(INTRUDERS) == [], payload
    assert tab.complaints == []


@pytest.mark.parametrize("way", ["/alerts/{}", "/alerts/{}/findings", "/?sort=-soc.risk&alert={}"])
async def test_the_pages_of_their_own_show_it_as_text_too(tab, site, findings, way):
    await store_findings(site.store, findings, invented.NOW)
    for finding in findings[:6]:
        await tab.page.goto(site.base + way.format(finding.alert_id))
        assert await tab.page.evaluate(INTRUDERS) == []
    assert tab.complaints == []


async def test_conditions_and_searches_say_hostile_text_as_text(tab, site):
    page = tab.page
    for payload in PAYLOADS[::7]:
        address = browsing.query(text=payload, filter=f"host.name:{payload}", exclude=f"user.name:{payload}")
        await page.goto(f"{site.base}/?{address}")
        await page.wait_for_selector("html[data-ready]")
        assert await page.evaluate(INTRUDERS) == [], payload
    assert tab.complaints == []


async def test_a_note_is_text_when_it_is_written_here(tab):
    page = tab.page
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#details article")
    await page.keyboard.press("n")
    await page.keyboard.insert_text("<img src=x onerror=alert(1)>\nhai dòng")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("blockquote:has-text('onerror=alert(1)')")
    assert await page.evaluate(INTRUDERS) == []
    assert tab.complaints == []
