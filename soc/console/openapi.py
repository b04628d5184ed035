"""The OpenAPI 3.1 document, made of the route table and the types of bodies and answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from soc import __version__
from soc.console.schemas import ProblemDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.console.call import Call
    from soc.console.routes import Parameter, Route

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-soc", "description": "On plain loopback `soc`."},
    "token": {"type": "http", "scheme": "bearer"},
}
_PROBLEMS = {"401": "Log in first", "403": "Not allowed", "503": "A server behind does not answer"}


async def serve(call: Call) -> Response:
    return Response(call.desk.openapi, media_type="application/json")


def document(routes: Sequence[Route]) -> bytes:
    """The routes under /api as an OpenAPI 3.1 document."""
    shown = [route for route in routes if route.path.startswith("/api/")]
    types = _types(shown)
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    known = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, known)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "soc", "version": __version__, "license": {"name": "Apache-2.0"}},
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": _SECURITY},
        }
    )


def _types(routes: Sequence[Route]) -> list[Any]:
    named = [kind for route in routes for kind in (route.body, route.answer) if kind not in {None, dict}]
    return list(dict.fromkeys([*named, ProblemDocument]))


def _operation(route: Route, known: dict[Any, Any]) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": known[ProblemDocument]}}}
    said = _PROBLEMS | _own_problems(route)
    operation: dict[str, Any] = {
        "summary": route.told,
        "operationId": f"{route.method.lower()}_{route.path.strip('/').replace('/', '_').replace('{', '').replace('}', '')}",
        "parameters": [_parameter(parameter) for parameter in route.parameters],
        "responses": {
            "200": {
                "description": HTTPStatus.OK.phrase,
                "content": {route.media_type: {"schema": _schema(route, known)}},
            },
            **{status: {"description": told, **problem} for status, told in sorted(said.items())},
        },
        "security": [{name: []} for name in _SECURITY] if route.roles is not None else [],
    }
    if route.roles is not None:
        operation["x-roles"] = sorted(route.roles)
    if route.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": known[route.body]}}}
    return operation


def _schema(route: Route, known: dict[Any, Any]) -> Any:
    if route.media_type != "application/json":
        return {"type": "string"}
    return known.get(route.answer, {"type": "object"})


def _own_problems(route: Route) -> dict[str, str]:
    said = {"400": "Not as documented"} if route.parameters or route.body else {}
    if "{id}" in route.path:
        said["404"] = "There is no such alert"
    if any(parameter.name == "If-Match" for parameter in route.parameters):
        said |= {
            "412": "Somebody else changed it first",
            "422": "The change contradicts itself",
            "428": "If-Match is missing",
        }
    return said | ({"413": "The body is too large"} if route.body else {})


def _parameter(parameter: Parameter) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.told,
        "required": parameter.required,
        "schema": {"type": "array", "items": text} if parameter.many else text,
    }
