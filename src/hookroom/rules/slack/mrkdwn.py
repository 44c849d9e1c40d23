"""Slack's own syntax inside of texts (Slack's reference, "Formatting message text").

Only what is unmistakably Slack's is read: ``<https://…|label>`` and ``<https://…>``, the same of ``mailto:`` and
``tel:``, ``<@U…>``, ``<#C…>``, ``<!here>``, ``<!channel>``, ``<!everyone>``, ``<!subteam^…>``, ``<!date^…>``, the
escapes ``&amp; &lt; &gt;``, and skin tones of emoji. ``*bold*``, ``_italic_`` and ``~strike~`` mean the same here.
Anything else in angle brackets, HTML above all, stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from hookroom.rules.slack.pieces import Pieces, emoji, moment, unescaped

_LABEL: Final = r"(?:\|([^<>\n]*))?>"
_TOKEN: Final = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)"
    r"|(?P<entity>&(?:amp|lt|gt);)"
    r"|:(?P<emoji>[\w+'-]+)::skin-tone-(?P<tone>[2-6]):"
    rf"|<(?P<url>(?i:https?://|mailto:|tel:)[^\s<>|]+){_LABEL}"
    rf"|<@(?P<user>[UWB][A-Z0-9]{{2,20}}){_LABEL}"
    rf"|<\#(?P<channel>[CGD][A-Z0-9]{{2,20}}){_LABEL}"
    rf"|<!(?P<group>here|channel|everyone|group){_LABEL}"
    rf"|<!subteam\^(?P<team>[A-Z0-9]{{2,20}}){_LABEL}"
    rf"|<!date\^(?P<date>\d{{1,12}})\^[^<>|^\n]*(?:\^(?P<link>[^\s<>|]+))?{_LABEL}",
    re.DOTALL,
)


def may_hold(text: str) -> bool:
    """Whether there may be anything of Slack's in ``text``: cheap, for texts that hold nothing of it."""
    return "<" in text or "&" in text or "::skin-tone-" in text


def markdown(text: str, *, in_block: bool = False) -> str:
    """``text`` with what is Slack's written in our Markdown.

    In code nothing changes, except that ``in_block`` (where nobody but Slack's senders writes) the escapes are
    undone there too.
    """
    return str(_read(text, Pieces(), in_block)) if may_hold(text) else text


def plain(text: str) -> str:
    """The same without Markdown, for titles and names: a link is its label and its address."""
    return str(_read(text, Pieces(plain=True), True)) if may_hold(text) else text


def _read(text: str, pieces: Pieces, in_block: bool) -> Pieces:
    end = 0
    for found in _TOKEN.finditer(text):
        pieces.text(text[end : found.start()])
        end = found.end()
        match found.lastgroup:
            case "code":
                pieces.text(unescaped(found[0]) if in_block else found[0])
            case "entity":
                pieces.text(unescaped(found[0]))
            case "tone":
                pieces.text(emoji(found["emoji"], found["tone"]))
            case _:
                _reference(found, pieces)
    pieces.text(text[end:])
    return pieces


def _reference(found: re.Match[str], pieces: Pieces) -> None:
    # The label is the unnamed group behind the named ones of its own alternative.
    label = unescaped(found[found.lastindex] or "") if found.lastgroup is None and found.lastindex else ""
    if url := found["url"]:
        pieces.link(unescaped(url), label)
    elif user := found["user"]:
        pieces.user(label or user)
    elif channel := found["channel"]:
        pieces.channel(label or channel)
    elif group := found["group"]:
        pieces.group("here" if group == "here" else "all")
    elif team := found["team"]:
        pieces.user(label or team)
    else:
        date(pieces, found["date"], label, unescaped(found["link"] or ""))


def date(pieces: Pieces, seconds: object, fallback: str, url: str = "") -> None:
    """Add a date: as its sender wrote it for those who cannot show one, else in UTC."""
    shown = fallback or moment(seconds) or (seconds if isinstance(seconds, str) else "")
    if url:
        pieces.link(url, shown)
    else:
        pieces.label(shown)
