"""What no client should send: nothing of it brings the server down or makes it hold what it need not."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from tests.realtime.client import connected
from tests.realtime.raw import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame, raw
from tests.running import Api, Server
from websockets.exceptions import ConnectionClosed

HELLO = b'{"msg":"connect","version":"1","support":["1"]}'
MIB = 1024 * 1024


def test_in_one_piece_with_the_handshake(server: Server) -> None:
    with raw(server.url, with_handshake=frame(TEXT, HELLO) + frame(TEXT, b'{"msg":"ping"}')) as one:
        heard = [one.read() for _ in range(2)]
        assert heard[1] == (TEXT, b'{"msg":"pong"}')


def test_in_many_pieces(server: Server) -> None:
    with raw(server.url) as one:
        whole = frame(TEXT, HELLO[:9], fin=False) + frame(PING, b"in between") + frame(CONT, HELLO[9:])
        for at in range(len(whole)):
            one.raw.sendall(whole[at : at + 1])
        assert one.read() == (PONG, b"in between")
        found = one.read()
        assert found is not None
        assert b'"connected"' in found[1]
        one.raw.sendall(frame(CLOSE, (1000).to_bytes(2)))
        assert one.read() == (CLOSE, (1000).to_bytes(2))
        assert one.read() is None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b'{"msg":"ping"}', masked=False), 1002),
        (frame(3, b""), 1002),
        (frame(CONT, b"x"), 1002),
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
        (b"\xc1\x80\0\0\0\0", 1002),
        (frame(PING, bytes(126)), 1002),
        (frame(PING, b"", fin=False), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(TEXT, b'{"msg":"\xff"}'), 1007),
        (frame(TEXT, "€".encode()[:2], fin=False) + frame(CONT, b"x"), 1007),
        (frame(BINARY, b"{}"), 1003),
        (b"\x81\xff" + (MIB + 1).to_bytes(8) + bytes(4), 1009),
        (b"\x81\xff" + (2**62).to_bytes(8) + bytes(4), 1009),
        (frame(TEXT, bytes(MIB), fin=False) + frame(CONT, b"x"), 1009),
        (frame(TEXT, b"", fin=False) + frame(CONT, b"", fin=False) * 2000, 1009),
    ],
)
def test_rules_of_the_wire(server: Server, sent: bytes, code: int) -> None:
    with raw(server.url) as one:
        one.raw.sendall(sent)
        assert one.close_code() == code


def test_a_message_of_the_largest_size(server: Server) -> None:
    with raw(server.url) as one:
        text = b'{"msg":"ping","a":"%b"}'
        one.raw.sendall(frame(TEXT, HELLO) + frame(TEXT, text % (b"x" * (MIB - len(text) + 2))))
        one.read()
        assert one.read() == (TEXT, b'{"msg":"pong"}')


def _json(random: Random, depth: int = 0) -> Any:
    names = ["msg", "id", "name", "method", "params", "version", "support", "subs", "$date", "", "é\0"]
    words = [
        *names,
        "connect",
        "method",
        "sub",
        "unsub",
        "ping",
        "login",
        "sendMessage",
        "stream-room-messages",
    ]
    words += [
        "GENERAL",
        "__my_messages__",
        "GENERAL/typing",
        "rooms/get",
        "loadHistory",
        "stream-notify-room",
    ]
    kind = random.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return random.choice([None, True, False, 0, -1, 1.5, 2**63, -(2**70), 1e308])
    if kind < 6:
        return random.choice(words)
    if kind < 8:
        return {random.choice(names): _json(random, depth + 1) for _ in range(random.randrange(5))}
    return [_json(random, depth + 1) for _ in range(random.randrange(5))]


def _message(random: Random) -> bytes:
    message = {
        "msg": random.choice(["method", "sub", "unsub", "method", "sub", "ping", "connect", "pong", "x"]),
        "id": random.choice(["1", "2", "3", 4, None]),
        random.choice(["name", "method"]): _json(random, 4),
        "params": [_json(random) for _ in range(random.randrange(4))],
    }
    for name in random.sample(sorted(message), random.randrange(2)):
        message[name] = _json(random)
    return json.dumps(message).encode()


def _damaged(random: Random, text: bytes) -> bytes:
    at = random.randrange(len(text))
    return text[:at] + random.choice([b"", b"}", b'"', b"\\", b"\\ud83d", b"{{{{", b"1e999"]) + text[at + 1 :]


def _anything(random: Random, _text: bytes) -> bytes:
    return random.randbytes(random.randrange(200))


ROUNDS = 4000 if os.environ.get("HOOKROOM_DRILL") == "1" else 250


@pytest.mark.parametrize("logged_in", [False, True])
def test_messages_at_random(server: Server, admin: Api, logged_in: bool) -> None:
    """Whatever it says, a client is answered, and never with a fault of the server's own."""
    random = Random(logged_in)
    user = admin.new_user()
    with connected(server.url, user if logged_in else None) as client:
        for _ in range(ROUNDS):
            text = _message(random)
            if random.random() < 0.2:
                text = _damaged(random, text)
            client.socket.send(text, text=True)
            client.send(msg="ping", id="here")
            client.until(lambda message: message.get("msg") == "pong" and message.get("id") == "here")
            client.heard = [one for one in client.heard if one.get("error", {}).get("error") == 500]
        # Answers to calls come after the pings, which nothing holds up.
        client.answer("nonsense")
        assert [one for one in client.heard if one.get("error", {}).get("error") == 500] == []


