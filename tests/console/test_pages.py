from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from soc import console
from tests.console.conftest import HOSTILE, PASSWORD


def field(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page.text)[1])


async def logged_in(world, user="analyst"):
    client = world.anonymous()
    answer = await client.post("/login", data={"user": user, "password": PASSWORD})
    assert answer.status_code == 303
    return client


async def test_the_login_page_leads_to_the_queue_and_logout_back(world):
    client = world.anonymous()
    page = await client.get("/login")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    answer = await client.post("/login", data={"user": "analyst", "password": PASSWORD, "next": field(page, "next")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    queue = await client.get("/")
    assert queue.status_code == 200
    out = await client.post("/logout", data={"csrf": field(queue, "csrf")})
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert (await client.get("/")).status_code == 401


async def test_who_is_not_logged_in_gets_the_login_page_in_place_and_comes_back_to_where_they_were(world):
    client = world.anonymous()
    page = await client.get("/?filter=rule.id:ssh&text=a%20b")
    assert page.status_code == 401
    assert field(page, "next") == "/?filter=rule.id:ssh&text=a%20b"
    answer = await client.post("/login", data={"user": "viewer", "password": PASSWORD, "next": field(page, "next")})
    assert answer.headers["location"] == "/?filter=rule.id:ssh&text=a%20b"


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "evil",
        "",
        "/\t/evil.example",
        "/x\r\nSet-Cookie: a=b",
        "/login",
    ],
)
async def test_login_leads_nowhere_else(world, where):
    answer = await world.anonymous().post("/login", data={"user": "viewer", "password": PASSWORD, "next": where})
    assert answer.headers["location"] == "/"


async def test_a_wrong_password_is_said_in_the_chosen_language(world):
    client = world.anonymous()
    wrong = {"user": "analyst", "password": "wrong"}
    answer = await client.post("/login", data=wrong)
    assert answer.status_code == 401
    assert "Sai tên hoặc mật khẩu." in answer.text
    chosen = await client.get("/login?language=en")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/login")
    assert "Wrong name or password." in (await client.post("/login", data=wrong)).text


async def test_too_many_attempts_are_said_on_the_page(world):
    client = world.anonymous()
    for _ in range(5):
        await client.post("/login", data={"user": "analyst", "password": "wrong"})
    answer = await client.post("/login", data={"user": "analyst", "password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "901")


async def test_logout_without_the_page_s_token_is_refused_with_a_page(world):
    client = await logged_in(world)
    answer = await client.post("/logout")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert (await client.get("/")).status_code == 200


async def test_the_login_page_is_of_no_use_to_who_is_in(world):
    answer = await (await logged_in(world)).get("/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_the_queue_shows_hostile_text_as_text(world):
    page = await (await logged_in(world)).get("/")
    assert "<img" not in page.text
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text
    assert html.escape(HOSTILE.split("\u202e")[0], quote=False).split(" onerror")[0] in page.text


async def test_the_queue_follows_the_user_s_language(world):
    client = await logged_in(world)
    assert "Dò mật khẩu SSH" in (await client.get("/")).text
    world.workspace.users.set_language("analyst", "en")
    assert "SSH guessing" in (await client.get("/")).text


async def test_a_question_that_makes_no_sense_is_a_page_too(world):
    answer = await (await logged_in(world)).get("/?filter=x")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


class Inline(HTMLParser):
    """Whatever the policy would refuse in a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        names = {name for name, _ in attributes}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]
        self.found += [value for _, value in attributes if (value or "").strip().lower().startswith("javascript:")]


async def test_pages_hold_no_inline_script_or_style(world):
    client, alert = await logged_in(world), await world.alert("web")
    for where in ("/", f"/?alert={alert['soc']['id']}", f"/alerts/{alert['soc']['id']}", "/?filter=x"):
        assert Inline((await client.get(where)).text).found == []
    assert Inline((await world.anonymous().get("/login")).text).found == []


def test_scripts_make_no_markup_out_of_text():
    folder = Path(console.__file__).parent / "static"
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function"
    scripts = {path.name: path.read_text("utf-8") for path in folder.glob("*.js")}
    assert "console.js" in scripts
    assert [name for name, text in scripts.items() if re.search(sinks, text)] == []


async def test_static_files_are_kept_for_ever_under_their_digest(world):
    client = world.anonymous()
    where = world.desk.static.url("console.css")
    answer = await client.get(where)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await client.get(where, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    old = await client.get("/static/0000/console.css")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    for wrong in ("/static/0000/none.css", "/static/0000/../app.py", "/static/0000/%2e%2e/app.py"):
        assert (await client.get(wrong)).status_code == 404, wrong
