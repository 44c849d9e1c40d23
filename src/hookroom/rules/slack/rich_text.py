"""Block Kit's ``rich_text``: sections, lists, quotes and preformatted text, with all elements of theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hookroom.rules.slack.canvas import Canvas, kind_of, list_of
from hookroom.rules.slack.mrkdwn import date
from hookroom.rules.slack.pieces import Pieces, emoji

MAX_INDENT: Final = 8
"""Deepest level of a list, as in Slack."""

_INDENT: Final = "    "
_NOT_SHOWN: Final = "an element of a rich_text block is not shown: {}"
_LISTS: Final = ("rich_text_list", "rich_text_list")
_OPEN: Final = ("rich_text_list", "rich_text_quote")
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,20}", re.ASCII)
_CODE_POINTS: Final = re.compile(r"[0-9a-f]{1,6}(?:-[0-9a-f]{1,6}){0,15}", re.IGNORECASE)
_MARKS: Final = (("strike", "~"), ("italic", "_"), ("bold", "*"))
_EDGES: Final = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


def rich_text(block: Mapping[str, Any], canvas: Canvas) -> str:
    """The block in our Markdown."""
    made: list[str] = []
    before = ""
    for element in list_of(block.get("elements")):
        kind = kind_of(element)
        match kind:
            case "rich_text_section":
                part = _inline(element, canvas)
            case "rich_text_list":
                part = _list(element, canvas, 0)
            case "rich_text_quote":
                part = _quoted(_inline(element, canvas))
            case "rich_text_preformatted":
                part = _preformatted(element, canvas)
            case _:
                canvas.warn(_NOT_SHOWN.format(kind))
                continue
        if not part or part.isspace():
            continue
        if made:
            # In Markdown, what follows a quote or a list without a blank line belongs to it.
            made.append("\n\n" if before in _OPEN and (before, kind) != _LISTS else "\n")
        made.append(part)
        before = kind
    return "".join(made)


def plain_rich_text(block: Mapping[str, Any], canvas: Canvas) -> str:
    """The block on one line and without Markdown."""
    pieces = Pieces(plain=True)
    for element in list_of(block.get("elements")):
        for inner in list_of(element.get("elements")):
            rows = list_of(inner.get("elements")) if inner.get("type") == "rich_text_section" else [inner]
            for one in rows:
                _add(pieces, one, canvas, plain=True)
        pieces.text(" ")
    return " ".join(str(pieces).split())


def _inline(element: Mapping[str, Any], canvas: Canvas, *, plain: bool = False) -> str:
    pieces = Pieces(plain=plain)
    for one in list_of(element.get("elements")):
        _add(pieces, one, canvas, plain=plain)
    return str(pieces).strip("\n")


def _list(element: Mapping[str, Any], canvas: Canvas, level: int) -> str:
    indent = max(_whole(element.get("indent"), MAX_INDENT), level)
    number = _whole(element.get("offset"), 1_000_000) + 1
    ordered = element.get("style") == "ordered"
    lines: list[str] = []
    for item in list_of(element.get("elements")):
        if item.get("type") == "rich_text_list":
            lines.append(_list(item, canvas, min(indent + 1, MAX_INDENT)))
            continue
        mark = f"{number}. " if ordered else "- "
        number += 1
        text = _inline(item, canvas).replace("\n", f"\n{_INDENT * (indent + 1)}")
        lines.append(f"{_INDENT * indent}{mark}{text}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n")) if text else ""


def _preformatted(element: Mapping[str, Any], canvas: Canvas) -> str:
    # A fence inside must not end this one.
    text = _inline(element, canvas, plain=True).replace("```", "'''")
    language = element.get("language")
    named = language if isinstance(language, str) and _LANGUAGE.fullmatch(language) else ""
    return f"```{named}\n{text}\n```" if text else ""


def _whole(value: object, most: int) -> int:
    return min(max(value, 0), most) if isinstance(value, int) and not isinstance(value, bool) else 0


def _add(pieces: Pieces, element: dict[str, Any], canvas: Canvas, *, plain: bool) -> None:
    add = _ADDERS.get(str(element.get("type")))
    if add is None:
        canvas.warn(_NOT_SHOWN.format(kind_of(element)))
        return
    style = element.get("style")
    if plain or not isinstance(style, dict) or not any(style.values()):
        add(pieces, element)
        return
    inner = Pieces()
    add(inner, element)
    pieces.text("\n".join(_styled(line, style) for line in str(inner).split("\n")))


def _styled(line: str, style: Mapping[str, Any]) -> str:
    edges = _EDGES.fullmatch(line)
    if edges is None or not edges[2]:
        return line
    text = edges[2]
    if style.get("code") and not text.startswith("["):
        text = f"`{text.replace('`', chr(39))}`"
    for name, mark in _MARKS:
        if style.get(name) and mark not in text:
            text = f"{mark}{text}{mark}"
    return edges[1] + text + edges[3]


def _string(element: Mapping[str, Any], key: str) -> str:
    value = element.get(key)
    return value if isinstance(value, str) else ""


def _emoji(pieces: Pieces, element: Mapping[str, Any]) -> None:
    points = _string(element, "unicode")
    if _CODE_POINTS.fullmatch(points):
        codes = [int(one, 16) for one in points.split("-")]
        if all(0x20 < code < 0x110000 and not 0xD800 <= code < 0xE000 for code in codes):
            pieces.text("".join(map(chr, codes)))
            return
    name = _string(element, "name")
    base, _, tone = name.partition("::skin-tone-")
    if base and re.fullmatch(r"[\w+'-]+", base):
        pieces.text(emoji(base, tone or element.get("skin_tone")))


def _broadcast(pieces: Pieces, element: Mapping[str, Any]) -> None:
    match element.get("range"):
        case "here":
            pieces.group("here")
        case "channel" | "everyone":
            pieces.group("all")


def _date(pieces: Pieces, element: Mapping[str, Any]) -> None:
    url = element.get("url")
    date(pieces, element.get("timestamp"), _string(element, "fallback"), url if isinstance(url, str) else "")


def _color(pieces: Pieces, element: Mapping[str, Any]) -> None:
    # As code, or it would name a channel.
    value = _string(element, "value").replace("`", "'")
    pieces.text(f"`{value}`" if value else "")


_ADDERS: Final[Mapping[str, Callable[[Pieces, Mapping[str, Any]], None]]] = {
    "text": lambda pieces, element: pieces.text(_string(element, "text")),
    "link": lambda pieces, element: pieces.link(_string(element, "url"), _string(element, "text")),
    "user": lambda pieces, element: pieces.user(_string(element, "user_id")),
    "usergroup": lambda pieces, element: pieces.user(_string(element, "usergroup_id")),
    "team": lambda pieces, element: pieces.user(_string(element, "team_id")),
    "channel": lambda pieces, element: pieces.channel(_string(element, "channel_id")),
    "broadcast": _broadcast,
    "emoji": _emoji,
    "date": _date,
    "color": _color,
}
