"""Checking a message's attachments, which are Slack's (contract, section 3, last paragraph)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hookroom.errors import Failure
from hookroom.rules.blank_text import is_blank
from hookroom.rules.links import INVALID_LINK, is_link
from hookroom.rules.scalars import flag_of, text_of

NOT_A_LIST: Final = "attachments should be a list, ignoring the value"
FIELD_INCOMPLETE: Final = "Invalid attachment field, title and value is required"
MAX_DEPTH: Final = 5
"""Most levels of attachments (quotes) inside each other."""

_LOOKS: Final = frozenset(
    [
        *("color", "ts", "collapsed", "title_link", "title_link_download", "author_link", "author_icon"),
        *("button_alignment", "mrkdwn_in", "image_preview", "image_dimensions"),
        *(f"{media}_{of}" for media in ("image", "audio", "video") for of in ("type", "size")),
    ]
)

_BUTTON: Final = ("text", "image_url", "url", "msg")

_Reader = Callable[[Any, str], Any]
_LEFT_OUT: Final = object()


def read_attachments(value: Any) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """The attachments to store and the warnings for whoever reads the log.

    ``value`` is the body's. What is no list is ignored with a warning. Null values and empty links are left
    out, ``msg`` becomes ``text``, numbers become texts where a text belongs. Keys that we do not know stay
    (clients have their own), except that a link in one must be as safe as in those we know. Raises
    ``Failure`` (400, no code) for an attachment that is not an object, a refused link, a field without title
    or value, and values of the wrong type; the text names the place.
    """
    if not value:
        return (), ()
    if not isinstance(value, list):
        return (), (NOT_A_LIST,)
    warnings: list[str] = []
    read = tuple(_attachment(item, f"attachments[{i}]", 1, warnings) for i, item in enumerate(value))
    return read, tuple(warnings)


def shows_nothing(attachment: Mapping[str, Any]) -> bool:
    """Whether a reader would see nothing of it: no text, picture, field or button, only how they would look."""
    return not any(_shows(key, value) for key, value in attachment.items() if key not in _LOOKS)


def _shows(key: str, value: Any) -> bool:
    match key:
        case "attachments":
            return not all(map(shows_nothing, value))
        case "actions":
            return any(_is_seen(one.get(part)) for one in value for part in _BUTTON)
        case "fields":
            return any(_is_seen(one["title"]) or _is_seen(str(one["value"])) for one in value)
    return _is_seen(value)


def _is_seen(value: Any) -> bool:
    return not is_blank(value) if isinstance(value, str) else bool(value)


def _attachment(item: Any, place: str, depth: int, warnings: list[str]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise Failure(f"{place} must be an object")
    read: dict[str, Any] = {}
    for key, value in item.items():
        if value is None or key == "msg":
            continue
        if reader := _READERS.get(key):
            value = reader(value, f"{place}.{key}")
        elif key == "attachments":
            value = _quoted(value, f"{place}.{key}", depth, warnings)
        elif _names_a_link(key) and isinstance(value, str) and not is_link(value.strip()):
            warnings.append(f"{place} has a link that is not allowed in a key that is not known")
            continue
        if value is not _LEFT_OUT:
            read[key] = value
    if not read.get("text") and (text := text_of(item.get("msg"), f"{place}.msg").strip()):
        read["text"] = text
    return read


def _quoted(value: Any, place: str, depth: int, warnings: list[str]) -> Any:
    if not isinstance(value, list):
        warnings.append(f"{place} should be a list, ignoring the value")
        return _LEFT_OUT
    if depth == MAX_DEPTH:
        raise Failure(f"{place}: attachments are more than {MAX_DEPTH} levels deep")
    return [_attachment(item, f"{place}[{i}]", depth + 1, warnings) for i, item in enumerate(value)]


def _names_a_link(key: str) -> bool:
    return key.endswith(("_url", "_link", "_icon")) or key in ("url", "link", "href", "src")


def _flag(value: Any, place: str) -> Any:
    return _LEFT_OUT if value == "" else flag_of(value, place, default=False)


def _link(value: Any, place: str) -> Any:
    text = text_of(value, place).strip()
    if not text:
        return _LEFT_OUT
    if not is_link(text):
        raise Failure(f"{INVALID_LINK} ({place})")
    return text


def _number(value: Any, place: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Failure(f"{place} must be a number")
    return value


def _moment(value: Any, place: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Failure(f"{place} must be a string or a number")
    return value


def _object(value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise Failure(f"{place} must be an object")
    return value


def _field(item: Any, place: str) -> dict[str, Any]:
    field = _object(item, place)
    value = field.get("value")
    if isinstance(value, dict | list):
        raise Failure(f"{place}.value must be a string, a number or a boolean")
    title = text_of(field.get("title"), f"{place}.title")
    if not title or value is None or value == "":
        raise Failure(FIELD_INCOMPLETE)
    read = {**field, "title": title}
    if (short := field.get("short")) is None or short == "":
        read.pop("short", None)
    else:
        read["short"] = flag_of(short, f"{place}.short", default=False)
    return read


def _list_of(read: Callable[[Any, str], dict[str, Any]]) -> _Reader:
    def reader(value: Any, place: str) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise Failure(f"{place} must be a list")
        return [read(item, f"{place}[{i}]") for i, item in enumerate(value)]

    return reader


def _action(item: Any, place: str) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in _object(item, place).items():
        if value is None:
            continue
        reader = _ACTION_READERS.get(key)
        value = reader(value, f"{place}.{key}") if reader else value
        if value is not _LEFT_OUT:
            read[key] = value
    return read


_ACTION_READERS: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(("type", "text", "webview_height_ratio", "msg"), text_of),
    **dict.fromkeys(("url", "image_url"), _link),
    **dict.fromkeys(("is_webview", "msg_in_chat_window"), _flag),
}

_READERS: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(("color", "text", "pretext", "author_name", "title", "button_alignment"), text_of),
    **dict.fromkeys(("image_preview", "image_type", "audio_type", "video_type"), text_of),
    **dict.fromkeys(("thumb_url", "message_link", "author_link", "author_icon", "title_link"), _link),
    **dict.fromkeys(("image_url", "audio_url", "video_url"), _link),
    **dict.fromkeys(("collapsed", "title_link_download"), _flag),
    **dict.fromkeys(("image_size", "audio_size", "video_size"), _number),
    "ts": _moment,
    "image_dimensions": _object,
    "fields": _list_of(_field),
    "actions": _list_of(_action),
}
