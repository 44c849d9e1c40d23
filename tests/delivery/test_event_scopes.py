"""Which rooms an outgoing webhook hears, end to end (contract, section 4, "When one fires")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from tests.delivery.listening import Ear, listening
from tests.running import Api, Server, unique


@dataclass(frozen=True)
class World:
    """Rooms of every kind. Ann and Bob have a direct room; both are in all the others."""

    admin: Api
    ann: Api
    bob: Api
    rooms: Mapping[str, Any]

    def channel(self, scope: str) -> str:
        """``scope`` with the names and ids of this world in it."""
        values = {name: room.get("name", "") for name, room in self.rooms.items()}
        values |= {f"{name}_id": room["_id"] for name, room in self.rooms.items()}
        people = {"ann": self.ann.username(), "bob": self.bob.username(), "ann_id": self.ann.user_id}
        return scope.format(**values, **people)

    def speak(self) -> None:
        """Ann and Bob each write in every room."""
        for name, room in self.rooms.items():
            for who, api in (("ann", self.ann), ("bob", self.bob)):
                api.post("chat.postMessage", roomId=room["_id"], text=f"{who} in {name}")


@pytest.fixture(scope="module")
def world(quiet_server: Server) -> World:
    admin = quiet_server.admin()
    ann, bob = admin.new_user(), admin.new_user()
    members = [ann.username(), bob.username()]
    rooms = {
        "one": admin.new_channel(members=members),
        "other": admin.new_channel(members=members),
        "secret": admin.post("groups.create", name=unique("group"), members=members)["group"],
        "hidden": admin.post("groups.create", name=unique("group"), members=members)["group"],
        "direct": ann.post("im.create", username=bob.username())["room"],
    }
    return World(admin, ann, bob, rooms)


def both(*rooms: str) -> set[str]:
    return {f"{who} in {room}" for who in ("ann", "bob") for room in rooms}


SCOPES: Mapping[str, set[str]] = {
    "all_public_channels": both("one", "other"),
    "all_private_groups": both("secret", "hidden"),
    "all_direct_messages": both("direct"),
    "all_public_channels, all_private_groups,all_direct_messages": both(
        "one", "other", "secret", "hidden", "direct"
    ),
    "#{one}": both("one"),
    "#{one_id}": both("one"),
    "#{secret}": both("secret"),
    "#{secret_id}": both("secret"),
    "#{one}, #{hidden},all_direct_messages": both("one", "hidden", "direct"),
    # What matches twice is told once.
    "all_public_channels,#{one},#{one_id}": both("one", "other"),
    # What is written to a person; not by them.
    "@{bob}": {"ann in direct"},
    "@{ann}": {"bob in direct"},
    "@{ann},@{bob}": both("direct"),
    "@{ann},#{other}": {"bob in direct", *both("other")},
    # By id, both.
    "@{ann_id}": both("direct"),
}


def test_what_is_heard(world: World) -> None:
    with_ears(world, list(SCOPES), {})


def with_ears(world: World, scopes: list[str], ears: dict[str, Ear]) -> None:
    """All at once, so that one does not keep another from hearing."""
    if scopes:
        with listening(world.admin, "sendMessage", world.channel(scopes[0])) as ear:
            with_ears(world, scopes[1:], {**ears, scopes[0]: ear})
        return
    world.speak()
    for scope, ear in ears.items():
        heard = SCOPES[scope]
        assert {body["text"] for body in ear.bodies(len(heard))} == heard, scope


def test_a_renamed_room_is_heard_by_its_new_name(world: World) -> None:
    room = world.admin.new_channel(members=[world.ann.username()])
    with listening(world.admin, "sendMessage", f"#{room['name']}") as ear:
        world.admin.post("channels.rename", roomId=room["_id"], name=unique("renamed"))
        other = world.admin.new_channel(name=room["name"], members=[world.ann.username()])
        world.ann.post("chat.postMessage", roomId=other["_id"], text="the old name")
        world.ann.post("chat.postMessage", roomId=room["_id"], text="the old room")
        assert ear.one()["text"] == "the old room"


@pytest.mark.parametrize("event", ["roomJoined", "messageReacted", "messageEdited", "messageDeleted"])
def test_other_events_of_a_room(world: World, event: str) -> None:
    heard, unheard = (world.admin.new_channel(members=[world.ann.username()]) for _ in range(2))
    with (
        listening(world.admin, event, f"#{heard['name']}") as ear,
        listening(world.admin, event, "all_private_groups") as other,
    ):
        for room in (heard, unheard):
            said = world.ann.post("chat.postMessage", roomId=room["_id"], text="hello")["message"]
            of_message = {"roomId": room["_id"], "msgId": said["_id"]}
            world.bob.post("channels.join", roomId=room["_id"])
            world.bob.post("chat.react", messageId=said["_id"], emoji="wave")
            world.ann.post("chat.update", **of_message, text="hello again")
            world.ann.post("chat.delete", **of_message)
        assert ear.one()["channel_id"] == heard["_id"]
        other.nothing()
