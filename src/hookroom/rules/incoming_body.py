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
from hookroom.rules.charsets import WrongCharset, codec_of, in_utf8
from hookroom.rules.json_body import NotJson, Unreadable, read_json
from hookroom.rules.multipart import text_fields

MAX_FIELDS: Final = 1000
"""Most fields of a form."""

MAX_LINES: Final = 1000
"""Most lines of a body with a JSON value on each."""

NOT_AN_OBJECT: Final = "Integration payload must be a JSON object, not an array or primitive"

XML_NEEDS_SCRIPT: Final = (
    "The request body is XML, which needs a script to become a message: "
    "give the integration one, or send JSON or text"
)

Kind = Literal["json", "form", "text", "xml", "empty"]


class Decoded(Struct, frozen=True):
    """A body that was read.

    ``content`` by ``kind``: ``json`` any JSON value; ``form`` a dict of text fields; ``text`` and ``xml`` a
    ``str``; ``empty`` an empty dict. ``body`` is what was sent, in UTF-8.
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

    JSON and ``+json`` types must be JSON; of several lines with a JSON value each, all values in a list, of one
    the value. A form is JSON in its one field ``payload`` (escaped or not), or JSON as a whole, or its fields
    (the last of several with one name), or text when it has no ``=``. Multipart is JSON in its field
    ``payload``, or its text fields. XML is what is sent as such, and what begins with ``<?xml``. Anything
    else is JSON when it parses to an object or an array, and text otherwise. Charsets are those of
    ``charsets.in_utf8``. Raises ``HookFailure`` (400) for what cannot be read.
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

    Raises ``HookFailure`` (400) for an array, a primitive and XML, which only a script may take.
    """
    content = decoded.content
    if isinstance(content, dict):
        return content
    if decoded.kind == "text":
        return {"text": content}
    if decoded.kind == "xml":
        raise HookFailure(XML_NEEDS_SCRIPT)
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

_JSON_TYPES: Final = frozenset({"application/json", "text/json", "application/x-json"})
_LINES_OF_JSON: Final = frozenset(
    [
        *("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl"),
        *("application/jsonlines", "application/x-jsonlines", "application/json-seq", "text/x-ndjson"),
    ]
)
_XML_TYPES: Final = frozenset({"text/xml", "application/xml"})
_MARK: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_PERCENT_ESCAPE: Final = re.compile("%[0-9a-fA-F]{2}")


def _decode(content_type: str, body: bytes) -> Decoded:
    media = content_type.partition(";")[0].strip().lower()
    if media == "multipart/form-data":
        return _multipart(content_type, body)
    if body.startswith(_GZIP):
        raise Unreadable("it is packed with gzip, and no Content-Encoding says so")
    codec = codec_of(content_type)
    try:
        body = in_utf8(body, codec)
    except WrongCharset:
        raise Unreadable("it is not in the charset that its Content-Type names") from None
    if not body.removeprefix(_MARK).strip():
        return Decoded({}, body, "empty")
    if media == "application/x-www-form-urlencoded":
        return _form(body, _text(body), codec or "utf-8")
    if media in _JSON_TYPES or media.endswith("+json"):
        try:
            return Decoded(read_json(body), body, "json")
        except NotJson:
            if body.startswith(b"payload="):
                return _form(body, _text(body), codec or "utf-8")
            raise
    if media in _LINES_OF_JSON:
        return Decoded(_lines(body), body, "json")
    text = _text(body)
    if media in _XML_TYPES or media.endswith("+xml"):
        return Decoded(text, body, "xml")
    return _by_content(body, text)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"invalid UTF-8 (byte {error.start})") from None


def _lines(body: bytes) -> Any:
    # RFC 7464 has a record separator before each value.
    lines = [line for one in body.removeprefix(_MARK).splitlines() if (line := one.strip(b"\x1e \t"))]
    if len(lines) > MAX_LINES:
        raise Unreadable(f"it has more than {MAX_LINES} lines")
    values = []
    for number, line in enumerate(lines, 1):
        try:
            values.append(read_json(line))
        except NotJson as reason:
            raise Unreadable(f"in line {number}, {reason}") from None
    return values[0] if len(values) == 1 else values


def _by_content(body: bytes, text: str) -> Decoded:
    try:
        if text.lstrip().startswith(("{", "[")):
            return Decoded(read_json(text), body, "json")
        if text.startswith(("payload={", "payload=%7B", "payload=%7b")):
            return Decoded(_payload(text), body, "json")
    except Unreadable:
        pass
    return Decoded(text, body, "xml" if text.lstrip().startswith("<?xml") else "text")


def _multipart(content_type: str, body: bytes) -> Decoded:
    if not body.removeprefix(_MARK).strip():
        return Decoded({}, body, "empty")
    fields = text_fields(content_type, body)
    if "payload" not in fields:
        return Decoded(fields, body, "form")
    return Decoded(_field_json(fields["payload"]), body, "json")


def _form(body: bytes, text: str, codec: str) -> Decoded:
    text = text.strip()
    if text.startswith("<"):
        return _by_content(body, text)  # ``curl -d`` says that whatever it sends is a form.
    if text.startswith("{"):
        return Decoded(read_json(text.removesuffix("=")), body, "json")
    if text.startswith("["):
        try:
            return Decoded(read_json(text), body, "json")
        except NotJson:
            pass  # A form may have a field with such a name.
    if text[:3] in ("%7B", "%7b"):
        return Decoded(read_json(_unescaped(text, codec).removesuffix("=")), body, "json")
    if "=" not in text:
        return Decoded(_unescaped(text, codec) if _PERCENT_ESCAPE.search(text) else text, body, "text")
    if text.startswith("payload=") and (not _has_more_fields(text) or text[8:].lstrip()[:1] in ("{", "[")):
        return Decoded(_payload(text, codec), body, "json")
    return Decoded(_fields(text, codec), body, "form")


def _has_more_fields(text: str) -> bool:
    return "&" in text.rstrip("&")


def _payload(text: str, codec: str = "utf-8") -> Any:
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
        return _field_json(_fields(text, codec)["payload"])
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


def _fields(text: str, codec: str) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(
                text, keep_blank_values=True, encoding=codec, errors="strict", max_num_fields=MAX_FIELDS
            )
        )
    except UnicodeDecodeError:
        raise Unreadable(_NOT_ENCODED) from None
    except ValueError:
        raise Unreadable(f"the form has more than {MAX_FIELDS} fields") from None


def _unescaped(text: str, codec: str) -> str:
    try:
        return unquote_plus(text, codec, "strict")
    except UnicodeDecodeError:
        raise Unreadable(_NOT_ENCODED) from None


_NOT_ENCODED: Final = "the form has invalid UTF-8"