@pytest.mark.parametrize("change", [_damaged, _anything])
def test_bytes_at_random(server: Server, change: Callable[[Random, bytes], bytes]) -> None:
    random = Random(7)
    for _ in range(ROUNDS // 5):
        sent = b"".join(
            frame(random.choice([TEXT, TEXT, CONT, PING]), _message(random), fin=random.random() < 0.8)
            for _ in range(3)
        )
        with raw(server.url) as one:
            one.raw.sendall(frame(TEXT, HELLO) + change(random, sent) + frame(CLOSE, b""))
            one.raw.shutdown(1)
            one.close_code()
    with connected(server.url) as client:
        client.send(msg="ping")
        client.next("pong")


def test_a_flood_of_calls_is_worked_off(server: Server, admin: Api) -> None:
    """Many more calls than wait at once: each is answered, in order."""
    with connected(server.url, admin) as client:
        for number in range(3000):
            client.send(msg="method", method="getRoomIdByNameOrId", id=str(number), params=["general"])
        answered = [client.next("result")["id"] for _ in range(3000)]
        assert answered == [str(number) for number in range(3000)]


def test_long_ids_of_subscriptions(server: Server) -> None:
    """What is kept of a subscription is small, whoever asks and whatever for."""
    with connected(server.url) as client:
        for stream in ("userData", "stream-notify-all"):
            client.send(msg="sub", id="x" * 513, name=stream, params=["public-settings-changed"])
            assert "at most 512" in client.next("error")["reason"]
        client.send(msg="sub", id="x" * 512, name="userData", params=[])
        assert client.next("ready")["subs"] == ["x" * 512]


def test_a_login_ends_at_once(server: Server, admin: Api) -> None:
    """Also while the server looks at many others anew: the next method is nobody's."""
    user = admin.new_user()
    with connected(server.url, admin) as many, connected(server.url, user) as one:
        for number in range(4500):
            many.send(msg="sub", id=f"s{number}", name="stream-notify-room", params=[f"GENERAL/x{number}"])
        many.until(lambda message: message.get("subs") == ["s4499"])
        assert one.call("getRoomIdByNameOrId", "general") == "GENERAL"
        roles = ["admin", "user"]
        admin.post("permissions.update", permissions=[{"_id": "view-logs", "roles": roles}])
        user.post("users.logout")
        with contextlib.suppress(ConnectionClosed):
            one.send(msg="method", method="getRoomIdByNameOrId", id="last", params=["general"])
            assert one.next("result")["error"]["error"] == "error-invalid-user"
        admin.post("permissions.update", permissions=[{"_id": "view-logs", "roles": ["admin"]}])
