"""Reading JSON that strangers send: bounded, and with a reason when it cannot be read."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import DecodeError
from msgspec.json import decode

MAX_DEPTH: Final = 100
"""Most levels of objects and arrays inside each other."""

_BOM: Final = b"\xef\xbb\xbf"
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class Unreadable(ValueError):
    """A body that cannot be read; the text says why and where, and repeats nothing of the content."""


class NotJson(Unreadable):
    """What should be JSON is not."""


def read_json(text: bytes | str) -> Any:
    """The value that ``text`` holds; a UTF-8 byte order mark is passed over.

    Half of a surrogate pair (``\\ud83d`` of an emoji that a sender cut in two) becomes U+FFFD.
    Raises ``NotJson`` for invalid UTF-8, broken JSON, and more than ``MAX_DEPTH`` levels.
    """
    try:
        content = decode(text)
    except RecursionError:
        raise NotJson(f"the JSON is nested more than {MAX_DEPTH} levels deep") from None
    except (DecodeError, UnicodeDecodeError) as error:
        content = _read_again(text.encode("utf-8", "replace") if isinstance(text, str) else text, error)
    if len(text) > 2 * MAX_DEPTH and _has_many_brackets(text) and _is_too_deep(content):
        raise NotJson(f"the JSON is nested more than {MAX_DEPTH} levels deep")
    return content


def whole_characters(text: bytes) -> bytes:
    """JSON ``text`` with U+FFFD in the place of escaped halves of surrogate pairs."""
    if b"\\ud" in text or b"\\uD" in text:
        return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)
    return text


def _read_again(body: bytes, error: Exception) -> Any:
    mended = whole_characters(body.removeprefix(_BOM))
    if mended != body:
        try:
            return decode(mended)
        except RecursionError:
            raise NotJson(f"the JSON is nested more than {MAX_DEPTH} levels deep") from None
        except (DecodeError, UnicodeDecodeError) as other:
            error = other
    raise NotJson(_reason(body, error)) from None


def _reason(body: bytes, error: Exception) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as bad:
        return f"invalid UTF-8 (byte {bad.start})"
    text = str(error)
    if text == "Input data was truncated":
        return f"JSON is malformed: it ends too early (byte {len(body)})"
    return text if text.startswith("JSON") else f"JSON is malformed: {text}"


def _has_many_brackets(text: bytes | str) -> bool:
    # Counting is far cheaper than walking, and most bodies end here.
    if isinstance(text, bytes):
        return text.count(b"{") + text.count(b"[") > MAX_DEPTH
    return text.count("{") + text.count("[") > MAX_DEPTH


def _is_too_deep(content: object) -> bool:
    level: list[object] = [content]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
        if not below:
            return False
        level = [value for value in below if isinstance(value, dict | list)]
    return bool(level)
