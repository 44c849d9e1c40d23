"""Block Kit's interactive elements: what can be followed is a link, what can only be pressed is its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hookroom.rules.slack.canvas import Canvas, kind_of, line_of, list_of
from hookroom.rules.slack.pieces import is_web, markdown_link, unmentioned

BETWEEN: Final = " · "
"""Between things that Slack shows side by side."""

_PRESSED: Final = frozenset({"button", "workflow_button", "icon_button", "feedback_buttons"})


def links(elements: Sequence[dict[str, Any]], canvas: Canvas) -> str:
    """``elements`` on one line: links, and the names of what leads nowhere. Menus and inputs are left out."""
    shown: list[str] = []
    for element in elements:
        kind = kind_of(element)
        if kind in _PRESSED:
            shown.append(_button(element, canvas))
        elif kind == "overflow":
            options = list_of(element.get("options"))
            shown += [_button(one, canvas) for one in options if is_web(one.get("url"))]
            if not all(is_web(one.get("url")) for one in options):
                canvas.warn("entries of an overflow menu are not shown: they have no link")
        else:
            canvas.warn(f"an interactive element is not shown: {kind}")
    return BETWEEN.join(one for one in shown if one)


def _button(element: dict[str, Any], canvas: Canvas) -> str:
    label, url = unmentioned(line_of(element.get("text"))), element.get("url")
    if is_web(url):
        return markdown_link(str(url), label or str(url))
    if label:
        canvas.warn("a button is shown as text: it has no link that could be followed")
    return label
