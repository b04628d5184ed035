from __future__ import annotations

import msgspec

from soc.console import openapi
from soc.console.routes import ROUTES

DOCUMENT = msgspec.json.decode(openapi.document(ROUTES))


def test_the_document_has_every_route_of_the_api_and_no_other():
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == {(route.method, route.path) for route in ROUTES if route.path.startswith("/api/")}
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_reference_leads_to_a_schema():
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            node = list(node.values())
        if isinstance(node, list):
            for part in node:
                yield from references(part)

    found = set(references(DOCUMENT))
    assert found <= {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert "#/components/schemas/TriageChange" in found


def test_every_parameter_in_a_path_is_documented():
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            placed = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert placed == {part[1:-1] for part in path.split("/") if part.startswith("{")}, (method, path)


def test_operations_have_different_names():
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


async def test_it_is_served_to_who_is_logged_in(world):
    assert (await (await world.person("viewer")).get("/api/v1/openapi.json")).json() == DOCUMENT
