"""Unread counts of random histories are what counting by hand gives, on both databases."""

from __future__ import annotations

import random
from pathlib import Path

from msgspec import Struct, structs
from tests.rooms.chat import Chat, run

from hookroom.messages import editing, posting
from hookroom.rooms import room_marks, room_views
from hookroom.rules.hook_message import draft
from hookroom.rules.model import Message, Subscription, User
from hookroom.rules.times import millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, subscriptions

STEPS = 120
NAMES = ("ann", "bob", "cat")


class Said(Struct):
    """A message as it is counted."""

    message: Message
    at: int
    mentions: frozenset[str]


def expected(said: list[Said], user: User, seen: int, ignored: set[str]) -> dict[str, int | bool]:
    """What is unread for a user who looked at ``seen`` last."""
    new = [
        one
        for one in said
        if one.at > seen and one.message.user.id != user.id and one.message.user.id not in ignored
    ]
    mine = [one for one in new if user.username in one.mentions]
    groups = [one for one in new if one not in mine and one.mentions & {"all", "here"}]
    return {
        "alert": bool(new),
        "unread": len(mine) + len(groups),
        "userMentions": len(mine),
        "groupMentions": len(groups),
    }


def test_counts_are_those_of_counting(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        ws, dice = chat.ws, random.Random(20261126)
        people = await chat.people(*NAMES, roles=("admin",))
        room = await chat.room(*people)
        said: list[Said] = []
        ignored: dict[str, set[str]] = {one.id: set() for one in people}

        async def member(user: User) -> Subscription:
            found = await ws.directory.subscription(room.id, user.id)
            assert found is not None
            return found

        for _ in range(STEPS):
            user, other = dice.sample(people, 2)
            names = frozenset(dice.sample((*NAMES, "all", "here"), dice.randint(0, 2)))
            text = " ".join(["hello", *(f"@{name}" for name in names)])
            match dice.choice(("say", "say", "say", "say", "edit", "delete", "read", "ignore")):
                case "say":
                    message = await posting.post(ws, user, room, draft({"text": text}))
                    said.append(Said(message, millis(message.created_at), names))
                case "edit" if said:
                    one = dice.choice(said)
                    await editing.edit(ws, user, one.message, f"{text}!")
                    one.mentions = names
                    changed = await messages.by_id(ws.db, one.message.id)
                    assert changed is not None
                    one.message = changed
                case "delete" if said:
                    one = said.pop(dice.randrange(len(said)))
                    await editing.delete(ws, user, one.message)
                case "read":
                    await room_marks.read(ws, user, room.id)
                case "ignore":
                    ignored[user.id] ^= {other.id}
                    old = await member(user)
                    changes = Changes()
                    new = structs.replace(
                        old,
                        ignored=tuple(ignored[user.id]) or None,
                        updated_at=ws.stamp(old.updated_at),
                    )
                    subscriptions.update(changes, old, new)
                    await ws.db.commit(changes)
            for one_user in people:
                mine = await member(one_user)
                (answer,) = await room_views.memberships(ws, one_user, room_id=room.id)
                want = expected(
                    said, one_user, millis(mine.last_seen or mine.created_at), ignored[one_user.id]
                )
                assert {name: answer[name] for name in want} == want

    run(database_url, tmp_path / "data", body)
