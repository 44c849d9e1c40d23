"""What the answer of an outgoing webhook's receiver posts (contract, section 4, "The answer")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.rules.hook_message import named_destinations
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.model import Integration, Room

_STATUSES: Final = frozenset({200, 201, 202})
_JSON_TYPES: Final = frozenset(
    {
        "application/json",
        "text/json",
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
    }
)


def posted(status: int, content_type: str | None, body: bytes) -> dict[str, Any] | None:
    """The payload to post, or ``None`` when the answer is no message.

    A message is a JSON object with a ``text``, or a list of ``attachments`` or of Slack's ``blocks`` that is not
    empty, in an answer 200, 201 or 202 of a JSON type. Never raises: an answer that cannot be read is no reason
    for a retry.
    """
    if status not in _STATUSES or not body:
        return None
    media = (content_type or "").partition(";")[0].strip().lower()
    if media not in _JSON_TYPES and not media.endswith("+json"):
        return None
    try:
        content = read_json(body)
    except NotJson:
        return None
    if not isinstance(content, dict):
        return None
    text, attachments = content.get("text"), content.get("attachments")
    has_text = bool(text.strip()) if isinstance(text, str) else bool(text)
    if has_text or (isinstance(attachments, list) and attachments) or _is_blocks(content.get("blocks")):
        return content
    return None


def _is_blocks(blocks: object) -> bool:
    # Others have blocks too, of a chain or of a disk.
    return (
        isinstance(blocks, list)
        and bool(blocks)
        and all(isinstance(one, dict) and isinstance(one.get("type"), str) for one in blocks)
    )


def answer_destinations(
    payload: Mapping[str, Any], integration: Integration, room: Room | None
) -> tuple[str, ...]:
    """Where to post an answer: where it says itself, else ``targetRoom``, else the event's room.

    Empty when none of them is known. Raises ``Refused`` (``invalid-channel``) as ``named_destinations`` does.
    """
    if names := named_destinations(payload):
        return names
    if integration.target_room:
        return (integration.target_room,)
    return (room.id,) if room is not None else ()
