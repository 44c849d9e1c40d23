"""Matching costs the same with ten integrations that do not fire and with a hundred thousand."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.rules.values import a_message, a_room, a_user, an_integration

from hookroom.integrations.firing import Firing
from hookroom.integrations.trigger_index import TriggerIndex
from hookroom.rules.model import Message
from hookroom.workspace.events import Event

pytestmark = pytest.mark.alone

MANY = 100_000
EVERYWHERE = ("all_public_channels",)
LONGEST_MS = 25
"""No message holds up the server longer, whatever its length: about ten times what it takes."""


class Known:
    """What ``Firing`` asks a registry, of integrations that are stored nowhere."""

    def __init__(self, count: int, make: Callable[[int], dict[str, Any]]) -> None:
        self._index = TriggerIndex()
        for i in range(count):
            self._index.add(an_integration(id=f"{i:024x}", **make(i)))
        self.outgoing = self._index.find


def a_channel(i: int) -> dict[str, Any]:
    return {"channel": (f"#room-{i}",)}


def a_word(i: int) -> dict[str, Any]:
    return {"channel": EVERYWHERE, "trigger_words": (f"!command-{i}",)}


def a_word_anywhere(i: int) -> dict[str, Any]:
    return {**a_word(i), "trigger_word_anywhere": True}


def only_new_messages(i: int) -> dict[str, Any]:
    return {"channel": EVERYWHERE}


def text_of(size: int) -> str:
    letters = random.Random(1)
    return "".join(letters.choice("abcdefghijklmnop  ") for _ in range(size))


def took_us(known: Known, message: Message) -> float:
    """Microseconds to find out that nobody fires, at best."""
    firing = Firing(known, "node", "http://localhost", lambda _: None)  # type: ignore[arg-type]
    event = Event(name="sendMessage", room=a_room(), user=a_user(), at=1, message=message)
    best = float("inf")
    for _ in range(30):
        start = time.perf_counter_ns()
        for _ in range(10):
            assert firing.fired(event) == []
        best = min(best, (time.perf_counter_ns() - start) / 10_000)
    return best


@pytest.mark.parametrize(
    ("make", "message", "ratio"),
    [
        (a_channel, {"text": text_of(50)}, 4),
        (a_channel, {"text": text_of(5000)}, 4),
        (a_word, {"text": text_of(50)}, 4),
        (a_word, {"text": text_of(5000)}, 4),
        (a_word_anywhere, {"text": text_of(50)}, 6),
        # Ten words are searched for; of a hundred thousand the text's pieces are looked up.
        (a_word_anywhere, {"text": text_of(5000)}, 200),
        (only_new_messages, {"text": text_of(50), "edited_at": "2026-01-02T03:04:05.678Z"}, 4),
    ],
)
def test_a_hundred_thousand_cost_what_ten_do(
    make: Callable[[int], dict[str, Any]], message: dict[str, Any], ratio: float
) -> None:
    said = a_message(**message)
    few = took_us(Known(10, make), said)
    many = took_us(Known(MANY, make), said)
    assert many < few * ratio, f"{many:.1f} µs with {MANY}, {few:.1f} µs with 10"
    assert many < LONGEST_MS * 1000
