"""The webhooks that are called: every kind of integration that there is, and rooms that none of them may reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tests.hooks.fuzz.payloads import templates
from tests.rules.senders import SENDERS, Sender
from tests.running import Api, unique

HIDDEN: Final = "hiddenplace"
"""In the name of the room that nobody may hear of."""
UNHEARD: Final = "nobody else reads this"
"""In its message, and in no call."""
INSIDE: Final = "203.0.113.7"
"""An address that may call where not all may."""

ECHO: Final = """
class Script {
    process_incoming_request({ request }) {
        console.log(request.content_raw, request.headers, request.url);
        return { content: request.content };
    }
}
"""
ANSWERS: Final = """
class Script {
    process_incoming_request({ request }) {
        const said = request.content;
        if (said && said.error) return { error: said.error };
        if (said && said.response) return { response: said.response, content: said.content };
        if (!said || !said.text) return undefined;
        return { content: { text: `${said.text}`, attachments: said.attachments }, response: { said } };
    }
}
"""
BRITTLE: Final = """
class Script {
    process_incoming_request({ request }) {
        return { content: { text: request.content.text.toUpperCase().split(' ')[1].trim() } };
    }
}
"""


@dataclass(frozen=True)
class Target:
    """An integration. ``rooms``: where its messages may be, empty for anywhere that is not hidden.

    ``sender`` proves its calls; ``shut`` says that no call may post; ``inside`` that only those of ``INSIDE`` may.
    """

    kind: str
    id: str
    token: str
    fields: dict[str, Any]
    rooms: frozenset[str]
    sender: Sender | None = None
    template: str | None = None
    scripted: bool = False
    shut: bool = False
    inside: bool = False

    @property
    def certain(self) -> bool:
        """Whether a simple call is sure to post."""
        return self.kind in ("plain", "several", "private")

    @property
    def most(self) -> int:
        """Messages that one call may post."""
        return len(self.rooms) or 64


@dataclass(frozen=True)
class House:
    """All targets of a server, and what nobody may be told. ``names`` are what a sender might guess at."""

    targets: tuple[Target, ...]
    hidden: frozenset[str]
    names: tuple[str, ...]
    secrets: frozenset[str] = field(repr=False)


def furnish(admin: Api, copies: int = 2) -> House:
    """Make rooms and integrations: ``3 * copies`` of the quick kinds, fewer of others; with 0 some of them."""
    group = admin.post("groups.create", name=unique(HIDDEN))["group"]
    said = admin.post("chat.postMessage", roomId=group["_id"], text=f"psst: {UNHEARD}")["message"]
    direct = admin.post("im.create", username=admin.new_user().username())["room"]
    hidden = frozenset({group["_id"], direct["_id"]})
    link = f"{admin.url}/group/{group['name']}?msg={said['_id']}"
    rooms = [admin.new_channel() for _ in range(4)]
    names = (
        *(
            f"#{rooms[0]['name']}",
            rooms[1]["_id"],
            f"#{group['name']}",
            group["_id"],
            f"@{admin.username()}",
            "@nobody",
        ),
        *(
            said["_id"],
            link,
            direct["_id"],
            "#general",
            "general",
            "GENERAL",
            "@rocket.cat",
            "@",
            "#",
            "",
            "all_public_channels",
        ),
    )
    makers = _Makers(admin, group)
    targets = tuple(makers.all(copies))
    secrets = frozenset({one.token for one in targets} | {admin.headers["X-Auth-Token"]})
    return House(targets, hidden, names, secrets)


class _Makers:
    """Each kind of integration."""

    def __init__(self, admin: Api, hidden: dict[str, Any]) -> None:
        self._admin = admin
        self._hidden = hidden

    def all(self, copies: int) -> Iterator[Target]:
        if not copies:
            yield self._make("plain")
            yield self._make("free", anywhere=True, overrideDestinationChannelEnabled=True)
            yield self._make("several", rooms=3)
            yield self._script("echo", ECHO)
            yield self._script("free answers", ANSWERS, anywhere=True, overrideDestinationChannelEnabled=True)
            return
        for _ in range(copies * 3):
            yield self._make("plain")
            yield self._make("plain", alias="Bot", emoji=":x:", idempotencyHours=0)
            yield self._make("free", anywhere=True, overrideDestinationChannelEnabled=True)
            yield self._make("several", rooms=3)
        for _ in range(copies):
            yield from self._rooms()
            yield self._make("limited", rateLimitCalls=2, rateLimitSeconds=1)
            yield self._make("inside", inside=True, allowedNetworks="203.0.113.0/24")
            for name, sender in SENDERS.items():
                yield self._verified(name, sender)
        yield from self._scripted()

    def _rooms(self) -> Iterator[Target]:
        admin = self._admin
        yield self._make("disabled", shut=True, enabled=False)
        yield self._make("not a member", shut=True, channel=f"#{self._hidden['name']}")
        group = admin.post("groups.create", name=unique("group"), members=["rocket.cat"])["group"]
        yield self._make("private", rooms_of=[group])
        still = admin.new_channel()
        yield self._make("read-only", shut=True, rooms_of=[still])
        admin.post("channels.setReadOnly", roomId=still["_id"], readOnly=True)
        gone = admin.new_channel()
        yield self._make("archived", shut=True, rooms_of=[gone])
        admin.post("channels.archive", roomId=gone["_id"])
        bot = admin.new_bot()
        yield self._make("user gone", shut=True, username=bot.username())
        admin.post("users.setActiveStatus", userId=bot.user_id, activeStatus=False)

    def _scripted(self) -> Iterator[Target]:
        for name in templates():
            # Their fixtures have the ids of deliveries, and would be told apart from one another by nothing else.
            yield self._make(
                name, template=name, scripted=True, verification={"scheme": "none"}, idempotencyHours=0
            )
        for kind, script in (("echo", ECHO), ("answers", ANSWERS), ("brittle", BRITTLE)):
            yield self._script(kind, script)
            yield self._script(f"free {kind}", script, anywhere=True, overrideDestinationChannelEnabled=True)
        yield self._make("broken script", shut=True, scripted=True, scriptEnabled=True, script="class {")
        yield self._make("no method", shut=True, scripted=True, scriptEnabled=True, script="class Script {}")
        yield self._verified("github", SENDERS["github"], scripted=True, scriptEnabled=True, script=ECHO)

    def _script(self, kind: str, script: str, **fields: Any) -> Target:
        return self._make(
            kind, scripted=True, scriptEnabled=True, skipTranspile=True, script=script, **fields
        )

    def _verified(self, name: str, sender: Sender, **fields: Any) -> Target:
        settings = sender.verification
        chosen = {
            key: value
            for key in ("scheme", "header", "prefix", "algorithm", "encoding")
            if (value := getattr(settings, key)) is not None
        }
        # Some of them call every delivery the same.
        fields["idempotencyHours"] = 0
        secret = sender.secrets[0]
        return self._make(
            f"verified {name}", sender=sender, verification={**chosen, "secret": secret}, **fields
        )

    def _make(self, kind: str, rooms: int = 1, rooms_of: list[Any] | None = None, **fields: Any) -> Target:
        own = {name: fields.pop(name, None) for name in ("sender", "shut", "inside", "scripted", "anywhere")}
        taken = (
            rooms_of or []
            if "channel" in fields
            else rooms_of or [self._admin.new_channel() for _ in range(rooms)]
        )
        body = {
            "type": "webhook-incoming",
            "name": kind,
            "enabled": True,
            "username": "rocket.cat",
            "channel": ",".join(f"#{one['name']}" for one in taken),
            **({} if "template" in fields else {"scriptEnabled": False}),
            **fields,
        }
        made = self._admin.post("integrations.create", **body)["integration"]
        anywhere = bool(own["anywhere"])
        return Target(
            kind=kind,
            id=made["_id"],
            token=made["token"],
            fields=body,
            rooms=frozenset() if anywhere else frozenset(one["_id"] for one in taken),
            sender=own["sender"],
            template=fields.get("template"),
            scripted=bool(own["scripted"]),
            shut=bool(own["shut"]),
            inside=bool(own["inside"]),
        )
