"""A message of the realtime protocol that goes to many: framed once, however many hear it."""

from __future__ import annotations

from hookroom.rules.text_frames import sockjs_frame, text_frame


class Event:
    """A text to send, and its frames as they are first asked for."""

    __slots__ = ("_frame", "_sockjs", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._frame: bytes | None = None
        self._sockjs: bytes | None = None

    @property
    def frame(self) -> bytes:
        """As a WebSocket sends it."""
        if self._frame is None:
            self._frame = text_frame(self.text)
        return self._frame

    @property
    def sockjs(self) -> bytes:
        """As SockJS sends it over a WebSocket."""
        if self._sockjs is None:
            self._sockjs = sockjs_frame(self.text)
        return self._sockjs
