"""Reads the answers on one connection, within bounds. No I/O.

Heads are parsed by llhttp, as lenient as it was for aiohttp: what receivers send does not change with the client.
llhttp itself bounds nothing; here it is fed in slices, and bytes that bring an answer no further are counted.
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpResponseParser

from hookroom.delivery import failures
from hookroom.delivery.wire.unpacking import PACKED, NotPacked, Unpacking, unpacking

MAX_HEAD: Final = 1 << 16
"""Bytes that may come without an answer getting further: heads, 1xx answers, chunk extensions, trailers.
What is fed at once is at most that much, so up to twice as many are read."""

MAX_FIELD: Final = 8190
"""Most bytes of a header's name and of its value."""

MAX_HEADERS: Final = 128

MOST_INFORMATIONAL: Final = 32
"""Answers with a status 1xx before the real one (RFC 9110, 15.2)."""

_CONTINUE: Final = 100
_SWITCHES: Final = 101
_NO_BODY: Final = frozenset({204, 304})
_FINAL: Final = 200


class _Refused(Exception):
    """Stops the parser."""


class Reading:
    """The answer to the request under way, and then to the next one. ``shown`` names the receiver in failures."""

    def __init__(self, shown: str, most_body: int) -> None:
        self._shown = shown
        self._most_body = most_body
        self._parser = self._new_parser()
        self.begin(head=False)

    def _new_parser(self) -> HttpResponseParser:
        parser = HttpResponseParser(self)
        parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        return parser

    def begin(self, *, head: bool) -> None:
        """A request is going out; ``head``: with the method HEAD."""
        self._head = head
        self.status = 0
        self.headers: dict[str, str] = {}
        """Names in lower case; of a repeated one the last value."""
        self.body = bytearray()
        self.truncated = False
        self.keeps_open = False
        """Once the answer is whole: whether the connection can take another request."""
        self.whole = False
        self._count = 0
        self._has_head = False
        self._bodiless = False
        self._parsed = False
        self._extra = False
        self._informational = 0
        self._idle_bytes = 0
        self._unpacking: Unpacking | None = None

    def feed(self, data: bytes) -> bool:
        """Take in what came; answers whether the answer is whole. Raises ``NotReached``, ``protocol``."""
        try:
            if len(data) <= MAX_HEAD:
                self._feed(data)
            else:
                view = memoryview(data)
                for at in range(0, len(data), MAX_HEAD):
                    self._feed(view[at : at + MAX_HEAD])
                    if self.truncated:
                        break
        except (HttpParserError, _Refused):
            if not self.truncated:
                self._fail()
        if self.whole and not self._parsed:
            # llhttp waits for a body that does not come.
            self._parser = self._new_parser()
        return self.whole

    def _feed(self, data: bytes | memoryview) -> None:
        self._idle_bytes += len(data)
        self._parser.feed_data(data)
        if self._idle_bytes > MAX_HEAD and not self.whole:
            raise _Refused

    def _fail(self) -> None:
        if self.status == _SWITCHES:
            raise failures.switches(self._shown) from None
        if self._has_head and not self.whole:
            raise failures.cut_off(self._shown) from None
        raise failures.not_http(self._shown) from None

    def end(self) -> bool:
        """The connection has ended; answers whether the answer is whole. Raises ``NotReached``, ``protocol``."""
        if self._has_head and not self.whole:
            chunked = self.headers.get("transfer-encoding", "").lower().endswith("chunked")
            if chunked or "content-length" in self.headers:
                raise failures.cut_off(self._shown)
            try:
                self._complete()
            except _Refused:
                raise failures.cut_off(self._shown) from None
            self.keeps_open = False
        return self.whole

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self.whole:
            # Another one, which nobody asked for.
            self._extra = True
            self.keeps_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        if self._has_head:
            return  # A trailer, or of another answer that nobody asked for.
        self._count += 1
        if self._count > MAX_HEADERS or len(name) > MAX_FIELD or len(value) > MAX_FIELD or b"\0" in value:
            raise _Refused
        try:
            text = value.rstrip(b" \t").decode()
        except UnicodeDecodeError:
            text = value.rstrip(b" \t").decode("latin-1")
        self.headers[name.decode("ascii").lower()] = text

    def on_headers_complete(self) -> None:
        """Its headers are there, or those of one that nobody asked for."""
        if self._has_head:
            return
        self.status = status = self._parser.get_status_code()
        if status < _FINAL:
            self._pass_over()
            return
        self._has_head = True
        self._idle_bytes = 0
        self.keeps_open = self._parser.should_keep_alive()
        if self._head or status in _NO_BODY:
            self._bodiless = True
            self._complete()
        elif (encoding := self.headers.get("content-encoding", "").lower()) in PACKED:
            try:
                self._unpacking = unpacking(encoding)
            except NotPacked:
                raise _Refused from None

    def _pass_over(self) -> None:
        self._informational += 1
        if (
            not _CONTINUE <= self.status < _FINAL
            or self.status == _SWITCHES
            or self._informational > MOST_INFORMATIONAL
            or self.headers.get("content-length", "0") != "0"
            or "transfer-encoding" in self.headers
        ):
            raise _Refused
        self.headers = {}
        self._count = 0

    def on_body(self, data: bytes) -> None:
        """Bytes of the body."""
        self._idle_bytes = 0
        if self.truncated or self._extra:
            return
        if self._bodiless:
            raise _Refused
        left = self._most_body - len(self.body)
        if self._unpacking is not None:
            try:
                data = self._unpacking.unpack(data, left + 1)
            except NotPacked:
                raise _Refused from None
        if len(data) <= left:
            self.body += data
        else:
            self.body += data[:left]
            self.truncated = self.whole = True
            self.keeps_open = False

    def on_message_complete(self) -> None:
        """It has ended."""
        if not self._has_head:
            return  # An informational answer's end.
        self._parsed = True
        if not self.whole:
            self._complete()

    def _complete(self) -> None:
        if self._unpacking is not None:
            try:
                self._unpacking.end()
            except NotPacked:
                raise _Refused from None
        self.whole = True
