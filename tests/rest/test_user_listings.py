"""Looking users up, and who sees what of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.running import ADMIN, Api, unique


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user(name=unique("Person"))


@pytest.fixture(scope="module")
def people(admin: Api) -> list[Api]:
    """Five users whose names begin alike."""
    prefix = unique("many")
    return [admin.new_user(name=f"{prefix} {number}", nickname=prefix) for number in range(5)]


SECRET = {"services", "password", "tokens", "loginTokens", "bcrypt", "password_hash"}


def test_others_see_no_address_and_no_roles(admin: Api, person: Api) -> None:
    user = person.get("users.info", userId=ADMIN)["user"]
    assert user.keys().isdisjoint({"emails", "roles", "lastLogin", "createdAt", "settings", *SECRET})
    assert user["canViewAllInfo"] is False
    own = person.get("users.info", userId=person.user_id)["user"]
    assert own["emails"]
    assert own["roles"] == ["user"]
    seen = admin.get("users.info", username=person.username().upper())["user"]
    assert seen["emails"] == own["emails"]
    assert seen.keys().isdisjoint({"settings", *SECRET})


def test_one_is_found_by_id_name_or_address(admin: Api, person: Api) -> None:
    me = person.get("me")
    for query in ({"userId": me["_id"]}, {"username": me["username"]}, {"email": me["emails"][0]["address"]}):
        assert admin.get("users.info", **query)["user"]["_id"] == me["_id"]
    answer = person.refused("GET", "users.info", params={"email": f"{ADMIN}@rocket.chat"})
    assert answer["error"] == "User not found."
    assert person.refused("GET", "users.info", params={"username": "nobody"})["error"] == "User not found."
    assert person.refused("GET", "users.info", params={"userId": ""})["error"] == "Invalid search query."


@pytest.mark.parametrize("query", [{}, {"id": "x"}, {"userId": "x", "username": "y"}])
def test_info_takes_one_name(person: Api, query: dict[str, str]) -> None:
    assert person.refused("GET", "users.info", params=query)["errorType"] == "invalid-params"


def test_the_rooms_of_a_user_are_for_few(admin: Api, person: Api) -> None:
    asked = {"userId": person.user_id, "fields": '{"userRooms": 1}'}
    assert "GENERAL" in {one["rid"] for one in person.get("users.info", **asked)["user"]["rooms"]}
    assert "GENERAL" in {one["rid"] for one in admin.get("users.info", **asked)["user"]["rooms"]}
    other = admin.new_user()
    assert "rooms" not in other.get("users.info", **asked)["user"]
    other.refused("GET", "users.info", params={**asked, "fields": "{"})


def test_a_page_of_users(admin: Api, people: list[Api]) -> None:
    first = admin.get("users.list", count=2, sort='{"createdAt": -1}')
    second = admin.get("users.list", count=2, offset=2, sort='{"createdAt": -1}')
    assert (first["count"], first["offset"], second["offset"]) == (2, 0, 2)
    assert first["total"] == second["total"] >= 7
    ids = [one["_id"] for one in (*first["users"], *second["users"])]
    assert len(set(ids)) == 4
    names = [one["username"] for one in admin.get("users.list", count=0)["users"]]
    assert len(names) == first["total"]
    assert names == sorted(names, key=str.lower)


def test_listings_show_addresses_to_those_who_may_see_them(admin: Api, person: Api) -> None:
    ours = admin.get("users.list", count=0)["users"]
    assert all(one.keys().isdisjoint(SECRET) for one in ours)
    assert any("emails" in one for one in ours)
    theirs = person.get("users.list", count=0)["users"]
    assert {one["_id"] for one in theirs} == {one["_id"] for one in ours}
    hidden = {"emails", "roles", "lastLogin", "createdAt", "settings", "customFields", "statusText"}
    assert all(one.keys().isdisjoint(hidden) for one in theirs)


def found(api: Api, query: Any, **more: Any) -> set[str]:
    users = api.get("users.list", query=json.dumps(query), count=0, **more)["users"]
    return {one["_id"] for one in users}


def test_queries(admin: Api, person: Api, people: list[Api]) -> None:
    prefix = people[0].get("me")["nickname"]
    everyone = {one.user_id for one in people}
    assert found(admin, {"name": {"$regex": f"^{prefix}"}}) == everyone
    assert found(admin, {"name": {"$regex": prefix.upper(), "$options": "i"}}) == everyone
    assert found(admin, {"nickname": prefix}) == everyone
    assert found(admin, {"$or": [{"name": f"{prefix} 1"}, {"_id": ADMIN}]}) == {people[1].user_id, ADMIN}
    assert found(admin, {"emails.address": f"{ADMIN}@rocket.chat"}) == {ADMIN}
    assert found(admin, {"roles": {"$in": ["admin"]}, "_id": ADMIN}) == {ADMIN}
    assert found(person, {"username": ADMIN}) == {ADMIN}
    ordered = admin.get("users.list", query=json.dumps({"nickname": prefix}), sort='{"name": -1}', count=2)
    assert [one["name"] for one in ordered["users"]] == [f"{prefix} 4", f"{prefix} 3"]
    assert ordered["total"] == 5


@pytest.mark.parametrize(
    "query",
    [
        {"emails.address": {"$regex": "."}},
        {"roles": "admin"},
        {"createdAt": {"$exists": True}},
        {"services.password.bcrypt": {"$regex": "^a"}},
        {"password": 1},
        {"$where": "1"},
        {"name": {"$regex": "(a+)+$"}},
    ],
)
def test_a_query_is_no_way_around_what_one_may_see(person: Api, query: Any) -> None:
    answer = person.refused("GET", "users.list", params={"query": json.dumps(query)})
    assert answer["errorType"] == "error-invalid-query"


@pytest.mark.parametrize("sort", ['{"emails": 1}', '{"lastLogin": 1}', '{"services": 1}'])
def test_neither_is_an_order(person: Api, sort: str) -> None:
    answer = person.refused("GET", "users.list", params={"sort": sort})
    assert answer["errorType"] == "error-invalid-sort"


def test_fields_add_and_hide(admin: Api, person: Api) -> None:
    one = admin.get("users.list", fields='{"createdAt": 1}', count=1)["users"][0]
    assert {"_id", "username", "createdAt"} <= one.keys()
    one = admin.get("users.list", fields='{"name": 0, "emails": 0}', count=1)["users"][0]
    assert one.keys().isdisjoint({"name", "emails"})
    for fields in ('{"emails": 1}', '{"services": 1}', '{"settings": 1}', "[", '{"name": 5}'):
        answer = person.refused("GET", "users.list", params={"fields": fields})
        assert answer["errorType"] == "error-invalid-fields"


def test_users_by_address_are_for_those_who_see_them(admin: Api, person: Api) -> None:
    listed = admin.get("users.list", email=f"{ADMIN}@ROCKET.chat")
    assert [one["_id"] for one in listed["users"]] == [ADMIN]
    assert admin.get("users.list", email="nobody@example.com")["total"] == 0
    person.refused("GET", "users.list", 403, params={"email": f"{ADMIN}@rocket.chat"})


def test_lists_by_status(admin: Api, person: Api, people: list[Api]) -> None:
    prefix = people[0].get("me")["nickname"]
    admin.post("users.setActiveStatus", userId=people[0].user_id, activeStatus=False)

    def ids(**query: Any) -> set[str]:
        answer = admin.get("users.listByStatus", searchTerm=prefix, count=0, **query)
        assert answer["total"] == answer["count"] == len(answer["users"])
        return {one["_id"] for one in answer["users"]}

    assert len(ids()) == 5
    assert ids(status="deactivated") == {people[0].user_id}
    assert len(ids(status="active")) == 4
    assert ids(hasLoggedIn="false") == set()
    assert len(ids(hasLoggedIn="true", type="user", roles="user")) == 5
    assert ids(roles="admin") == set()
    assert len(ids(**{"roles[]": ["user", "bot"]})) == 5
    assert len(ids(roles="all")) == 5
    page = admin.get("users.listByStatus", searchTerm=prefix, count=2, offset=1, sort='{"name": -1}')
    assert [one["name"] for one in page["users"]] == [f"{prefix} 3", f"{prefix} 2"]
    sorted_by_state = admin.get("users.listByStatus", searchTerm=prefix, sort='{"status": 1}')["users"]
    assert sorted_by_state[0]["_id"] == people[0].user_id
    address = people[1].get("me")["emails"][0]["address"]
    assert admin.get("users.listByStatus", searchTerm=address)["total"] == 1
    assert person.get("users.listByStatus", searchTerm=address)["total"] == 0
    for query in ({"status": "x"}, {"extra": 1}, {"sort": '{"emails": 1}'}, {"hasLoggedIn": "maybe"}):
        admin.refused("GET", "users.listByStatus", params=query)


def test_autocomplete(admin: Api, person: Api, people: list[Api]) -> None:
    prefix = people[1].get("me")["nickname"]

    def names(**selector: Any) -> list[str]:
        items = person.get("users.autocomplete", selector=json.dumps(selector))["items"]
        assert all(
            one.keys() <= {"_id", "name", "username", "nickname", "status", "avatarETag"} for one in items
        )
        return [one["username"] for one in items]

    active = [one for one in people if admin.get("users.info", userId=one.user_id)["user"]["active"]]
    assert len(names(term=prefix.upper())) == len(active)
    assert active[0].username() not in names(term=prefix, exceptions=[active[0].username()])
    assert names(term=prefix, conditions={"name": f"{prefix} 2"}) == [people[2].username()]
    assert len(names(term="")) == 10
    assert names(term="no-such-user-anywhere") == []
    for selector in ("", "{", "[]", '{"term": 1}', '{"term": "a", "exceptions": 1}'):
        person.refused("GET", "users.autocomplete", params={"selector": selector})
    bad = json.dumps({"term": "", "conditions": {"emails.address": {"$regex": "a"}}})
    assert (
        person.refused("GET", "users.autocomplete", params={"selector": bad})["errorType"]
        == "error-invalid-query"
    )


def test_guests_only_find_those_they_share_a_room_with(admin: Api) -> None:
    guest = admin.new_user(roles=["guest"])
    stranger, friend = admin.new_user(), admin.new_user()
    admin.post("groups.create", name=unique("shared"), members=[guest.username(), friend.username()])

    def finds(api: Api) -> bool:
        selector = json.dumps({"term": api.username()})
        return bool(guest.get("users.autocomplete", selector=selector)["items"])

    assert finds(friend)
    assert not finds(stranger)


def test_presence_and_status(admin: Api, person: Api) -> None:
    me = admin.new_user()
    me.post("users.setStatus", status="away", message="at lunch")
    status = person.get("users.getStatus", userId=me.user_id)
    assert (status["_id"], status["status"], status["message"]) == (me.user_id, "away", "at lunch")
    assert me.get("users.getStatus")["status"] == "away"
    assert person.get("users.getPresence", username=me.username())["presence"] == "away"
    assert "lastLogin" in me.get("users.getPresence")
    me.post("users.setStatus", message="")
    assert me.get("users.getStatus")["message"] == ""
    shown = person.get("users.presence", ids=f"{me.user_id},{ADMIN}")
    assert [one["_id"] for one in shown["users"]] == [me.user_id, ADMIN]
    everybody = person.get("users.presence")
    assert everybody["full"] is True
    assert me.user_id in {one["_id"] for one in everybody["users"]}
    changed = person.get(
        "users.presence", **{"from": admin.get("users.info", userId=me.user_id)["user"]["createdAt"]}
    )
    assert changed["full"] is False
    assert me.user_id in {one["_id"] for one in changed["users"]}
    assert person.user_id not in {one["_id"] for one in changed["users"]}
    person.refused("GET", "users.presence", params={"from": "soon"})


def test_who_may_set_whose_status(admin: Api, person: Api) -> None:
    other = admin.new_user()
    person.refused("POST", "users.setStatus", 403, json={"status": "busy", "userId": other.user_id})
    person.post("users.setStatus", status="busy", username=person.username())
    admin.post("users.setStatus", status="busy", username=other.username())
    assert other.get("users.getStatus")["status"] == "busy"
    for body in ({}, {"status": "asleep"}, {"status": "busy", "extra": 1}):
        person.refused("POST", "users.setStatus", json=body)
    admin.post("settings/Accounts_AllowUserStatusMessageChange", value=False)
    try:
        answer = person.refused("POST", "users.setStatus", json={"message": "x"})
        assert answer["error"] == "Change status is not allowed [error-not-allowed]"
    finally:
        admin.post("settings/Accounts_AllowUserStatusMessageChange", value=True)
    answer = admin.refused("GET", "users.getStatus", params={"username": "nobody"})
    assert answer["errorType"] == "error-invalid-user"
