"""JSON cut to a size: what is too long to be shown whole keeps its shape and loses the ends of its texts."""

from __future__ import annotations

from typing import Any, Final

MORE: Final = "…"
"""Stands at the end of a text that was cut."""
_ITEM: Final = 8
"""What any item costs beside its text: quotes, commas, numbers."""


def cut_json(value: Any, size: int) -> Any:
    """``value`` with about ``size`` characters of it: a copy in which long texts end early.

    What comes first is kept first; items of lists and objects for which nothing is left are left out.
    """
    return _Cut(size).of(value)


class _Cut:
    def __init__(self, size: int) -> None:
        self._left = size

    def of(self, value: Any) -> Any:
        self._left -= _ITEM
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            kept: list[Any] = []
            for one in value:
                if self._left <= 0:
                    break
                kept.append(self.of(one))
            return kept
        if isinstance(value, dict):
            found: dict[str, Any] = {}
            for name, one in value.items():
                self._left -= len(name)
                if self._left <= 0:
                    break
                found[name] = self.of(one)
            return found
        return value

    def _text(self, text: str) -> str:
        left = max(0, self._left)
        self._left -= len(text)
        return text if len(text) <= left else text[:left] + MORE
