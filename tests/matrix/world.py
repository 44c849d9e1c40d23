"""The people and things that the calls of the matrix are made with.

Things are made when a call first asks for them, new for every call: what one call changes no other sees.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from tests.mailboxes import Mailbox
from tests.running import Api, unique

ROLES: Final = ("anonymous", "user", "member", "owner", "admin")
"""Nobody; somebody who is in none of the rooms; a member of them; who made them; an administrator outside."""

PASSWORD: Final = "Correct-horse-1"


@dataclass(frozen=True)
class People:
    """One of each role, and the administrator who made them."""

    root: Api
    mailbox: Mailbox
    by_role: Mapping[str, Api]


def people(root: Api, mailbox: Mailbox) -> People:
    """New people."""
    return People(
        root,
        mailbox,
        {
            "anonymous": Api(root.url),
            "user": root.new_user(),
            "member": root.new_user(),
            "owner": root.new_user(),
            "admin": root.new_user(roles=["admin", "user"]),
        },
    )


@dataclass
class World:
    """What one call by ``role`` is made with."""

    people: People
    role: str
    caller: Api = field(init=False)

    def __post_init__(self) -> None:
        self.caller = self.people.by_role[self.role]

    @property
    def root(self) -> Api:
        """An administrator who prepares."""
        return self.people.root

    @property
    def owner(self) -> Api:
        """Who made the rooms."""
        return self.people.by_role["owner"]

    @property
    def member(self) -> Api:
        """A member of the rooms."""
        return self.people.by_role["member"]

    def as_new(self) -> None:
        """Have the call made by somebody new of the same role: it changes or ends their login."""
        if self.role != "anonymous":
            roles = ["admin", "user"] if self.role == "admin" else ["user"]
            self.caller = self.root.new_user(roles=roles, password=PASSWORD)

    @cached_property
    def somebody(self) -> Api:
        """Somebody new."""
        return self.root.new_user()

    def _filled(self, family: str, room: Any) -> Any:
        self.owner.post(f"{family}.invite", roomId=room["_id"], userId=self.member.user_id)
        return room

    @cached_property
    def channel_room(self) -> Any:
        """A public channel, whole."""
        return self._filled("channels", self.owner.new_channel())

    @property
    def channel(self) -> str:
        """A public channel."""
        return str(self.channel_room["_id"])

    @cached_property
    def group_room(self) -> Any:
        """A private group, whole."""
        return self._filled("groups", self.owner.post("groups.create", name=unique("group"))["group"])

    @property
    def group(self) -> str:
        """A private group."""
        return str(self.group_room["_id"])

    @cached_property
    def direct(self) -> str:
        """The direct room of owner and member."""
        return str(self.owner.post("im.create", username=self.member.username())["room"]["_id"])

    @cached_property
    def joined(self) -> str:
        """``channel``, with ``somebody`` in it."""
        self.owner.post("channels.invite", roomId=self.channel, userId=self.somebody.user_id)
        return self.channel

    @cached_property
    def joined_group(self) -> str:
        """``group``, with ``somebody`` in it."""
        self.owner.post("groups.invite", roomId=self.group, userId=self.somebody.user_id)
        return self.group

    @cached_property
    def message(self) -> str:
        """A message of the owner's in the channel."""
        return self.said("one")

    def said(self, text: str, **fields: Any) -> str:
        """A message of the owner's in the channel."""
        body = {"rid": self.channel, "msg": text, **fields}
        return str(self.owner.post("chat.sendMessage", message=body)["message"]["_id"])

    @cached_property
    def thread(self) -> str:
        """A message of the owner's with an answer."""
        self.said("an answer", tmid=self.message)
        return self.message

    @cached_property
    def incoming(self) -> Any:
        """An incoming webhook of the administrator's."""
        poster = self.root.new_bot()
        return self.root.post(
            "integrations.create",
            type="webhook-incoming",
            name=unique("hook"),
            enabled=True,
            username=poster.username(),
            channel="#general",
            scriptEnabled=False,
        )["integration"]

    @cached_property
    def outgoing(self) -> Any:
        """An outgoing webhook of the administrator's."""
        return self.root.post("integrations.create", **self.outgoing_body())["integration"]

    def outgoing_body(self) -> dict[str, Any]:
        """What makes an outgoing webhook."""
        return {
            "type": "webhook-outgoing",
            "name": unique("hook"),
            "enabled": True,
            "username": "rocket.cat",
            "channel": "#general",
            "event": "sendMessage",
            "urls": ["http://receiver.invalid/"],
            "scriptEnabled": False,
        }

    @cached_property
    def role_id(self) -> str:
        """A role of nobody's."""
        return str(self.root.post("roles.create", name=unique("role"))["role"]["_id"])

    @cached_property
    def upload(self) -> str:
        """A file that the caller put into the channel, and no message shows yet."""
        files = {"file": ("note.txt", b"note", "text/plain")}
        return str(self.caller.call("POST", f"rooms.media/{self.channel}", files=files).json()["file"]["_id"])


@dataclass(frozen=True)
class Sent:
    """What is sent: ``path`` where the route's has variable parts, and what ``httpx`` takes."""

    path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


Make = Callable[[World], Sent]


def body(**fields: Any) -> Sent:
    """A JSON body."""
    return Sent(options={"json": fields})


def query(**fields: Any) -> Sent:
    """A query; objects in it are JSON."""
    shown = {
        name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in fields.items()
    }
    return Sent(options={"params": shown})


@dataclass(frozen=True)
class Case:
    """A call that would succeed, but for who makes it.

    ``who`` has a letter for each of ``ROLES``: ``y`` may, ``n`` may not.
    """

    who: str
    make: Make
