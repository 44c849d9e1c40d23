"""Receivers that are down or hang: nothing of theirs is lost, and nobody else waits for them."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.servers import serving
from tests.delivery.webhooks import RETRYING, channel, finished, history, outgoing, say, told, until
from tests.receivers import Behaviour, Received, Receiver, hang, reply
from tests.running import Api

DOWN = "receiver is down: its deliveries wait"
BACK = "receiver is back"


class Logged:
    """A server of this module's own, and its log."""

    def __init__(self, admin: Api, log: Path) -> None:
        self.admin = admin
        self._log = log

    def lines(self, text: str, receiver: str) -> list[str]:
        """The lines with ``text`` about ``receiver`` (host and port)."""
        return [one for one in self._log.read_text().splitlines() if text in one and receiver in one]

    def wait_for(self, text: str, receiver: str) -> None:
        until(lambda: self.lines(text, receiver), f"{text!r} in the log")


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Logged]:
    data = tmp_path_factory.mktemp("down")
    with serving(data, sqlite_template) as server:
        yield Logged(server.admin(), data / "server.log")


@pytest.fixture(scope="module")
def admin(logged: Logged) -> Api:
    return logged.admin


def host_of(url: str) -> str:
    return url.removeprefix("http://").partition("/")[0]


def test_what_a_dead_receiver_missed_goes_out_when_it_is_back(logged: Logged, room: Any) -> None:
    admin, names = logged.admin, [f"message {number}" for number in range(40)]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
        hook = outgoing(admin, f"http://{host}:{port}/", channel(room), **RETRYING)
        for name in names:
            say(admin, name, channel(room))
        logged.wait_for(DOWN, f"{host}:{port}")
        entries = history(admin, hook)
        assert {entry["state"] for entry in entries} <= {"pending", "waiting"}
        tried = sum(len(entry["attempts"]) for entry in entries)
    with Receiver(port=port) as receiver:
        entries = finished(admin, hook, len(names), timeout_s=20)
        logged.wait_for(BACK, f"{host}:{port}")
        assert Counter(told(receiver)) == Counter(names)
    assert {entry["state"] for entry in entries} == {"succeeded"}
    # Those that waited while it was down have not used up tries for that: ten failures, and those under way then.
    assert tried <= 10 + 16 + 3
    assert sum(len(entry["attempts"]) for entry in entries) <= len(names) + 10 + 16 + 3


def test_another_url_of_the_same_host_does_not_wait(logged: Logged, room: Any) -> None:
    def script(request: Received) -> Behaviour:
        return reply(503, headers=[("Retry-After", "60")]) if request.path == "/down" else reply()

    admin = logged.admin
    with Receiver(script) as receiver:
        down = outgoing(admin, f"{receiver.url}/down", channel(room), triggerWords=["down"], **RETRYING)
        up = outgoing(admin, f"{receiver.url}/up", channel(room), triggerWords=["up"])
        for number in range(20):
            say(admin, f"down {number}", channel(room))
        logged.wait_for(DOWN, host_of(receiver.url))
        for number in range(20):
            say(admin, f"up {number}", channel(room))
        assert {entry["state"] for entry in finished(admin, up, 20)} == {"succeeded"}
        assert {entry["state"] for entry in history(admin, down)} <= {"pending", "waiting"}
        assert logged.lines(BACK, host_of(receiver.url)) == []


def test_of_a_receiver_that_refuses_messages_the_others_go_on(logged: Logged, room: Any) -> None:
    """Answers like 404 say something of a message, not of the receiver."""
    admin = logged.admin
    with Receiver([reply(404)]) as receiver:
        hook = outgoing(admin, receiver, channel(room), **RETRYING)
        for number in range(15):
            say(admin, str(number), channel(room))
        finished(admin, hook, 15)
        assert logged.lines(DOWN, host_of(receiver.url)) == []


class TestHanging:
    """64 receivers that never answer, with a dozen messages each, and one that does."""

    MANY = 64

    @pytest.fixture
    def quick(self, logged: Logged, room: Any) -> Iterator[Any]:
        """The channel that the quick one hears."""
        admin = logged.admin
        with contextlib.ExitStack() as stack:
            receivers = [stack.enter_context(Receiver([hang()])) for _ in range(self.MANY)]
            hooks = [outgoing(admin, receiver, channel(room)) for receiver in receivers]
            for number in range(12):
                say(admin, f"message {number}", channel(room))
            for receiver in receivers:
                receiver.wait_for(1)
            yield admin.new_channel()
            for hook in hooks:
                admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])

    def delays(self, admin: Api, room: Any, count: int) -> list[float]:
        """Seconds from before a message is posted until its receiver is called, each after the other."""
        arrived: dict[str, float] = {}

        def script(request: Received) -> Behaviour:
            arrived[request.json()["text"]] = time.monotonic()
            return reply()

        delays = []
        with Receiver(script) as receiver:
            outgoing(admin, receiver, channel(room))
            for number in range(count):
                started = time.monotonic()
                say(admin, str(number), channel(room))
                receiver.wait_for(number + 1)
                delays.append(arrived[str(number)] - started)
        return sorted(delays)

    def test_do_not_keep_others_from_being_told(self, logged: Logged, quick: Any) -> None:
        assert len(self.delays(logged.admin, quick, 10)) == 10

    @pytest.mark.alone
    def test_do_not_delay_others(self, logged: Logged, quick: Any) -> None:
        delays = self.delays(logged.admin, quick, 200)
        assert delays[len(delays) // 2] < 0.05
        assert delays[len(delays) * 99 // 100] < 0.25
