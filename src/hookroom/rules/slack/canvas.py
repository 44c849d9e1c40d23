"""What blocks become while they are read: paragraphs, attachments, and what had to be left out."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from hookroom.rules.slack.mrkdwn import markdown

MAX_WARNINGS: Final = 20
"""Most warnings about one payload."""

DIVIDER: Final = "---"


class Rendered(Struct, frozen=True):
    """A text in our Markdown, the attachments below it, and what was not shown and why."""

    text: str = ""
    attachments: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shows(self) -> bool:
        """Whether a reader sees anything of it."""
        return bool(self.text or self.attachments)


class Canvas:
    """Collects what is shown, in order."""

    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._attachments: list[dict[str, Any]] = []
        self._warnings: dict[str, None] = {}

    def say(self, text: str) -> None:
        """Add a paragraph."""
        if text and not text.isspace():
            self._paragraphs.append(text.strip("\n").rstrip())

    def divide(self) -> None:
        """Add a line between what is before and what follows, if both are there."""
        if self._paragraphs and self._paragraphs[-1] != DIVIDER:
            self._paragraphs.append(DIVIDER)

    def attach(self, attachment: dict[str, Any]) -> None:
        """Add an attachment."""
        self._attachments.append(attachment)

    def warn(self, warning: str) -> None:
        """Note what is not shown."""
        if len(self._warnings) < MAX_WARNINGS:
            self._warnings[warning] = None

    def done(self) -> Rendered:
        """What has been collected."""
        paragraphs = self._paragraphs
        if paragraphs and paragraphs[-1] == DIVIDER:
            paragraphs = paragraphs[:-1]
        return Rendered("\n\n".join(paragraphs), tuple(self._attachments), tuple(self._warnings))


def text_of(value: object) -> str:
    """The text of a text object in our Markdown; a bare string counts as ``mrkdwn``; anything else is empty."""
    if isinstance(value, str):
        return markdown(value, in_block=True)
    if not isinstance(value, dict) or not isinstance(text := value.get("text"), str):
        return ""
    return text if value.get("type") == "plain_text" else markdown(text, in_block=True)


def line_of(value: object) -> str:
    """The same on one line."""
    return " ".join(text_of(value).split())


def list_of(value: object) -> list[dict[str, Any]]:
    """The objects in a list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def kind_of(value: dict[str, Any]) -> str:
    """The type of a block or an element, as warnings may name it."""
    kind = value.get("type")
    return kind[:40] if isinstance(kind, str) and kind.isidentifier() and kind.isascii() else "unknown"


def bold(text: str) -> str:
    """``text`` in bold, unless it has marks of its own."""
    return f"*{text}*" if text and "*" not in text else text
