"""Reading request bodies: bounded, JSON or form (contract, section 1)."""

from __future__ import annotations

import math
from typing import Any, Final
from urllib.parse import parse_qsl

import falcon.asgi
import msgspec

from hookroom.errors import Failure, InvalidParams, Refused, TooLarge

MAX_SAFE: Final = 2**53 - 1
"""The greatest whole number that JavaScript tells from its neighbours."""


async def read(request: falcon.asgi.Request, limit: int) -> bytes:
    """The whole body.

    Raises ``TooLarge`` over ``limit`` bytes, without reading on, and ``Failure`` for a body that ends before
    its length is reached: half a message is none.
    """
    length = request.content_length
    if length is not None and length > limit:
        raise TooLarge(limit)
    body = await request.stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(limit)
    if length is not None and len(body) < length:
        raise Failure("The request body ended too early")
    return body


def decode(content_type: str | None, body: bytes) -> Any:
    """JSON, or a form's fields; a form field ``payload`` holding JSON is unwrapped. Empty is ``{}``.

    Raises ``Refused`` (``error-invalid-json``) for what cannot be read.
    """
    if not body.strip():
        return {}
    # `curl -d '{…}'` calls JSON a form; what begins like an object is read as one.
    if (
        content_type
        and content_type.startswith("application/x-www-form-urlencoded")
        and not body.lstrip().startswith(b"{")
    ):
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False))
        except (UnicodeDecodeError, ValueError) as error:
            raise Refused("error-invalid-form", "The request body is not a readable form") from error
        payload = fields.get("payload")
        return parse(payload.encode()) if payload is not None and len(fields) == 1 else fields
    return parse(body)


def parse(body: bytes) -> Any:
    """JSON of any shape."""
    try:
        return _decode(body)
    except RecursionError as error:
        raise Refused("error-invalid-json", "The request body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("error-invalid-json", f"The request body is not valid JSON: {error}") from error


def _number(text: str) -> int | float:
    """A number with a point or an exponent: ``57.0`` is 57, as it is where the contract comes from."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("Number out of range")
    return int(number) if number.is_integer() and abs(number) <= MAX_SAFE else number


_decode: Final = msgspec.json.Decoder(float_hook=_number).decode


def as_object(body: Any) -> dict[str, Any]:
    """``body`` as the object that every endpoint takes. Raises ``InvalidParams`` for another shape."""
    if not isinstance(body, dict):
        raise InvalidParams(["must be object"])
    return body
