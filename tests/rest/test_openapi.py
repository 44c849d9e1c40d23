"""The description of the API: complete, valid, shown in a browser's page, and held by every answer.

What tests get from the server they compare with it all the time (``tests/described.py``). Here Schemathesis makes
calls of its own: of each route some that the description allows, and some that it does not.
"""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests import described
from tests.running import Api, Server

from hookroom.rest.answers.table import answers
from hookroom.rest.api import all_routes
from hookroom.rest.routes import Route

EXAMPLES = 200 if os.environ.get("HOOKROOM_DRILL") else 8
"""Calls of each route."""

ENDS_THE_LOGIN = {"logout", "users.logout", "users.removeOtherTokens", "users.logoutOtherClients"}
"""These would end the login that all other calls come with: they get one of their own."""

DOCUMENT = described.description()
OPERATIONS = [
    (method, path)
    for path, item in DOCUMENT["paths"].items()
    for method, one in item.items()
    if "200" in one["responses"]
]


def left_out(route: Route) -> bool:
    return route.summary.startswith("Left out")


def test_every_route_says_what_it_answers() -> None:
    routes = {
        (route.method, route.path) for route in all_routes() if not left_out(route) and route.content is None
    }

    assert routes - answers().keys() == set()


def test_every_answer_is_of_a_route() -> None:
    routes = {(route.method, route.path) for route in all_routes() if not left_out(route)}

    assert answers().keys() - routes == set()


def test_what_a_route_refers_to_is_there() -> None:
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(one for name, one in value.items() if name == "$ref")
            for one in value.values():
                look(one)
        elif isinstance(value, list):
            for one in value:
                look(one)

    look(DOCUMENT)

    assert found
    assert {name.removeprefix("#/components/schemas/") for name in found} <= DOCUMENT["components"][
        "schemas"
    ].keys()


def test_every_schema_is_one() -> None:
    for item in DOCUMENT["paths"].values():
        for one in item.values():
            for content in one.get("requestBody", {}).get("content", {}).values():
                OAS31Validator.check_schema(content["schema"])
            for parameter in one["parameters"]:
                OAS31Validator.check_schema(parameter["schema"])
    for schema in DOCUMENT["components"]["schemas"].values():
        OAS31Validator.check_schema(schema)


def test_the_server_serves_it(server: Server) -> None:
    served = httpx.get(f"{server.url}/api/docs/openapi.json", trust_env=False)

    assert served.headers["content-type"] == "application/json"
    assert served.json() == DOCUMENT


def test_the_page_loads_nothing_from_elsewhere(server: Server) -> None:
    page = httpx.get(f"{server.url}/api/docs", trust_env=False)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("swagger-ui.js", "swagger-ui.css", "start.js"):
        assert f"/api/docs/{name}" in page.text
        assert httpx.get(f"{server.url}/api/docs/{name}", trust_env=False).status_code == 200
    assert "http" not in page.text


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


def no_fault_of_the_server(_context: CheckContext, response: Response, _case: Case[Any]) -> bool | None:
    """What is left out says so with 501; everything else from 500 on is a fault."""
    assert response.status_code < 500 or response.status_code == 501, response.text
    return None


CHECKS = (
    no_fault_of_the_server,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def caller(admin: Api) -> Api:
    """An administrator of these tests' own."""
    return admin.new_user(roles=["admin", "user"])


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{m} {p}" for m, p in OPERATIONS])
def test_calls_that_nobody_thought_of(
    server: Server, admin: Api, caller: Api, method: str, path: str
) -> None:
    if path.rpartition("/")[2] in ENDS_THE_LOGIN:
        caller = admin.new_user()
    operation = SCHEMA[path][method]
    allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    others = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=not os.environ.get("HOOKROOM_DRILL"),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(allowed, others))
    def call(case: Case[Any]) -> None:
        response = case.call(base_url=server.url, headers=caller.headers)
        case.validate_response(response, checks=list(CHECKS))

    call()
