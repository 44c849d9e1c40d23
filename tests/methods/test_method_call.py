"""``method.call`` and ``method.callAnon``: the wire, and what any method does with what it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.methods.calls import method, refused, send
from tests.running import Api, Server, running, unique

from hookroom.methods.table import METHODS


def test_a_method_is_the_one_that_the_message_names(server: Server, admin: Api) -> None:
    for path in ("rooms/get", "rooms:get", "rooms%2Fget"):
        response = send(admin, "rooms/get", [], path=path)
        assert response.headers["content-type"] == "application/json"
        rooms = json.loads(response.json()["message"])["result"]
        assert any(room["_id"] == "GENERAL" for room in rooms)


def test_an_unknown_method_is_404(admin: Api) -> None:
    error = refused(admin, "noSuchMethod")
    assert error == {
        "isClientSafe": True,
        "error": 404,
        "reason": "Method 'noSuchMethod' not found",
        "message": "Method 'noSuchMethod' not found [404]",
        "errorType": "Meteor.Error",
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "must have required property 'message'"),
        ({"message": "{"}, "not valid JSON"),
        ({"message": "[]"}, "Invalid method call"),
        ({"message": '{"method": 1, "params": []}'}, "Invalid method call"),
        ({"message": '{"method": "rooms/get", "params": {}}'}, "Invalid method call"),
        ({"message": "[" * 100_000}, "not valid JSON"),
    ],
)
def test_what_is_no_call_is_refused(admin: Api, body: dict[str, Any], says: str) -> None:
    assert says in admin.refused("POST", "method.call/rooms:get", json=body)["error"]


def test_calls_need_a_login_and_anonymous_ones_need_none(server: Server) -> None:
    nobody = Api(server.url)
    message = json.dumps({"msg": "method", "id": "1", "method": "public-settings/get", "params": []})
    nobody.refused("POST", "method.call/public-settings:get", 401, json={"message": message})
    found = method(nobody, "public-settings/get")
    assert any(one["_id"] == "Site_Name" for one in found)
    error = refused(nobody, "rooms/get")
    assert (error["error"], error["details"]) == ("error-invalid-user", {"method": "rooms/get"})


def test_a_parameter_of_another_type_is_a_match_error(admin: Api) -> None:
    for name, params, says in (
        ("joinRoom", [7], "Expected string, got number in field rid"),
        ("joinRoom", [], "Expected string, got null in field rid"),
        ("sendMessage", ["hi"], "Expected object, got string"),
        ("sendMessage", [{"rid": "GENERAL", "msg": ["hi"]}], "Expected string, got array in field msg"),
        ("loadHistory", ["GENERAL", {"$date": "then"}], "Expected Date, got object in field end"),
        ("loadHistory", ["GENERAL", None, -1], "got number in field limit"),
        ("createChannel", ["x", "someone"], "Expected array, got string in field members"),
        ("toggleFavorite", ["GENERAL", "yes"], "Expected boolean, got string in field f"),
    ):
        error = refused(admin, name, *params)
        assert error["error"] == 400
        assert error["reason"].startswith("Match error: ")
        assert says in error["reason"]
    assert refused(admin, "joinRoom", json.loads("[" * 500 + "]" * 500))["error"] == 400


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Api]]:
    """An administrator and an ordinary user of a server that may come to harm."""
    with running(tmp_path_factory.mktemp("hostile")) as server:
        yield {True: server.admin(), False: server.admin().new_user()}


_NAMES = (
    *("_id", "rid", "msg", "tmid", "mid", "username", "users", "user", "password", "resume", "totp", "login"),
    *("roomId", "limit", "skip", "options", "starred", "tokenName", "name", "channel", "enabled", "urls"),
    *(
        "scriptEnabled",
        "event",
        "email",
        "pass",
        "value",
        "roomName",
        "readOnly",
        "attachments",
        "text",
        "$date",
    ),
    *("integrationId", "historyId", "teamId", "type", "sort", "page", "offset", "cmd", "params", "emojis"),
)
_WORDS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "GENERAL",
        "general",
        "rocket.cat",
        "admin",
        "#general",
        "@rocket.cat",
        ":smile:",
    ),
    *("2026-01-01T00:00:00.000Z", "😀", "x" * 2000, "%", "c", "public", "GENERAL/typing", "owner", "{}"),
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(_WORDS),
    st.sampled_from(
        (0, 1, -1, 50, 2**31, 2**53, 2**64, -(2**70), 1.5, 1e300, {"$date": 0}, {"$date": 2**60})
    ),
    st.text(max_size=8),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5)
    ),
    max_leaves=8,
)
_HARMLESS = sorted(METHODS.keys() - {"logout", "logoutOtherClients"})


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), as_admin=st.booleans())
def test_no_parameters_make_a_method_fail(
    callers: dict[bool, Api], data: st.DataObject, as_admin: bool
) -> None:
    for name in _HARMLESS:
        params = data.draw(st.lists(_VALUES, max_size=4), label=name)
        response = send(callers[as_admin], name, params)
        assert response.status_code in (200, 400), (name, params, response.text)
        reply = json.loads(response.json()["message"])
        assert ("error" in reply) is (response.status_code == 400)


def test_the_server_is_well_after_all_that(callers: dict[bool, Api]) -> None:
    room = method(callers[True], "createChannel", unique("well"), [])
    assert method(callers[True], "sendMessage", {"rid": room["rid"], "msg": "well"})["msg"] == "well"
