"""Generated from the route table: who may not, cannot. A route added to the table is tested by being there."""

from __future__ import annotations

import re

import pytest

from soc.console.headers import CONTENT_SECURITY_POLICY
from soc.console.roles import ACTS
from soc.console.routes import ROUTES, Route
from soc.workspace.users import ROLES

GUARDED = [route for route in ROUTES if route.roles is not None]
WRITES = [route for route in ROUTES if route.method != "GET"]
SESSION_WRITES = [route for route in WRITES if route.roles is not None]


def name(route):
    return f"{route.method} {route.path}"


def path(route):
    return re.sub(r"\{[^}]*\}", "x", route.path)


def test_only_these_routes_are_open_to_everybody():
    assert sorted(name(route) for route in ROUTES if route.roles is None) == [
        "GET /healthz",
        "GET /login",
        "GET /readyz",
        "GET /static/{digest}/{path:path}",
        "POST /api/v1/session",
        "POST /login",
    ]


def test_a_route_that_names_no_roles_is_nobody_s():
    assert Route("GET", "/x", ROUTES[0].handler, "x").roles == frozenset()


def test_every_act_is_allowed_to_known_roles_and_an_auditor_changes_nothing():
    assert all(roles <= set(ROLES) for roles in ACTS.values())
    assert [act for act, roles in ACTS.items() if "auditor" in roles] == ["read", "export", "audit"]
    assert [act for act, roles in ACTS.items() if "viewer" in roles] == ["read"]


@pytest.mark.parametrize("route", GUARDED, ids=name)
async def test_nobody_gets_in_without_a_session(world, route):
    answer = await world.anonymous().request(route.method, path(route))
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("route", GUARDED, ids=name)
async def test_a_made_up_session_or_token_is_nobody(world, route):
    client = world.anonymous()
    client.cookies.set("soc", "made-up")
    assert (await client.request(route.method, path(route))).status_code == 401
    for authorization in ("Bearer soc_x_y", "Basic YTpi", "Bearer", "Bearer "):
        answer = await world.anonymous(authorization=authorization).request(route.method, path(route))
        assert answer.status_code == 401, authorization


@pytest.mark.parametrize(
    ("route", "role"),
    [
        pytest.param(route, role, id=f"{name(route)} {role}")
        for route in GUARDED
        for role in ROLES
        if role not in route.roles
    ],
)
async def test_another_role_is_refused(world, route, role):
    assert (await (await world.person(role)).request(route.method, path(route))).status_code == 403
    assert (await world.program(role).request(route.method, path(route))).status_code == 403


@pytest.mark.parametrize("route", WRITES, ids=name)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8501"},
        {"origin": "http://127.0.0.1:8500.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {},
    ],
    ids=str,
)
async def test_a_write_from_another_page_is_refused(world, route, headers):
    client = await world.person("administrator")
    if "sec-fetch-site" not in headers:
        del client.headers["origin"]
    assert (await client.request(route.method, path(route), headers=headers)).status_code == 403


@pytest.mark.parametrize("route", SESSION_WRITES, ids=name)
async def test_a_write_without_the_page_s_token_is_refused(world, route):
    client, other = await world.person("administrator"), await world.person("administrator")
    for token in ("", "wrong", other.headers["x-csrf-token"]):
        answer = await client.request(route.method, path(route), headers={"x-csrf-token": token})
        assert answer.status_code == 403, token


@pytest.mark.parametrize("route", WRITES, ids=name)
async def test_a_body_that_is_too_large_is_refused(world, route):
    client = await world.person("administrator")
    assert (await client.request(route.method, path(route), content=b"x" * (route.max_body + 1))).status_code == 413


@pytest.mark.parametrize("route", [route for route in WRITES if route.body], ids=name)
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000, b'{"unknown": 1}', b'{"user": 1, "status": 1, "language": 1}'],
)
async def test_a_body_that_is_not_as_documented_is_a_problem(world, route, body):
    client = await world.person("administrator")
    answer = await client.request(route.method, path(route), content=body, headers={"if-match": '"0"'})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("route", "logged_in"),
    [
        pytest.param(route, logged_in, id=f"{name(route)} {logged_in}")
        for route in [*ROUTES, Route("GET", "/nowhere", ROUTES[0].handler, "")]
        for logged_in in (True, False)
        if not (logged_in and route.media_type == "text/event-stream")  # it does not end; test_stream looks at it
    ],
)
async def test_every_answer_carries_the_security_headers(world, route, logged_in):
    client = (await world.person("administrator")) if logged_in else world.anonymous()
    headers = (await client.request(route.method, path(route))).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


async def test_a_wrong_path_or_method_is_a_problem_document(world):
    client = await world.person("administrator")
    for method, where, status in (
        ("GET", "/nowhere", 404),
        ("DELETE", "/api/v1/alerts", 405),
        ("GET", "/api/v1/session/", 404),
    ):
        answer = await client.request(method, where)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_address_that_somebody_else_named_is_not_answered(world):
    for host in ("evil.example:8500", "evil.example", "127.0.0.1.evil.example:8500", "", "[", "x\x00"):
        answer = await world.anonymous().get("/", headers={"host": host})
        assert answer.status_code == 421, host
    for host in ("localhost:9000", "127.0.0.1:8500", "[::1]:8500"):
        assert (await world.anonymous().get("/login", headers={"host": host})).status_code == 200, host
