"""An analyst's work on the real console in a real browser: the keyboard alone, and nothing that the policy refuses."""

from __future__ import annotations

import pytest

from soc import instant
from soc.stores import Change
from tests.console.conftest import store_findings
from tests.e2e import browsing, invented

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def shown(page):
    """The id of the alert in the details pane."""
    return await page.get_attribute("#details article", "data-alert")


async def triage_of(site, alert_id):
    return (await site.store.get("alert", alert_id))["triage"]


async def opened(tab):
    """The id of the first alert of the queue, opened."""
    await tab.page.locator("#queue tbody tr").first.focus()
    await tab.page.keyboard.press("Enter")
    await tab.page.wait_for_selector("#details article")
    return await shown(tab.page)


async def test_an_alert_is_opened_acknowledged_noted_and_closed_with_the_keyboard_alone(tab, site):
    page = tab.page
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#details article")
    alert_id = await shown(page)
    assert f"alert={alert_id}" in page.url
    assert "Đăng nhập SSH thành công" in await page.inner_text("#details h2")
    assert "203.0.113.77" in await page.inner_text("#details .why")
    assert "Accepted password for backup" in await page.inner_text("#details .raw")

    await page.keyboard.press("a")
    await page.wait_for_selector("#details article[data-status=acknowledged]")
    await page.keyboard.press("n")
    await page.keyboard.type("Gọi chủ tài khoản: không phải họ. j k c <b>")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#details blockquote:has-text('không phải họ. j k c <b>')")
    await page.keyboard.press("c")
    await page.keyboard.press("1")
    await page.wait_for_selector(f"#details article:not([data-alert='{alert_id}'])")

    triage = await triage_of(site, alert_id)
    assert (triage["status"], triage["disposition"], triage["assignee"]) == ("closed", "true_positive", "lan")
    assert triage["notes"][-1]["text"] == "Gọi chủ tài khoản: không phải họ. j k c <b>"
    row = page.locator("#queue tbody tr").first
    assert await row.get_attribute("data-status") == "closed"
    assert await page.evaluate("document.activeElement.dataset.alert") == await shown(page)
    assert tab.complaints == []


async def test_a_false_positive_is_closed_only_with_a_note(tab, site):
    page, alert_id = tab.page, await opened(tab)
    await page.keyboard.press("c")
    await page.keyboard.press("3")
    assert await page.evaluate("document.activeElement.closest('dialog').id + document.activeElement.tagName") == (
        "closingTEXTAREA"
    )
    assert (await triage_of(site, alert_id))["status"] == "new"
    await page.keyboard.type("Kiểm thử xâm nhập đã báo trước")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(f"tr[data-alert='{alert_id}'][data-status=closed]")
    triage = await triage_of(site, alert_id)
    assert (triage["disposition"], triage["notes"][-1]["text"]) == ("false_positive", "Kiểm thử xâm nhập đã báo trước")


async def test_escape_leaves_the_alert_as_it_was(tab, site):
    page, alert_id = tab.page, await opened(tab)
    await page.keyboard.press("c")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.wait_for_selector("#details article", state="detached")
    assert (await triage_of(site, alert_id))["status"] == "new"
    assert "alert=" not in page.url
    assert await page.evaluate("document.activeElement.dataset.alert") == alert_id


async def test_an_act_is_undone(tab, site):
    page, alert_id = tab.page, await opened(tab)
    before = await triage_of(site, alert_id)
    await page.keyboard.press("i")
    await page.wait_for_selector("#details article[data-status=in_progress]")
    await page.keyboard.press("u")
    await page.wait_for_selector("#details article[data-status=new]")
    after = await triage_of(site, alert_id)
    assert {name: after[name] for name in ("status", "assignee", "disposition")} == {
        name: before[name] for name in ("status", "assignee", "disposition")
    }


