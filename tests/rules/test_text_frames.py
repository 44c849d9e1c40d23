"""Frames of a WebSocket, as a client of another make reads them."""

from __future__ import annotations

import json

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from hookroom.rules.ddp_version import agreed, best
from hookroom.rules.text_frames import sockjs_frame, text_frame


def read(frame: bytes) -> str:
    reader = StreamReader()
    reader.feed_data(frame)
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=False, max_size=None, extensions=None)
    with pytest.raises(StopIteration) as stopped:
        next(parsing)
    found: Frame = stopped.value.value
    assert (found.opcode, found.fin) == (Opcode.TEXT, True)
    assert not reader.buffer
    return bytes(found.data).decode()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_every_length(size: int) -> None:
    text = "é" * (size // 2) + "x" * (size % 2)
    assert read(text_frame(text.encode())) == text
    wrapped = read(sockjs_frame(text.encode()))
    assert wrapped[0] == "a"
    assert json.loads(wrapped[1:]) == [text]


@pytest.mark.parametrize(
    ("version", "support", "found", "proposed"),
    [
        ("1", ["1"], "1", "1"),
        ("pre1", ["pre1"], "pre1", "pre1"),
        ("pre1", ["pre1", "pre2"], None, "pre2"),
        ("1", ["pre1"], None, "pre1"),
        ("1", [], None, "1"),
        ("1", "1", None, "1"),
        (1, [1], None, "1"),
    ],
)
def test_versions(version: object, support: object, found: str | None, proposed: str) -> None:
    assert agreed(version, support) == found
    assert best(support) == proposed
