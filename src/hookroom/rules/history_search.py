"""Finding a text in what history keeps as JSON, without reading most of it.

A quick look at the JSON's text says where the words may be; only there it is read, so that names of fields and
signs of JSON are not found.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Needle:
    """A text to look for, in any case."""

    def __init__(self, text: str) -> None:
        self._text = text.casefold()
        # As it stands in JSON: quotes and line ends with their backslashes.
        self._escaped = msgspec.json.encode(text).decode()[1:-1].casefold()

    def in_text(self, text: str) -> bool:
        """Whether ``text`` has it."""
        return self._text in text.casefold()

    def in_json(self, document: str) -> bool:
        """Whether a text or number in a JSON document has it."""
        return self._escaped in document.casefold() and self._in(msgspec.json.decode(document))

    def _in(self, value: Any) -> bool:
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, dict):
            return any(map(self._in, value.values()))
        if isinstance(value, list):
            return any(map(self._in, value))
        return isinstance(value, int | float) and not isinstance(value, bool) and self._text in str(value)
