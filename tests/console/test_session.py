from __future__ import annotations

import pytest

from soc import instant
from soc.config import Config, Console
from soc.console.app import open_desk
from soc.workspace.login_limits import PER_USER_AND_ADDRESS
from tests.console.conftest import PASSWORD, World, console_over

LOGIN = {"user": "analyst", "password": PASSWORD}


async def test_a_login_says_who_one_is_and_what_one_may(world):
    client = world.anonymous()
    answer = await client.post("/api/v1/session", json=LOGIN)
    me = answer.json()
    assert {name: me[name] for name in ("user", "role", "language", "may")} == {
        "user": "analyst",
        "role": "analyst",
        "language": "vi",
        "may": ["read", "triage", "export"],
    }
    assert (await client.get("/api/v1/session")).json() == me
    assert world.told() == [("analyst", "login", "analyst", "done")]


async def test_the_cookie_is_out_of_scripts_and_other_sites_reach(world):
    answer = await world.anonymous().post("/api/v1/session", json=LOGIN)
    value = answer.headers["set-cookie"].split(";")[0].removeprefix("soc=")
    assert answer.headers["set-cookie"] == f"soc={value}; HttpOnly; Path=/; SameSite=strict"
    assert len(value) >= 43


async def test_over_tls_the_cookie_is_bound_to_the_host_and_the_browser_told_to_stay_on_tls(world, tmp_path):
    config = Config(data_dir=tmp_path, console=Console(public_origin="https://soc.example.vn"))
    desk = open_desk(config, world.store, world.workspace, world.clock)
    async with console_over(desk, "https://soc.example.vn") as client:
        answer = await client.post("/api/v1/session", json=LOGIN)
        assert answer.headers["set-cookie"].startswith("__Host-soc=")
        assert answer.headers["set-cookie"].endswith("; HttpOnly; Path=/; SameSite=strict; Secure")
        assert answer.headers["strict-transport-security"] == "max-age=63072000"
        assert (await client.get("/api/v1/session")).json()["user"] == "analyst"


async def test_a_session_that_was_planted_before_login_is_worth_nothing_afterwards(world):
    attacker = await world.person("viewer")
    planted = attacker.cookies["soc"]
    victim = world.anonymous()
    victim.cookies.set("soc", planted, domain="127.0.0.1", path="/")
    answer = await victim.post(
        "/api/v1/session", json=LOGIN, headers={"x-csrf-token": attacker.headers["x-csrf-token"]}
    )
    assert answer.status_code == 200
    assert f"soc={planted}" not in answer.headers["set-cookie"]
    assert (await attacker.get("/api/v1/session")).status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"user": "nobody"}, {"user": ""}, {"user": "\x00'; --"}, {"password": ""}]
)
async def test_whatever_is_wrong_the_answer_is_the_same(world, wrong):
    answer = await world.anonymous().post("/api/v1/session", json=LOGIN | wrong)
    assert answer.status_code == 401
    assert answer.json() == {"type": "about:blank", "title": "Wrong name or password", "status": 401}
    assert "set-cookie" not in answer.headers
    assert world.told() == [("soc", "login", (LOGIN | wrong)["user"], "refused")]


async def test_too_many_attempts_wait_even_with_the_right_password(world):
    client = world.anonymous()
    wrong = LOGIN | {"password": "wrong password"}
    told = [(await client.post("/api/v1/session", json=wrong)).status_code for _ in range(PER_USER_AND_ADDRESS + 1)]
    assert told == [401] * PER_USER_AND_ADDRESS + [429]
    answer = await client.post("/api/v1/session", json=LOGIN)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "901")
    world.clock.advance(15 * instant.MINUTE)
    assert (await client.post("/api/v1/session", json=LOGIN)).status_code == 200


async def test_logout_ends_the_session_on_the_server(world):
    client = await world.person("analyst")
    session = client.cookies["soc"]
    assert (await client.delete("/api/v1/session")).status_code == 200
    again = world.anonymous()
    again.cookies.set("soc", session)
    assert (await again.get("/api/v1/session")).status_code == 401
    assert world.told("logout") == [("analyst", "logout", "analyst", "done")]


async def test_an_idle_session_ends(world):
    client = await world.person("analyst")
    world.clock.advance(29 * instant.MINUTE)
    assert (await client.get("/api/v1/session")).status_code == 200
    world.clock.advance(29 * instant.MINUTE)
    assert (await client.get("/api/v1/session", headers={"x-background": "1"})).status_code == 200
    world.clock.advance(instant.MINUTE)
    assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_disabled_user_is_out_at_once(world):
    client, program = await world.person("analyst"), world.program("analyst")
    world.workspace.users.disable("analyst")
    assert (await client.get("/api/v1/session")).status_code == 401
    assert (await program.get("/api/v1/session")).status_code == 401


async def test_the_chosen_language_stays_with_the_user_and_the_browser(world):
    client = await world.person("analyst")
    answer = await client.patch("/api/v1/session", json={"language": "en"})
    assert answer.headers["set-cookie"].startswith("soc-language=en; HttpOnly; Max-Age=")
    assert (await client.get("/api/v1/session")).json()["language"] == "en"
    assert (await (await world.person("analyst")).get("/api/v1/session")).json()["language"] == "en"
    assert (await client.patch("/api/v1/session", json={"language": "xx"})).status_code == 400


async def test_a_changed_password_ends_the_other_sessions(world):
    here, there = await world.person("analyst"), await world.person("analyst")
    wrong = await here.post("/api/v1/session/password", json={"current": "wrong", "new": "another good one"})
    weak = await here.post("/api/v1/session/password", json={"current": PASSWORD, "new": "short"})
    right = await here.post("/api/v1/session/password", json={"current": PASSWORD, "new": "another good one"})
    assert (wrong.status_code, weak.status_code, right.status_code) == (403, 422, 200)
    assert (await here.get("/api/v1/session")).status_code == 200
    assert (await there.get("/api/v1/session")).status_code == 401
    answer = await world.program("analyst").post("/api/v1/session/password", json={"current": "x", "new": "y"})
    assert answer.status_code == 403


async def test_a_program_needs_neither_cookie_nor_page_token(world):
    program = world.program("analyst")
    assert (await program.get("/api/v1/session")).json()["csrf"] == ""
    assert (await program.patch("/api/v1/session", json={"language": "en"})).status_code == 200


async def test_a_token_beside_a_cookie_counts_alone(world: World):
    client = await world.person("administrator")
    client.headers["authorization"] = "Bearer soc_x_y"
    assert (await client.get("/api/v1/session")).status_code == 401