async def test_selected_alerts_are_assigned_together(tab, site):
    page = tab.page
    ids = [await page.locator("#queue tbody tr").nth(n).get_attribute("data-alert") for n in range(3)]
    for key in ("x", "j", "x", "j", "x", "m", "ArrowDown", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await page.wait_for_selector(f"tr[data-alert='{ids[2]}'][data-assignee=minh]")
    assert [(await triage_of(site, alert_id))["assignee"] for alert_id in ids] == ["minh"] * 3
    await page.wait_for_selector("#queue tr[aria-selected=true]", state="detached")


async def test_a_conflict_names_who_was_faster_and_loads_the_alert_again(tab, site):
    page, alert_id = tab.page, await opened(tab)
    await page.route("**/api/v1/stream", lambda route: route.abort())
    revision = (await triage_of(site, alert_id))["revision"]
    await site.store.triage(alert_id, Change("minh", invented.NOW, status="in_progress", assignee="minh"), revision)
    await page.keyboard.press("a")
    await page.wait_for_selector(".toast.urgent:has-text('minh')")
    await page.wait_for_selector("#details article[data-status=in_progress]")
    assert (await triage_of(site, alert_id))["assignee"] == "minh"


async def test_new_alerts_are_announced_and_do_not_move_the_cursor(tab, site):
    page = tab.page
    await page.keyboard.press("j")
    at = await page.evaluate("document.activeElement.dataset.alert")
    before = await page.locator("#queue tbody tr").count()
    told = invented.TOLD[2]._replace(
        rule=invented.rule("fresh", "Fresh", "Vừa đến", "critical", "host"), ago=0, count=1
    )
    await store_findings(site.store, [invented.event_finding(told, 0)], invented.NOW + instant.SECOND)
    await page.wait_for_selector("#fresh:not([hidden])")
    assert "1" in await page.inner_text("#fresh")
    assert await page.locator("#queue tbody tr").count() == before
    assert await page.evaluate("document.activeElement.dataset.alert") == at
    await page.keyboard.press("r")
    await page.wait_for_selector("#queue tbody tr:has-text('Vừa đến')")
    assert await page.evaluate("document.activeElement.dataset.alert") == at
    assert tab.complaints == []


async def test_what_another_analyst_decides_shows_by_itself(tab, site):
    page, alert_id = tab.page, await opened(tab)
    where = f"/api/v1/alerts/{alert_id}"
    async with browsing.colleague(site, "minh") as minh:
        etag = (await minh.get(where)).headers["etag"]
        answer = await minh.patch(f"{where}/triage", json={"status": "in_progress"}, headers={"if-match": etag})
        assert answer.status_code == 200
    await page.wait_for_selector("#details article[data-status=in_progress]")
    await page.wait_for_selector(".toast:has-text('minh')")
    assert await page.get_attribute(f"tr[data-alert='{alert_id}']", "data-status") == "in_progress"


async def test_a_narrow_screen_shows_the_alert_as_a_page_that_leads_back(browser, site):
    async with browsing.context(browser, viewport={"width": 1000, "height": 800}) as narrow:
        made = await browsing.tab(narrow)
        page = made.page
        await browsing.log_in(page, site)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/alerts/*")
        await page.wait_for_selector("html[data-ready]")
        await page.keyboard.press("a")
        await page.wait_for_selector("#details article[data-status=acknowledged]")
        await page.keyboard.press("c")
        await page.keyboard.press("2")
        await page.wait_for_selector("#queue")
        assert made.complaints == []


async def test_typed_conditions_become_chips_that_can_be_removed(tab):
    page = tab.page
    await page.keyboard.press("/")
    await page.keyboard.type("sql layer:application -severity:low")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".chips li:has-text('Ứng dụng')")
    assert await page.locator("#queue tbody tr").count() == 1
    assert await page.locator(".chips li").count() == 4
    await page.locator(".chips li:has-text('sql') a").click()
    await page.wait_for_selector(".chips li:has-text('sql')", state="detached")
    assert await page.locator("#queue tbody tr").count() == 2


async def test_single_key_shortcuts_can_be_switched_off(tab, site):
    page, alert_id = tab.page, await opened(tab)
    await page.keyboard.press("?")
    await page.uncheck("#keys-on")
    await page.keyboard.press("Escape")
    await page.locator("#queue tbody tr").first.focus()
    await page.keyboard.press("a")
    await page.keyboard.press("ArrowDown")
    await page.wait_for_selector(f"#details article:not([data-alert='{alert_id}'])")
    assert (await triage_of(site, alert_id))["status"] == "new"


async def test_more_findings_come_below_the_evidence(tab):
    page = tab.page
    await opened(tab)
    pieces = page.locator("#details .piece")
    assert await pieces.count() == 20
    more = page.locator("#details [data-do=more]")
    while await more.count():
        href = await more.get_attribute("href")
        await more.click()
        await page.wait_for_selector(f"#details [data-do=more][href='{href}']", state="detached")
    assert await pieces.count() == 27


async def test_a_viewer_reads_and_has_nothing_to_press(browser, site):
    async with browsing.context(browser) as opened_context:
        made = await browsing.tab(opened_context)
        await browsing.log_in(made.page, site, "viet")
        await made.page.keyboard.press("Enter")
        await made.page.wait_for_selector("#details article")
        assert await made.page.locator(".acts, #closing, form.note").count() == 0
        await made.page.keyboard.press("c")
        assert made.complaints == []


async def test_the_language_is_switched_on_the_page(tab):
    page = tab.page
    await opened(tab)
    await page.click(".languages button[value=en]")
    await page.wait_for_selector("html[lang=en][data-ready]")
    assert "SSH login succeeded" in await page.inner_text("#details h2")
    assert tab.complaints == []
