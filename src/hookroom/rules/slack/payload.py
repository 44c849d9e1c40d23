"""The payload of an incoming webhook, with what is Slack's in it turned into fields of our own.

``text`` is what Slack calls it, ``msg`` is ours: Slack's syntax is read in ``text``, in attachments and in blocks,
and never in ``msg``. Values of the wrong type stay as they are, for ``hook_message.draft`` to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hookroom.rules.ids import ALPHABET
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.slack.attachments import may_hold_slack
from hookroom.rules.slack.attachments import translated as translated_attachments
from hookroom.rules.slack.blocks import render
from hookroom.rules.slack.canvas import Canvas
from hookroom.rules.slack.mrkdwn import markdown, may_hold

NOT_A_THREAD: Final = "thread_ts is no id of a message here, ignoring the value"
TEXT_NOT_SHOWN: Final = "text is not shown: blocks are, as in Slack"
SHOWN_TO_ALL: Final = "response_type is ephemeral, but the message is shown to everybody"

_KEYS: Final = frozenset({"blocks", "thread_ts", "unfurl_links", "unfurl_media", "response_type"})
_ID: Final = re.compile(f"[{ALPHABET}]{{17}}")
_WORD: Final = re.compile(r"\w+")


def is_slack(payload: Mapping[str, Any]) -> bool:
    """Whether there may be anything in ``payload`` that is Slack's."""
    text = payload.get("text")
    if isinstance(text, str) and may_hold(text):
        return True
    return not _KEYS.isdisjoint(payload) or (
        "attachments" in payload and may_hold_slack(payload["attachments"])
    )


def translated(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """``payload`` in our own form, and what of it is ignored."""
    if not is_slack(payload):
        return payload, ()
    read, canvas = dict(payload), Canvas()
    text = read.get("text")
    if isinstance(text, str) and read.get("mrkdwn") not in (False, "false"):
        read["text"] = markdown(text)
    attachments = _listed(read.get("attachments"))
    if isinstance(attachments, list):
        read["attachments"] = translated_attachments(attachments, canvas)
    if blocks := _listed(read.get("blocks")):
        _show_blocks(read, blocks, canvas)
    _follow_thread(read, canvas)
    unfurl = read.get("unfurl_links", read.get("unfurl_media"))
    if isinstance(unfurl, bool) and read.get("parseUrls") is None:
        read["parseUrls"] = unfurl
    if read.get("response_type") == "ephemeral":
        canvas.warn(SHOWN_TO_ALL)
    return read, canvas.done().warnings


def _show_blocks(read: dict[str, Any], blocks: object, canvas: Canvas) -> None:
    """Blocks win over the text, which is what Slack shows where it has no room for blocks."""
    shown = render(blocks)
    for warning in shown.warnings:
        canvas.warn(warning)
    if not shown.shows:
        return
    for key in ("text", "msg"):
        said = read.pop(key, None)
        if isinstance(said, str) and not _words(said) <= _words(f"{shown.text} {shown.attachments}"):
            canvas.warn(TEXT_NOT_SHOWN)
    read["text"] = shown.text
    if shown.attachments:
        given = read.get("attachments")
        read["attachments"] = [*shown.attachments, *(given if isinstance(given, list) else ())]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _follow_thread(read: dict[str, Any], canvas: Canvas) -> None:
    thread = read.get("thread_ts")
    if not thread or read.get("tmid"):
        return
    if isinstance(thread, str) and _ID.fullmatch(thread):
        read["tmid"] = thread
    else:
        canvas.warn(NOT_A_THREAD)


def _listed(value: object) -> object:
    """A list that a form carries as JSON; anything else as it is."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return read_json(value)
        except NotJson:
            return value
    return value
