"""What a message's text is made of: its length as clients count it, and the links in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

MAX_URLS: Final = 100
"""Most different links that a message lists; further ones are plain text."""

_LINK: Final = re.compile(r"https?://[^\s<>\"`|\\^{}\x00-\x1f\x7f]+", re.IGNORECASE)
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_TRAILING: Final = ".,;:!?'*~"
_PAIRS: Final = {")": "(", "]": "["}


def length(text: str) -> int:
    """The length in UTF-16 code units, which is how the original counts: an emoji is two."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def is_longer(text: str, limit: int) -> bool:
    """Whether ``length(text)`` is over ``limit``."""
    return len(text) > limit or (len(text) * 2 > limit and length(text) > limit)


def urls_in(text: str, previewed: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The http(s) links of ``text`` as a message lists them, each once; those in code are none.

    What encloses a link or ends its sentence is no part of it. With ``previewed`` all links but those carry
    ``ignoreParse``: the author wants no preview of them.
    """
    if "://" not in text:
        return []
    if "`" in text:
        text = _CODE.sub(" ", text)
    links: dict[str, None] = {}
    for found in _LINK.finditer(text):
        links[_bare(found[0])] = None
        if len(links) == MAX_URLS:
            break
    return [_listed(link, previewed) for link in links if not link.endswith("//")]


def _listed(link: str, previewed: Collection[str] | None) -> dict[str, Any]:
    listed: dict[str, Any] = {"url": link, "meta": {}}
    if previewed is not None and link not in previewed:
        listed["ignoreParse"] = True
    return listed


def _bare(link: str) -> str:
    # A closing bracket belongs to the link only if its opening one does: `(see https://x.y/a_(b))`.
    surplus = {close: link.count(close) - link.count(opens) for close, opens in _PAIRS.items()}
    end = len(link)
    while end and ((last := link[end - 1]) in _TRAILING or surplus.get(last, 0) > 0):
        if last in surplus:
            surplus[last] -= 1
        end -= 1
    return link[:end]
