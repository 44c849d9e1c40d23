"""A message as exports show it: a paragraph of a page, or a line of JSON.

Facts: the original's ``server/lib/dataExport/exportRoomMessagesToFile.ts``. Its pages show what people wrote as
HTML; here it is text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import quote

import msgspec

from hookroom.rules.file_names import clean_name
from hookroom.rules.links import is_link
from hookroom.rules.model import Message
from hookroom.rules.times import millis

Naming = Callable[[str], str]
"""User name -> what stands in its place."""

ASSETS: Final = "assets"
"""The folder of the files."""

_SAID: Final[Mapping[str, str]] = {
    "uj": "joined the channel",
    "ul": "left the channel",
    "ut": "joined the conversation",
    "ujt": "joined the team",
    "ult": "left the team",
    "wm": "is welcome",
    "rm": "This message was removed",
    "message_pinned": "pinned a message",
    "room-archived": "archived the room",
    "room-unarchived": "unarchived the room",
    "room_changed_avatar": "changed the picture of the room",
}
"""Types of messages that say something without a text of their own."""
_OF_SOMEBODY: Final[Mapping[str, str]] = {
    "au": "added {}",
    "ru": "removed {}",
    "added-user-to-team": "added {} to the team",
    "removed-user-from-team": "removed {} from the team",
    "user-muted": "muted {}",
    "user-unmuted": "unmuted {}",
    "subscription-role-added": "gave a role to {}",
    "subscription-role-removed": "took a role from {}",
}
"""Those whose text is a user name."""
_OF_A_TEXT: Final[Mapping[str, str]] = {
    "r": "changed the name of the room to {}",
    "room_changed_topic": "changed the topic to {}",
    "room_changed_description": "changed the description to {}",
    "room_changed_announcement": "changed the announcement to {}",
    "room_changed_privacy": "changed the kind of the room to {}",
    "user-added-room-to-team": "added the room {} to the team",
    "user-removed-room-from-team": "removed the room {} from the team",
    "user-deleted-room-from-team": "deleted the room {} of the team",
    "user-converted-to-team": "made {} a team",
    "user-converted-to-channel": "made {} a channel",
}
_KEPT: Final = (
    *("type", "title", "title_link", "text", "description", "fields", "color", "author_name", "author_link"),
    *("image_url", "image_type", "image_size", "audio_url", "audio_type", "audio_size"),
    *("video_url", "video_type", "video_size", "message_link", "ts"),
)
"""Fields of attachments that are exported."""
_LINKS: Final = ("title_link", "image_url", "audio_url", "video_url", "message_link")
_STYLE: Final = (
    "body{font:15px/1.5 sans-serif;margin:2em auto;max-width:50em;padding:0 1em}"
    "p,blockquote{white-space:pre-wrap;overflow-wrap:anywhere;margin:.6em 0}"
    "blockquote{border-left:3px solid #ccc;padding-left:.8em}time{color:#777;font-size:.8em}"
)


def asset_name(file_id: str, name: str) -> str:
    """Where a file lies in an export: ``assets/{id}-{name}``."""
    return f"{ASSETS}/{file_id}-{clean_name(name)}"


def page_head(title: str) -> str:
    """The beginning of a page; what a browser shows of it loads nothing from elsewhere."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n<h1>{html.escape(title)}</h1>\n"
    )


def said(message: Message, naming: Naming) -> str:
    """The text of a message: what people wrote, or what the server noted, in plain words."""
    kind = message.type or ""
    if plain := _SAID.get(kind):
        return plain
    if of_somebody := _OF_SOMEBODY.get(kind):
        return of_somebody.format(naming(message.text))
    if of_a_text := _OF_A_TEXT.get(kind):
        return of_a_text.format(message.text)
    text = message.text
    for one in message.mentions or ():
        name = one.get("username")
        if name and name not in ("all", "here"):
            shown = f"@{naming(name)}".replace("\\", r"\\")
            # Not the beginning of a longer name.
            text = re.sub(rf"@{re.escape(name)}(?![\w.-]*\w)", shown, text)
    return text


def paragraph(message: Message, naming: Naming, included: Mapping[str, str]) -> str:
    """A message in a page. ``included`` are the files of the export: id -> where they lie."""
    who = html.escape(naming(message.user.username or ""))
    if message.alias:
        who = f"{html.escape(message.alias)} ({who})"
    at = formatdate(millis(message.created_at) / 1000, usegmt=True)
    text = html.escape(said(message, naming))
    parts = [f"<p><strong>{who}</strong> <time>{at}</time>\n{f'<i>{text}</i>' if message.type else text}"]
    for file in message.files or ():
        name, path = str(file.get("name", "")), included.get(str(file.get("_id")))
        parts.append(
            _link(f"./{quote(path)}", name) if path else f"({html.escape(name)}: not in this export)"
        )
    parts[-1] += "</p>"
    parts += [_quote(one, naming) for one in message.attachments or () if not one.get("fileId")]
    return "\n".join(parts) + "\n"


def json_line(message: Message, naming: Naming, included: Mapping[str, str]) -> bytes:
    """A message as a line of JSON: ``msg, username, ts`` and, where there is one, ``type`` and ``attachments``.

    Ours: ``_id``, ``tmid``, ``alias``, ``editedAt`` and what is written in attachments; ``path`` is where a file
    lies in the export.
    """
    document: dict[str, Any] = {
        "_id": message.id,
        "msg": said(message, naming),
        "username": naming(message.user.username or ""),
        "ts": message.created_at,
    }
    optional = {
        "type": message.type,
        "tmid": message.thread_id,
        "alias": message.alias,
        "editedAt": message.edited_at,
        "attachments": [_attachment(one, message, naming, included) for one in message.attachments or ()],
    }
    document |= {name: value for name, value in optional.items() if value}
    return msgspec.json.encode(document) + b"\n"


def _attachment(
    one: Mapping[str, Any], message: Message, naming: Naming, included: Mapping[str, str]
) -> dict[str, Any]:
    kept = {name: one[name] for name in _KEPT if name in one}
    if one.get("message_link") and "author_name" in kept:
        kept["author_name"] = naming(str(kept["author_name"]))
    file_id = one.get("fileId") or (message.file or {}).get("_id")
    kept["url"] = next((one[name] for name in _LINKS if one.get(name)), None)
    kept["remote"] = not file_id
    if file_id:
        kept |= {"fileId": file_id, "fileName": one.get("title")}
        if path := included.get(file_id):
            kept["path"] = path
    return kept


def _quote(one: Mapping[str, Any], naming: Naming) -> str:
    """What an attachment says; pictures and the like are links."""
    lines = []
    if author := one.get("author_name"):
        lines.append(f"<b>{html.escape(naming(str(author)) if one.get('message_link') else str(author))}</b>")
    link = next((str(one[name]) for name in _LINKS if one.get(name)), "")
    title = str(one.get("title") or "")
    if link and not link.startswith("/") and is_link(link) and not link.startswith("data:"):
        lines.append(_link(link, title or link))
    elif title:
        lines.append(f"<b>{html.escape(title)}</b>")
    lines += [html.escape(str(one[name])) for name in ("pretext", "text", "description") if one.get(name)]
    for field in one.get("fields") or ():
        if isinstance(field, Mapping):
            lines.append(f"{html.escape(str(field.get('title')))}: {html.escape(str(field.get('value')))}")
    return "<blockquote>" + "\n".join(lines) + "</blockquote>"


def _link(href: str, text: str) -> str:
    return f'<a href="{html.escape(href)}" rel="noreferrer">{html.escape(text)}</a>'
