"""Suggesting people and rooms, and the directory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.running import Api, unique


class Town:
    """People and rooms whose names begin alike."""

    def __init__(self, admin: Api) -> None:
        self.word = unique("town").replace("-", "")
        self.mayor, self.clerk = (
            admin.new_user(username=f"{self.word}.{name}", name=f"{name.title()} of {self.word}")
            for name in ("mayor", "clerk")
        )
        self.hall = self.mayor.new_channel(name=f"{self.word}-hall")
        self.lane = self.mayor.new_channel(name=f"{self.word}-lane")
        self.cellar = self.mayor.post("groups.create", name=f"{self.word}-cellar")["group"]
        self.clerk.post("channels.join", roomId=self.lane["_id"])


@pytest.fixture(scope="module")
def town(admin: Api) -> Town:
    return Town(admin)


def names(found: list[Any], field: str = "name") -> list[str]:
    return [one[field] for one in found]


def test_spotlight(admin: Api, town: Town) -> None:
    word = town.word
    both = town.clerk.get("spotlight", query=word)
    assert names(both["users"], "username") == [f"{word}.clerk", f"{word}.mayor"]
    assert all(one["outside"] for one in both["users"])
    assert names(both["rooms"]) == [f"{word}-hall"], "no room that one is in, no group"
    assert town.clerk.get("spotlight", query=f"#{word}")["users"] == []
    assert town.clerk.get("spotlight", query=f"@{word}")["rooms"] == []
    assert town.clerk.get("spotlight", query=word, type="users")["rooms"] == []
    others = town.clerk.get("spotlight", query=word, usernames=f"{word}.clerk, nobody")["users"]
    assert names(others, "username") == [f"{word}.mayor"]
    inside = town.clerk.get("spotlight", query=f"@{word}", rid=town.hall["_id"])["users"]
    assert [(one["username"], one.get("outside")) for one in inside] == [
        (f"{word}.mayor", None),
        (f"{word}.clerk", True),
    ]
    exact = town.clerk.get("spotlight", query=f"@{word}.MAYOR")["users"]
    assert names(exact, "username") == [f"{word}.mayor"]
    assert len(admin.get("spotlight", query="")["users"]) <= 5
    assert admin.get("spotlight", query="x", rid="no-such-room")["users"] == []
    assert admin.refused("GET", "spotlight")["errorType"] == "invalid-params"
    for hostile in ("%", "_", "\\", "(", "@", "#", "\0", "x" * 5000):
        admin.get("spotlight", query=hostile)


def test_spotlight_for_who_may_not_look_outside(admin: Api, town: Town) -> None:
    guest = admin.new_user(roles=["guest"])
    assert guest.get("spotlight", query=town.word) == {"users": [], "rooms": [], "success": True}
    town.mayor.post("im.create", username=guest.username())
    found = guest.get("spotlight", query=town.word)["users"]
    assert names(found, "username") == [f"{town.word}.mayor"], "whom one has a direct room with"


def test_spotlight_without_a_login(admin: Api, town: Town) -> None:
    nobody = Api(admin.url)
    nobody.refused("GET", "spotlight", 401, params={"query": town.word})
    update = admin.get("permissions.listAll")["update"]
    before = next(one for one in update if one["_id"] == "view-c-room")["roles"]
    admin.post("settings/Accounts_AllowAnonymousRead", value=True)
    try:
        for roles, expected in (
            (sorted({*before, "anonymous"}), [f"{town.word}-hall", f"{town.word}-lane"]),
            ([role for role in before if role != "anonymous"], []),
        ):
            admin.post("permissions.update", permissions=[{"_id": "view-c-room", "roles": roles}])
            found = nobody.get("spotlight", query=town.word)
            assert (found["users"], names(found["rooms"])) == ([], expected)
    finally:
        admin.post("settings/Accounts_AllowAnonymousRead", value=False)
        admin.post("permissions.update", permissions=[{"_id": "view-c-room", "roles": before}])


def test_directory(admin: Api, town: Town) -> None:
    word = town.word
    rooms = town.clerk.get("directory", text=word)
    assert names(rooms["result"]) == [f"{word}-hall", f"{word}-lane"]
    assert (rooms["count"], rooms["offset"], rooms["total"]) == (2, 0, 2)
    assert len(names(town.mayor.get("directory", text=word, type="channels")["result"])) == 3
    by_size = town.clerk.get("directory", text=word, sort=json.dumps({"usersCount": -1}), count=1)
    assert names(by_size["result"]) == [f"{word}-lane"]
    assert by_size["total"] == 2
    query = json.dumps({"text": word, "type": "users", "workspace": "local"})
    people = town.clerk.get("directory", query=query, sort=json.dumps({"username": -1}))["result"]
    assert names(people, "username") == [f"{word}.mayor", f"{word}.clerk"]
    assert all("emails" not in one for one in people)
    by_mail = admin.get("directory", text=word, type="users", sort=json.dumps({"email": 1}))["result"]
    assert len(by_mail) == 2
    assert all(one["emails"] for one in by_mail)
    assert town.clerk.get("directory", text=word, type="users", workspace="external")["total"] == 0


def test_teams_of_the_directory(admin: Api, town: Town) -> None:
    name = f"{town.word}-team"
    team = town.mayor.post("teams.create", name=name, type=0)["team"]
    town.mayor.post("teams.create", name=f"{town.word}-team-private", type=1)
    town.mayor.post("teams.addRooms", teamId=team["_id"], rooms=[town.hall["_id"]])
    found = town.clerk.get("directory", type="teams", text=town.word)["result"]
    assert names(found) == [name]
    assert found[0]["roomsCount"] == 2
    of_team = [one for one in town.clerk.get("directory", text=town.word)["result"] if one.get("teamId")]
    assert [(one["name"], one["belongsTo"]) for one in of_team] == [(f"{town.word}-hall", name)]
    assert len(town.mayor.get("directory", type="teams", text=town.word)["result"]) == 2


@pytest.mark.parametrize(
    "query",
    [{"type": "planets"}, {"sort": '{"name":1,"createdAt":1}'}, {"sort": '{"secret":1}'}, {"query": "{"},
     {"query": "[1]"}, {"query": '{"text":5}'}, {"sort": "{"}],
)  # fmt: skip
def test_refusals_of_the_directory(user: Api, query: dict[str, str]) -> None:
    user.refused("GET", "directory", params=query)


def test_guests_do_not_browse_people(admin: Api) -> None:
    guest = admin.new_user(roles=["guest"])
    assert (
        guest.refused("GET", "directory", params={"type": "users"})["error"] == "Please verify the parameters"
    )
