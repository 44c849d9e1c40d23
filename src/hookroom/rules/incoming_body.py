"""What the body of a call to an incoming webhook holds (contract, section 3, row "body").

Senders disagree with their own ``Content-Type``, so the content decides where the header is missing or
odd. A body that cannot be read is refused with the reason; nothing is read as an empty message.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote_plus

from msgspec import Struct

from hookroom.errors import HookFailure
from hookroom.rules.json_body import NotJson, Unreadable, read_json
from hookroom.rules.multipart import text_fields

MAX_FIELDS: Final = 1000
"""Most fields of a form."""

NOT_AN_OBJECT: Final = "Integration payload must be a JSON object, not an array or primitive"

Kind = Literal["json", "form", "text", "empty"]


class Decoded(Struct, frozen=True):
    """A body that was read.

    ``content`` by ``kind``: ``json`` any JSON value; ``form`` a dict of text fields; ``text`` a ``str``;
    ``empty`` an empty dict. ``body`` is what was sent, in UTF-8.
    """

    content: Any
    body: bytes
    kind: Kind

    @property
    def raw(self) -> str:
        """The body as text, for scripts (``content_raw``)."""
        return self.body.decode("utf-8", "replace")


def decode(content_type: str | None, body: bytes) -> Decoded:
    """Read ``body``, whatever JSON value it holds; ``as_object`` says whether it can be a message.

    JSON and ``+json`` types must be JSON. A form is JSON in its one field ``payload`` (escaped or not), or
    JSON as a whole, or its fields (the last of several with one name), or text when it has no ``=``.
    Multipart is JSON in its field ``payload``, or its text fields. Anything else is JSON when it parses to
    an object or an array, and text otherwise. Raises ``HookFailure`` (400) for what cannot be read.
    """
    if content_type in _PLAIN_JSON_TYPES:
        try:
            return Decoded(read_json(body), body, "json")
        except NotJson:
            pass  # Read again below, where the exceptions to the rule are.
    try:
        return _decode(content_type or "", body)
    except Unreadable as reason:
        raise HookFailure(f"The request body cannot be read: {reason}") from None


def as_object(decoded: Decoded) -> dict[str, Any]:
    """The payload object of a body; a text is an object with that ``text``.

    Raises ``HookFailure`` (400) for an array or a primitive, which only a script may take.
    """
    content = decoded.content
    if isinstance(content, dict):
        return content
    if decoded.kind == "text":
        return {"text": content}
    raise HookFailure(NOT_AN_OBJECT)


_PLAIN_JSON_TYPES: Final = frozenset(
    {
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json;charset=UTF-8",
    }
)

# A closed table: looking up names that senders make up would import modules and fill a cache for ever.
_CHARSETS: Final = {
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1"), "latin-1"),
    **{f"windows-125{n}": f"cp125{n}" for n in range(9)},
    **{f"cp125{n}": f"cp125{n}" for n in range(9)},
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be", "utf-32", "koi8-r", "koi8-u")},
    **{name: name for name in ("shift_jis", "euc-jp", "euc-kr", "big5", "gb18030")},
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
}
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([^\s;"]+)', re.IGNORECASE)
_PERCENT_ESCAPE: Final = re.compile("%[0-9a-fA-F]{2}")


def _decode(content_type: str, body: bytes) -> Decoded:
    media = content_type.partition(";")[0].strip().lower()
    charset = _CHARSET.search(content_type)
    if charset and (codec := _CHARSETS.get(charset[1].lower())):
        body = _transcoded(body, codec)
    if not body.removeprefix(b"\xef\xbb\xbf").strip():
        return Decoded({}, body, "empty")
    if media == "application/x-www-form-urlencoded":
        return _form(body, _text(body))
    if media == "multipart/form-data":
        return _multipart(content_type, body)
    if media in ("application/json", "text/json", "application/x-json") or media.endswith("+json"):
        try:
            return Decoded(read_json(body), body, "json")
        except NotJson:
            if body.startswith(b"payload="):
                return _form(body, _text(body))
            raise
    return _by_content(body, _text(body))


def _transcoded(body: bytes, codec: str) -> bytes:
    try:
        return body.decode(codec).encode()
    except UnicodeError:
        raise Unreadable("it is not in the charset that its Content-Type names") from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"invalid UTF-8 (byte {error.start})") from None


def _by_content(body: bytes, text: str) -> Decoded:
    try:
        if text.lstrip().startswith(("{", "[")):
            return Decoded(read_json(text), body, "json")
        if text.startswith(("payload={", "payload=%7B", "payload=%7b")):
            return Decoded(_payload(text), body, "json")
    except Unreadable:
        pass
    return Decoded(text, body, "text")


def _multipart(content_type: str, body: bytes) -> Decoded:
    fields = text_fields(content_type, body)
    if "payload" not in fields:
        return Decoded(fields, body, "form")
    return Decoded(_field_json(fields["payload"]), body, "json")


def _form(body: bytes, text: str) -> Decoded:
    text = text.strip()
    if text.startswith("{"):
        return Decoded(read_json(text.removesuffix("=")), body, "json")
    if text.startswith("["):
        try:
            return Decoded(read_json(text), body, "json")
        except NotJson:
            pass  # A form may have a field with such a name.
    if text[:3] in ("%7B", "%7b"):
        return Decoded(read_json(_unescaped(text).removesuffix("=")), body, "json")
    if "=" not in text:
        return Decoded(_unescaped(text) if _PERCENT_ESCAPE.search(text) else text, body, "text")
    if text.startswith("payload=") and (not _has_more_fields(text) or text[8:].lstrip()[:1] in ("{", "[")):
        return Decoded(_payload(text), body, "json")
    return Decoded(_fields(text), body, "form")


def _has_more_fields(text: str) -> bool:
    return "&" in text.rstrip("&")


def _payload(text: str) -> Any:
    """The JSON of ``payload=…``, escaped as a form has it or not.

    Without any percent escape the value was not escaped, and a ``+`` in it is a plus.
    """
    value = text[len("payload=") :]
    if not _PERCENT_ESCAPE.search(value):
        try:
            return read_json(value)
        except NotJson:
            pass
    try:
        return _field_json(_fields(text)["payload"])
    except Unreadable as reason:
        try:
            return read_json(value)
        except NotJson:
            raise reason from None


def _field_json(value: str) -> Any:
    try:
        return read_json(value)
    except NotJson as reason:
        raise Unreadable(f'in the field "payload", {reason}') from None


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))
    except UnicodeDecodeError:
        raise Unreadable("the form has invalid UTF-8") from None
    except ValueError:
        raise Unreadable(f"the form has more than {MAX_FIELDS} fields") from None


def _unescaped(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise Unreadable("the form has invalid UTF-8") from None
