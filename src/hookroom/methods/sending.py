"""Messages: sending, changing and deleting them."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Refused
from hookroom.messages import editing
from hookroom.messages import sending as use_case
from hookroom.methods import finding
from hookroom.methods.params import only, record, text, texts
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rules.model import Message

methods = Methods("Messages")

_COMPOSED: Final = {
    "_id": "string",
    "rid": "string",
    "msg": "string",
    "tmid": "string",
    "tshow": "boolean",
    "alias": "string",
    "avatar": "string",
    "emoji": "string",
    "attachments": "any",
    "blocks": "any",
    "t": "string",
    "parseUrls": "boolean",
    "groupable": "boolean",
    "customFields": "object",
}
"""What is read of a message that a client composed; ``ts``, ``u`` and the like are not the client's to say."""


@methods.add("sendMessage")
async def send_message(call: MethodCall, message: Any, preview_urls: Any = None) -> Message:
    """Send a message (``{_id, rid, msg, tmid, …}``) to a room, as ``chat.sendMessage`` does; answers it."""
    composed = only(message, _COMPOSED, ("rid",))
    previewed = None if preview_urls is None else texts(preview_urls, "previewUrls")
    return await use_case.send(call.ws, call.user, composed, previewed)


@methods.add("updateMessage")
async def update_message(call: MethodCall, message: Any, preview_urls: Any = None) -> None:
    """Change the text of a message (``{_id, msg}``, ``customFields`` too)."""
    given = only(message, {"_id": "string", "msg": "string", "customFields": "object"}, ("_id",))
    old = await finding.message(call, given["_id"])
    previewed = None if preview_urls is None else texts(preview_urls, "previewUrls")
    changed = given.get("msg")
    await editing.edit(
        call.ws,
        call.user,
        old,
        old.text if changed is None else changed,
        custom_fields=given.get("customFields"),
        previewed=previewed,
    )


@methods.add("deleteMessage")
async def delete_message(call: MethodCall, message: Any) -> None:
    """Delete a message (``{_id}``)."""
    message_id = text(record(message).get("_id"), "_id")
    try:
        found = await finding.message(call, message_id)
    except Refused:
        raise Refused(
            "error-action-not-allowed",
            "Not allowed",
            details={"method": call.method, "action": "Delete_message"},
        ) from None
    await editing.delete(call.ws, call.user, found)
