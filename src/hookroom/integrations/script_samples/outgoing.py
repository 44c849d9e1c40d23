"""Sample events that fire an outgoing webhook, and sample answers of its receiver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hookroom.rules.model import Integration, Message, Room, User, UserRef
from hookroom.rules.outgoing_payload import event_data
from hookroom.rules.script_requests import JSON
from hookroom.rules.times import IsoTime
from hookroom.rules.triggers import EVENTS

TEXT: Final = "deploy web-frontend 4.2.0 to production"

_AT: Final = "2026-01-02T03:04:05.678Z"
_DONE: Final = (
    '{"text": "Deployed.", "id": 4711, "status": "ok", "ok": true, "items": [{"id": 1, "name": "one"}]}'
)

ROOM: Final = Room(
    id="GENERAL", type="c", name="general", read_only=False, default=True, created_at=_AT, updated_at=_AT
)
PERSON: Final = User(
    id="adaExample1234567",
    username="ada",
    name="Ada Example",
    type="user",
    active=True,
    roles=("user",),
    status="online",
    created_at=_AT,
    updated_at=_AT,
)


class SampleAnswer(Struct, frozen=True, kw_only=True):
    """What a receiver answers."""

    name: str
    status: int
    text: str
    content_type: str = JSON

    @property
    def headers(self) -> Mapping[str, str]:
        """As a receiver sends them, in small letters."""
        return {
            "content-type": self.content_type,
            "content-length": str(len(self.text.encode())),
            "date": "Fri, 02 Jan 2026 03:04:05 GMT",
        }


ANSWERS: Final[Sequence[SampleAnswer]] = (
    SampleAnswer(name="200, an object", status=200, text=_DONE),
    SampleAnswer(name="200, text", status=200, text="ok", content_type="text/plain; charset=utf-8"),
    SampleAnswer(name="200, empty", status=200, text=""),
    SampleAnswer(name="500, an object", status=500, text='{"error": "Something went wrong", "code": 13}'),
)


def sample_data(
    integration: Integration,
    *,
    text: str = TEXT,
    room: Room = ROOM,
    user: User = PERSON,
    at: IsoTime = _AT,
    site_url: str = "http://localhost:3000",
) -> dict[str, Any]:
    """What the event of ``integration`` says when ``user`` causes it in ``room``; ``text`` is the message's."""
    event = integration.event if integration.event in EVENTS else "sendMessage"
    author = UserRef(id=user.id, username=user.username, name=user.name)
    message = Message(
        id="sampleMessage1234", room_id=room.id, text=text, created_at=at, user=author, updated_at=at
    )
    return event_data(
        event or "sendMessage",
        at=at,
        site_url=site_url,
        room=room,
        message=message,
        user=user,
        reaction=":thumbsup:",
    )


def with_trigger(integration: Integration, text: str = TEXT) -> tuple[str, str | None]:
    """``text`` so that it fires ``integration``, and the trigger word that it fires for."""
    word = next((one for one in integration.trigger_words or () if one.strip()), None)
    if word is None or not EVENTS.get(integration.event or "", EVENTS["sendMessage"]).trigger_words:
        return text, None
    return f"{word} {text}", word
