"""``integrations.list`` and ``integrations.get``."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.integration_bodies import incoming, outgoing
from tests.running import ADMIN, Api, Server, unique


def make(api: Api, prefix: str, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    """Integrations whose names begin with ``prefix``, in the order in which they were made."""
    return [
        api.post("integrations.create", **{**body, "name": f"{prefix} {i}"})["integration"]
        for i, body in enumerate(bodies)
    ]


def names(answer: dict[str, Any]) -> list[str]:
    return [one["name"].rpartition(" ")[2] for one in answer["integrations"]]


@pytest.fixture(scope="module")
def prefix(admin: Api) -> str:
    """Of the names of five integrations: an incoming, three outgoing, an incoming one."""
    prefix = unique("List")
    make(
        admin,
        prefix,
        incoming(alias="a"),
        outgoing(channel="all_public_channels"),
        outgoing(enabled=False, alias="b"),
        outgoing(event="roomJoined", avatar="x"),
        incoming(channel="#general,@rocket.cat"),
    )
    return prefix


def test_whole_integrations_newest_first(own_server: Server) -> None:
    admin = own_server.admin()
    made = make(admin, "all", incoming(avatar="x"), outgoing())
    assert admin.get("integrations.list") == {
        "integrations": made[::-1],
        "items": 2,
        "count": 2,
        "offset": 0,
        "total": 2,
        "success": True,
    }
    for one in made:
        assert admin.get("integrations.get", integrationId=one["_id"])["integration"] == one


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "43210"),
        ({"type": "webhook-incoming"}, "40"),
        ({"type": "webhook-outgoing"}, "321"),
        ({"type": "webhook"}, ""),
        ({"count": "2"}, "43"),
        ({"count": "2", "offset": "4"}, "0"),
        ({"offset": "5"}, ""),
        ({"count": "0"}, "43210"),
        ({"sort": '{"name": 1}'}, "01234"),
        ({"sort": '{"_createdAt": 1}', "count": "2"}, "01"),
        ({"sort": '{"type": -1, "name": -1}'}, "32140"),
        ({"sort": '{"channel": 1, "name": 1}'}, "02341"),
        ({"sort": '{"_createdBy": 1, "name": 1}'}, "01234"),
        ({"query": '{"alias": "b"}'}, "2"),
        ({"query": '{"event": {"$in": ["roomJoined", "roomLeft"]}}'}, "3"),
        ({"query": '{"channel": "@rocket.cat"}'}, "4"),
        ({"query": '{"enabled": false}'}, "2"),
        ({"query": '{"$or": [{"alias": {"$exists": true}}, {"avatar": "x"}]}'}, "320"),
        ({"query": '{"_createdBy.username": "nobody"}'}, ""),
        ({"query": '{"alias": "b"}', "type": "webhook-incoming"}, ""),
    ],
)
def test_what_is_asked_for(admin: Api, prefix: str, query: dict[str, str], found: str) -> None:
    answer = admin.get("integrations.list", name=prefix, **query)
    assert "".join(names(answer)) == found
    assert answer["count"] == answer["items"] == len(found)
    assert answer["offset"] == int(query.get("offset", 0))
    if not query.keys() & {"count", "offset"}:
        assert answer["total"] == len(found)


def test_a_part_of_the_name_in_any_case(admin: Api, prefix: str) -> None:
    assert len(names(admin.get("integrations.list", name=prefix[1:].upper()))) == 5
    assert names(admin.get("integrations.list", name=f"{prefix} 3".swapcase())) == ["3"]
    assert names(admin.get("integrations.list", name=f"{prefix}.*")) == []


def test_some_fields_only(admin: Api, prefix: str) -> None:
    answer = admin.get("integrations.list", name=f"{prefix} 0", fields='{"alias": 1, "_createdBy._id": 1}')
    [one] = answer["integrations"]
    assert one == {"_id": one["_id"], "alias": "a", "_createdBy": {"_id": ADMIN}}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("query", '{"token": {"$regex": "^a"}}'),
        ("query", '{"script": "x"}'),
        ("query", '{"$where": "1"}'),
        ("query", '{"name": {"$function": {}}}'),
        ("query", '{"name": {"$regex": "(a+)+$"}}' + " " * 9000),
        ("query", "[" * 5000),
        ("query", "[]"),
        ("sort", '{"token": 1}'),
        ("sort", '{"name": 2}'),
        ("sort", "name"),
        ("fields", '{"unknown": 1}'),
        ("fields", '{"name": 1, "alias": 0}'),
        ("offset", "true"),
        ("count", "many"),
    ],
)
def test_what_may_not_be_asked_for(admin: Api, parameter: str, value: str) -> None:
    refused = admin.refused("GET", "integrations.list", params={parameter: value})
    assert refused["errorType"] == f"error-invalid-{parameter}"


def test_each_sees_what_they_may(own_server: Server) -> None:
    admin = own_server.admin()
    theirs = make(admin, "admins", incoming(), outgoing())
    user = admin.new_user()
    forbidden = {
        "success": False,
        "error": "User does not have the permissions required for this action [error-unauthorized]",
    }
    assert user.refused("GET", "integrations.list", 403) == forbidden
    for one in theirs:
        refused = user.refused("GET", "integrations.get", params={"integrationId": one["_id"]})
        assert refused == {"success": False, "error": "not-authorized"}

    def allow(*permissions: str) -> None:
        every = [
            f"manage{own}-{kind}-integrations" for own in ("", "-own") for kind in ("incoming", "outgoing")
        ]
        admin.post(
            "permissions.update",
            permissions=[
                {"_id": one, "roles": ["admin", "user"] if one in permissions else ["admin"]} for one in every
            ],
        )

    def seen() -> set[str]:
        return {one["_id"] for one in user.get("integrations.list")["integrations"]}

    allow("manage-own-incoming-integrations", "manage-own-outgoing-integrations")
    own = make(user, "own", incoming(channel="#general"), outgoing(channel="all_public_channels"))
    allow("manage-own-incoming-integrations")
    assert seen() == {own[0]["_id"]}
    allow("manage-own-outgoing-integrations")
    assert seen() == {own[1]["_id"]}
    allow("manage-incoming-integrations", "manage-own-outgoing-integrations")
    assert seen() == {theirs[0]["_id"], own[0]["_id"], own[1]["_id"]}
    allow("manage-outgoing-integrations")
    assert seen() == {theirs[1]["_id"], own[1]["_id"]}
    assert user.get("integrations.get", integrationId=theirs[1]["_id"])["integration"] == theirs[1]
    assert user.refused("GET", "integrations.get", params={"integrationId": own[0]["_id"]})["error"] == (
        "not-authorized"
    )
    allow()
    assert user.refused("GET", "integrations.list", 403) == forbidden


def test_of_a_creator(admin: Api) -> None:
    [one] = make(admin, unique("creator"), incoming())
    query = {"integrationId": one["_id"], "createdBy": ADMIN}
    assert admin.get("integrations.get", **query)["integration"] == one
    for other in ({**query, "createdBy": "nobody"}, {"integrationId": "unknown"}):
        refused = admin.refused("GET", "integrations.get", params=other)
        assert refused == {"success": False, "error": "The integration does not exists."}
