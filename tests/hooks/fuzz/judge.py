"""What must hold for every call: what the contract (section 3) promises, as a stranger can see it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.hooks.fuzz.framing import Call
from tests.hooks.fuzz.stored import Stored
from tests.hooks.fuzz.targets import UNHEARD, House
from tests.hooks.fuzz.wire import Answer

DOCUMENTED: Final = {
    503: ("Service Unavailable", "Too many scripts are running"),
    508: ("Loop detected",),
}
"""Statuses from 500 that are no fault of the server, with what they say."""
_TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{40,60}")
_NO_INK: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_UNSEEN: Final = frozenset("\u3164\u2800\uffa0\u115f\u1160\u034f\ufe0f")
"""Letters, marks and symbols that are drawn as nothing."""


def faults(house: House, call: Call, answer: Answer | None, posted: Sequence[Stored]) -> Iterator[str]:
    """What is wrong with the ``answer`` to ``call``, and with the messages that came of it."""
    if answer is None:
        if not call.torn:
            yield "it was not answered"
    else:
        yield from _of_answer(house, call, answer)
    refused = answer is None or answer.status >= 400
    if posted and refused:
        yield "it was refused and posted all the same"
    if posted and call.silent:
        yield "it must not post and did"
    if call.sure and (answer is None or answer.status != 200 or len(posted) != len(call.target.rooms)):
        yield f"it must post and did not: {len(posted)} messages"
    if len(posted) > call.target.most:
        yield f"it posted {len(posted)} messages"
    for message in posted:
        yield from _of_message(house, call, message)


def _of_answer(house: House, call: Call, answer: Answer) -> Iterator[str]:
    status = answer.status
    if call.outside and status < 400:
        yield "it must be refused and was not"
    if call.method == "HEAD" or status == 204:
        # What a GET would be answered is judged elsewhere.
        body: Any = {"success": False, "error": DOCUMENTED.get(status, ("-",))[0]}
    else:
        if answer.headers.get("content-type") != "application/json":
            yield "its answer is not application/json"
        try:
            body = json.loads(answer.body)
        except ValueError:
            yield "its answer is not JSON"
            return
    if status >= 500 and not str(body.get("error")).startswith(DOCUMENTED.get(status, ())):
        yield f"it was answered {status}"
    if status >= 400:
        if not isinstance(body, dict) or body.get("success") is not False:
            yield "its refusal does not say success: false"
        elif not body.get("error") and not call.target.scripted:
            yield "its refusal does not say why"
    elif status not in (200, 204):
        yield f"it was answered {status}"
    yield from _told(house, call, answer)


def _told(house: House, call: Call, answer: Answer) -> Iterator[str]:
    """What an answer must not tell."""
    said = answer.body.decode("utf-8", "replace") + str(answer.headers)
    asked = call.raw.decode("utf-8", "replace")
    if not house.secrets.isdisjoint(_TOKEN.findall(said)):
        yield "its answer has a token"
    if call.target.sender is not None and any(one in said for one in call.target.sender.secrets):
        yield "its answer has a secret"
    if UNHEARD in said or any(one in said and one not in asked for one in house.hidden):
        yield "its answer tells of a room that is not its own"
    if "Traceback" in said and "Traceback" not in asked:
        yield "its answer has a traceback"


def _of_message(house: House, call: Call, message: Stored) -> Iterator[str]:
    target = call.target
    if message.room in house.hidden or (target.rooms and message.room not in target.rooms):
        yield f"its message is in the room {message.room}"
    if UNHEARD in json.dumps(message.doc):
        yield "its message tells of a room that is not its own"
    if not _is_seen(message.doc):
        yield f"its message has nothing to see: {json.dumps(message.doc)[:1000]}"


def _is_seen(doc: dict[str, Any]) -> bool:
    return _is_visible(doc.get("msg")) or any(_shows(one) for one in doc.get("attachments") or ())


_TEXTS: Final = ("text", "pretext", "title", "author_name")
_MEDIA: Final = ("image_url", "thumb_url", "audio_url", "video_url", "message_link")
_OTHERS: Final = (
    *("fields", "actions", "attachments", "color", "ts", "collapsed", "title_link", "title_link_download"),
    *("author_link", "author_icon", "button_alignment", "mrkdwn_in", "image_dimensions"),
)


def _shows(attachment: dict[str, Any]) -> bool:
    """Whether a reader sees any of it: texts, media, fields, buttons, what is inside, what other clients know."""
    return (
        any(_is_visible(attachment.get(key)) for key in _TEXTS)
        or any(attachment.get(key) for key in _MEDIA)
        or any(
            _is_visible(str(one[key])) for one in _list(attachment, "fields") for key in ("title", "value")
        )
        or any(one.get("image_url") or one.get("url") for one in _list(attachment, "actions"))
        or any(_is_visible(one.get(key)) for one in _list(attachment, "actions") for key in ("text", "msg"))
        or any(_shows(one) for one in _list(attachment, "attachments"))
        or any(
            _is_visible(value) if isinstance(value, str) else value
            for key, value in attachment.items()
            if key not in (*_TEXTS, *_MEDIA, *_OTHERS)
        )
    )


def _list(attachment: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = attachment.get(key) or []
    return found


def _is_visible(text: Any) -> bool:
    """Whether any character of ``text`` leaves ink: spaces, controls and marks of formatting do not."""
    return isinstance(text, str) and any(
        unicodedata.category(one) not in _NO_INK and one not in _UNSEEN for one in text
    )
