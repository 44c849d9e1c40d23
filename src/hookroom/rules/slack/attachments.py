"""Slack's attachments, as far as they are more than ours (Slack's reference, "Legacy attachments").

What an attachment of ours has stays as it is, but for Slack's syntax in its texts. Whether links, fields and types
are right is for ``rules.attachments`` to say, which reads what comes out of here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.rules.slack.blocks import render
from hookroom.rules.slack.canvas import Canvas
from hookroom.rules.slack.elements import links
from hookroom.rules.slack.mrkdwn import markdown, may_hold, plain
from hookroom.rules.times import LAST_MS, iso

MAX_DEPTH: Final = 5
"""Levels of attachments inside each other that are read; ``rules.attachments`` refuses more."""

_TEXTS: Final = (("text", markdown), ("pretext", markdown), ("title", plain), ("author_name", plain))
_SEEN: Final = (
    *("text", "msg", "pretext", "title", "author_name", "fields", "actions", "attachments"),
    *("image_url", "thumb_url", "audio_url", "video_url", "message_link"),
)
# Slack's own, of which nobody sees anything.
_IGNORED: Final = ("callback_id", "attachment_type")
_OWN: Final = frozenset({"blocks", "footer", "fallback", "ts", "actions", "attachments", *_IGNORED})


def may_hold_slack(attachments: object) -> bool:
    """Whether there may be anything in ``attachments`` that is Slack's; cheap, for those that have nothing."""
    if not isinstance(attachments, list):
        return isinstance(attachments, str)
    for one in attachments:
        if isinstance(one, dict) and (not _OWN.isdisjoint(one) or _texts(one) is not one):
            return True
    return False


def translated(attachments: list[Any], canvas: Canvas, depth: int = 1) -> list[Any]:
    """``attachments`` with what is Slack's in our form; warnings go to ``canvas``."""
    made: list[Any] = []
    for one in attachments:
        if isinstance(one, dict):
            made += _one(one, canvas, depth)
        else:
            made.append(one)
    return made


def _one(given: dict[str, Any], canvas: Canvas, depth: int) -> list[dict[str, Any]]:
    read = _texts(given)
    if _OWN.isdisjoint(read):
        return [read]
    read = {key: value for key, value in read.items() if key not in _IGNORED}
    more: list[dict[str, Any]] = []
    if isinstance(blocks := read.get("blocks"), list) and blocks:
        more = _blocks(read, blocks, canvas)
    _actions(read, canvas)
    _footer(read)
    if (seconds := _seconds(read.get("ts"))) is not None:
        read["ts"] = iso(int(seconds * 1000))
    if isinstance(inner := read.get("attachments"), list) and depth < MAX_DEPTH:
        read["attachments"] = translated(inner, canvas, depth + 1)
    fallback = read.get("fallback")
    if isinstance(fallback, str) and fallback.strip() and not any(read.get(key) for key in _SEEN):
        read["text"] = markdown(read.pop("fallback"))
    return [read, *more]


def _texts(given: dict[str, Any]) -> dict[str, Any]:
    """``given`` with Slack's syntax in its texts read; itself when there is none."""
    changed: dict[str, Any] = {}
    for key, read in _TEXTS:
        if key in given and isinstance(value := given[key], str) and may_hold(value):
            changed[key] = read(value)
    fields = given.get("fields")
    if isinstance(fields, list) and any(_has_syntax(one) for one in fields):
        changed["fields"] = [_field(one) if isinstance(one, dict) else one for one in fields]
    return {**given, **changed} if changed else given


def _has_syntax(field: object) -> bool:
    return isinstance(field, dict) and any(
        isinstance(value := field.get(key), str) and may_hold(value) for key in ("title", "value")
    )


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    read = dict(field)
    if isinstance(title := read.get("title"), str):
        read["title"] = plain(title)
    if isinstance(value := read.get("value"), str):
        read["value"] = markdown(value)
    return read


def _blocks(read: dict[str, Any], blocks: list[Any], canvas: Canvas) -> list[dict[str, Any]]:
    """Put what ``blocks`` show into ``read``; what needs attachments of its own is returned."""
    shown = render(blocks)
    for warning in shown.warnings:
        canvas.warn(warning)
    del read["blocks"]
    if shown.text:
        if read.get("text") not in (None, "", shown.text):
            canvas.warn("the text of an attachment is not shown: its blocks are, as in Slack")
        read["text"] = shown.text
    more = list(shown.attachments)
    if more and not any(read.get(key) for key in ("image_url", "title", "title_link")):
        read.update({key: value for key, value in more.pop(0).items() if not read.get(key)})
    color = read.get("color")
    return [{"color": color, **one} if color else one for one in more]


def _actions(read: dict[str, Any], canvas: Canvas) -> None:
    """Buttons with a link, and those of ours, stay; others are a line of text."""
    actions = read.get("actions")
    if not isinstance(actions, list) or not all(isinstance(one, dict) for one in actions):
        return
    kept = [
        one
        for one in actions
        if one.get("url") or one.get("msg") or one.get("image_url") or "name" not in one
    ]
    if len(kept) == len(actions):
        return
    dead = [one for one in actions if one not in kept]
    line = links([{**one, "type": one.get("type") or "button"} for one in dead], canvas)
    read["actions"] = kept
    if not kept:
        del read["actions"]
    _add_line(read, line)


def _footer(read: dict[str, Any]) -> None:
    footer = read.get("footer")
    if not isinstance(footer, str) or not footer.strip():
        return
    del read["footer"]
    line = markdown(" ".join(footer.split()))
    _add_line(read, line if "_" in line else f"_{line}_")


def _add_line(read: dict[str, Any], line: str) -> None:
    text = read.get("text") or read.get("msg")
    if line and (text is None or isinstance(text, str)):
        read["text"] = f"{text}\n{line}" if text else line


def _seconds(ts: object) -> float | None:
    """A time in seconds, as Slack has it; ours are ISO 8601, or in milliseconds."""
    if isinstance(ts, bool) or not isinstance(ts, int | float | str):
        return None
    try:
        seconds = float(ts)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < LAST_MS / 1000 and seconds < 100_000_000_000 else None
