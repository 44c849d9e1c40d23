"""A multipart body with a file in it, read as it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Generic, NamedTuple, TypeVar

import falcon
from falcon.asgi.multipart import BodyPart
from falcon.media import MultipartFormHandler
from falcon.media.multipart import MultipartParseOptions

from hookroom.errors import Refused
from hookroom.rest.call import Incoming

FIELD: Final = "file"
"""The field that holds the file."""

MAX_PARTS: Final = 32
MAX_FIELD_BYTES: Final = 64 * 1024
"""Of each field that is no file."""

T = TypeVar("T")

Take = Callable[[str, str | None, AsyncIterator[bytes]], Awaitable[T]]
"""Takes a file in: its name, the media type that its sender names, its bytes."""


class Form(NamedTuple, Generic[T]):
    """The text fields by name, of several with one name the last; and what became of the file."""

    fields: dict[str, str]
    file: T


async def read_form(incoming: Incoming, take: Take[T], *, field: str = FIELD) -> Form[T]:
    """The form; ``take`` is called while the file, in ``field``, comes in.

    Raises ``Refused``: ``error-invalid-content-type``; ``error-invalid-form`` for a body that cannot be read
    or was cut off; ``invalid-field`` without a file, or with one in another field; ``error-too-many-files``;
    and what ``take`` raises.
    """
    form = await read_optional(incoming, take, field=field)
    if form.file is None:
        raise Refused("invalid-field", f'The file is missing: it must be in the field "{field}"')
    return Form(form.fields, form.file)


async def read_optional(incoming: Incoming, take: Take[T], *, field: str = FIELD) -> Form[T | None]:
    """``read_form`` of a form that may be without a file."""
    content_type = incoming.content_type or ""
    if not content_type.lower().startswith("multipart/form-data"):
        raise Refused("error-invalid-content-type", "The request body must be multipart/form-data")
    fields: dict[str, str] = {}
    taken: list[T] = []
    try:
        form = await _HANDLER.deserialize_async(incoming.stream, content_type, incoming.length)
        async for part in form:
            head = _Head.of(part)
            if not head.is_file:
                fields[head.name] = await _text(part)
                continue
            if head.name != field:
                raise Refused("invalid-field", f'The file must be in the field "{field}"')
            if taken:
                raise Refused("error-too-many-files", "Just 1 file is allowed")
            taken.append(await take(head.filename or "", head.content_type, aiter(part.stream)))
    except falcon.HTTPError as error:
        raise _unreadable(error.description or error.title) from None
    return Form(fields, taken[0] if taken else None)


def _handler() -> MultipartFormHandler:
    options = MultipartParseOptions()
    options.max_body_part_count = MAX_PARTS
    options.max_body_part_buffer_size = MAX_FIELD_BYTES
    return MultipartFormHandler(options)


_HANDLER: Final = _handler()
_NO_TEXT: Final = "application/octet-stream"


class _Head(NamedTuple):
    """What a part says of itself."""

    name: str
    filename: str | None
    content_type: str | None

    @property
    def is_file(self) -> bool:
        return self.filename is not None or self.content_type == _NO_TEXT

    @classmethod
    def of(cls, part: BodyPart) -> _Head:
        try:
            name, filename, content_type = part.name, part.filename, part.content_type
        except UnicodeDecodeError:
            raise _unreadable("the headers of a part are not UTF-8") from None
        if not name:
            raise _unreadable("a part has no name")
        # Browsers and curl write a quotation mark so (WHATWG HTML, multipart/form-data encoding).
        return cls(name, filename and filename.replace("%22", '"'), content_type)


async def _text(part: BodyPart) -> str:
    data: bytes = await part.get_data()
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _unreadable("a field is not UTF-8") from None


def _unreadable(why: str | None) -> Refused:
    return Refused("error-invalid-form", f"The request body is not a readable form: {why or 'malformed'}")
