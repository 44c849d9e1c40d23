"""What the runtime inside says of a turn, read as the untrusted text that it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from hookroom.rules.json_body import whole_characters
from hookroom.scripting.model import Fetch, Line

T = TypeVar("T")


class SaidError(Struct, frozen=True):
    """What was thrown."""

    name: str = "Error"
    message: str = ""
    stack: str = ""


class AskedOptions(Struct, frozen=True):
    """Of a request by ``fetch``."""

    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    body: str | None = None
    timeout: float | None = None


class Asked(Struct, frozen=True):
    """A request by ``fetch``; ``fetch`` is its number."""

    fetch: int
    url: str
    options: AskedOptions = AskedOptions()
    allow_self_signed: bool = field(name="allowSelfSigned", default=False)

    def request(self) -> Fetch:
        """What is to be carried out."""
        options = self.options
        return Fetch(
            url=self.url,
            method=options.method,
            headers=options.headers,
            body=options.body,
            timeout_ms=_whole(options.timeout),
            allow_self_signed=self.allow_self_signed,
        )


class AskedHttp(Struct, frozen=True):
    """A request by ``HTTP``."""

    url: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    body: str | None = None
    auth: str | None = None
    timeout: float | None = None

    def request(self) -> Fetch:
        """What is to be carried out."""
        return Fetch(
            url=self.url,
            method=self.method,
            headers=self.headers,
            body=self.body,
            auth=self.auth,
            timeout_ms=_whole(self.timeout),
        )


class Said(Struct, frozen=True):
    """What became of a call (see ``guest/calls.js``)."""

    state: Literal["no-method", "returned", "threw", "pending"]
    value: Any | UnsetType = UNSET
    error: SaidError | None = None
    fetches: Sequence[Asked] = ()
    console: Sequence[Line] = ()
    console_dropped: int = field(name="consoleDropped", default=0)
    settled: Sequence[int] = ()


_said: Final = msgspec.json.Decoder(Said)
_asked: Final = msgspec.json.Decoder(AskedHttp)


def read(text: bytes) -> Said:
    """What became of a call. Raises ``msgspec.DecodeError`` for anything else."""
    return _read(_said, text)


def read_http(text: bytes) -> AskedHttp:
    """A request by ``HTTP``. Raises ``msgspec.DecodeError`` for anything else."""
    return _read(_asked, text)


def _read(decoder: msgspec.json.Decoder[T], text: bytes) -> T:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError:
        # Scripts cut texts where they like, also in the middle of an emoji.
        whole = whole_characters(text)
        if whole == text:
            raise
        return decoder.decode(whole)


def _whole(timeout: float | None) -> int | None:
    return max(1, int(timeout)) if timeout is not None else None
