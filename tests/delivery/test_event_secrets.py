"""What outgoing webhooks must not tell: secrets never, e-mails only where their creator may see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.delivery.listening import listening
from tests.delivery.webhooks import channel, history, say
from tests.running import Api, Server, unique

PASSWORD = "Correct-horse-1"
JOIN_CODE = "open-sesame"
FORBIDDEN = {
    *("services", "password", "bcrypt", "resume", "loginTokens", "hashedToken", "joinCode", "settings"),
    *("tokens", "requirePasswordChange", "email2fa", "totp"),
}


@pytest.fixture(scope="module")
def admin(quiet_server: Server) -> Api:
    return quiet_server.admin()


@pytest.fixture(scope="module")
def keeper(admin: Api) -> Api:
    """Somebody who manages outgoing webhooks, and may not see others' e-mails."""
    role = admin.post("roles.create", name=unique("keeper"), scope="Users")["role"]["_id"]
    permissions = [{"_id": "manage-outgoing-integrations", "roles": ["admin", role]}]
    admin.post("permissions.update", permissions=permissions)
    return admin.new_user(roles=["user", role])


class Scene:
    """Somebody with an e-mail, a password, a token, in a channel with a join code."""

    def __init__(self, admin: Api) -> None:
        self.admin = admin
        self.person = admin.new_user(password=PASSWORD, requirePasswordChange=False)
        self.room = admin.new_channel()
        admin.post("channels.setJoinCode", roomId=self.room["_id"], joinCode=JOIN_CODE)
        admin.post("channels.invite", roomId=self.room["_id"], userId=self.person.user_id)
        self.message = say(self.person, "hello", channel(self.room))
        self.of_room = {"roomId": self.room["_id"]}
        self.of_message = {**self.of_room, "msgId": self.message["_id"]}


CAUSES: Mapping[str, Callable[[Scene], Any]] = {
    "messageEdited": lambda s: s.person.post("chat.update", **s.of_message, text="hi"),
    "messageDeleted": lambda s: s.person.post("chat.delete", **s.of_message),
    "messageReacted": lambda s: s.person.post("chat.react", messageId=s.message["_id"], emoji="wave"),
    "roomArchived": lambda s: s.admin.post("channels.archive", **s.of_room),
    "roomUnarchived": lambda s: [
        s.admin.post(f"channels.{c}", **s.of_room) for c in ("archive", "unarchive")
    ],
    "roomCreated": lambda s: s.admin.new_channel(),
    "roomJoined": lambda s: s.admin.new_user(joinDefaultChannels=False).post(
        "channels.join", **s.of_room, joinCode=JOIN_CODE
    ),
    "roomLeft": lambda s: s.person.post("channels.leave", **s.of_room),
    "userCreated": lambda s: s.admin.new_user(password=PASSWORD),
    "userDeactivated": lambda s: s.admin.post(
        "users.setActiveStatus", userId=s.person.user_id, activeStatus=False
    ),
}


def keys_in(value: Any) -> set[str]:
    """The names of all fields, however deep."""
    match value:
        case dict():
            return set(value).union(*(keys_in(one) for one in value.values()))
        case list():
            return set().union(*(keys_in(one) for one in value))
        case _:
            return set()


@pytest.mark.parametrize("event", CAUSES)
def test_nobody_is_told_secrets_and_only_some_e_mails(admin: Api, keeper: Api, event: str) -> None:
    scene = Scene(admin)
    with (
        listening(admin, event, "all_public_channels") as seeing,
        listening(keeper, event, "all_public_channels") as blind,
    ):
        CAUSES[event](scene)
        seen, unseen = seeing.one(), blind.one()
    who = "owner" if event == "roomCreated" else "user"
    assert [email["verified"] for email in seen[who]["emails"]] == [True]
    assert "emails" not in keys_in(unseen)
    assert "@" not in json.dumps(unseen)
    del seen[who]["emails"]
    assert seen == unseen
    assert not keys_in(seen) & FORBIDDEN
    told = json.dumps(seen)
    for secret in (PASSWORD, JOIN_CODE, scene.person.headers["X-Auth-Token"], admin.headers["X-Auth-Token"]):
        assert secret not in told


def test_a_permission_that_is_taken_away_counts_at_once(admin: Api, keeper: Api) -> None:
    def may_see(*roles: str) -> None:
        permissions = [{"_id": "view-full-other-user-info", "roles": list(roles)}]
        admin.post("permissions.update", permissions=permissions)

    [role] = set(keeper.get("me")["roles"]) - {"user"}
    with listening(keeper, "userCreated") as ear:
        may_see("admin", role)
        admin.new_user()
        ear.bodies(1)
        may_see("admin")
        admin.new_user()
        first, second = ear.bodies(2)
    assert "emails" in first["user"]
    assert "emails" not in second["user"]


def test_the_history_has_no_e_mails(admin: Api) -> None:
    with listening(admin, "userCreated") as ear:
        admin.new_user()
        assert "emails" in ear.one()["user"]
        [entry] = history(admin, ear.integration)
    assert "emails" not in keys_in(entry["data"])
    assert "emails" not in keys_in(entry["httpCallData"])
