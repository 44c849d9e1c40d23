"""Badges for web pages: a name and a word beside it, as SVG."""

from __future__ import annotations

from html import escape
from typing import Final

MAX_TEXT: Final = 100
"""Characters of either side; longer ones are cut."""

GREEN: Final = "#4c1"
STATUS_COLOURS: Final = {"online": "#1fb31f", "away": "#dc9b01", "busy": "#bc2031", "offline": "#a5a1a1"}

_DOT: Final = '<circle cx="12" cy="10" r="5" fill="#fff" fill-opacity=".9"/>'


def shield(name: str, text: str, colour: str = GREEN, *, icon: bool = True) -> bytes:
    """The badge. Nothing in it can run, load anything or link anywhere."""
    name, text = name[:MAX_TEXT], text[:MAX_TEXT]
    begin = 24 if icon else 7
    left = begin + (len(name) * 6 + 7 if name else 0)
    width = left + len(text) * 6 + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20">'
        '<linearGradient id="b" x2="0" y2="100%"><stop offset="0" stop-color="#bbb" stop-opacity=".1"/>'
        '<stop offset="1" stop-opacity=".1"/></linearGradient>'
        f'<mask id="a"><rect width="{width}" height="20" rx="3" fill="#fff"/></mask><g mask="url(#a)">'
        f'<path fill="#555" d="M0 0h{left}v20H0z"/><path fill="{colour}" d="M{left} 0h{width - left}v20H{left}z"/>'
        f'<path fill="url(#b)" d="M0 0h{width}v20H0z"/></g>{_DOT if icon else ""}'
        '<g fill="#fff" font-family="DejaVu Sans,Verdana,Geneva,sans-serif" font-size="11">'
        f"{_shadowed(begin, name) if name else ''}{_shadowed(left + 7, text)}</g></svg>"
    ).encode(errors="replace")


def _shadowed(x: int, text: str) -> str:
    shown = escape("".join(one if one.isprintable() else " " for one in text))
    return (
        f'<text x="{x}" y="15" fill="#010101" fill-opacity=".3">{shown}</text>'
        f'<text x="{x}" y="14">{shown}</text>'
    )
