"""The protocol: connecting, pings, methods, subscriptions, and what is not understood."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from tests.realtime.client import address, connected, opened
from tests.running import Api, Server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

OFFER = "Upgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.mark.parametrize(
    ("version", "support", "answer"),
    [
        ("1", ["1", "pre2", "pre1"], "connected"),
        ("1", ["1"], "connected"),
        ("pre2", ["pre2", "pre1"], "connected"),
        ("pre1", ["pre1"], "connected"),
        ("pre2", ["1", "pre2"], {"msg": "failed", "version": "1"}),
        ("pre1", ["pre2", "pre1"], {"msg": "failed", "version": "pre2"}),
        ("2", ["2"], {"msg": "failed", "version": "1"}),
        (1, [1], {"msg": "failed", "version": "1"}),
        (None, None, {"msg": "failed", "version": "1"}),
        ("1", "1", {"msg": "failed", "version": "1"}),
    ],
)
def test_versions(server: Server, version: Any, support: Any, answer: Any) -> None:
    with opened(server.url) as client:
        client.send(msg="connect", version=version, support=support)
        if answer == "connected":
            assert len(client.next("connected")["session"]) == 17
        else:
            assert client.next("failed") == answer
            assert client.closed()[0] == 1000


def test_pings(server: Server) -> None:
    with connected(server.url) as client:
        client.send(msg="ping")
        assert client.next("pong") == {"msg": "pong"}
        client.send(msg="ping", id="x")
        assert client.next("pong") == {"msg": "pong", "id": "x"}
        client.send(msg="pong")
        assert client.socket.ping(b"there?").wait(20)
        assert client.heard == []


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("{", "Parse error"),
        ("", "Parse error"),
        ("[" * 5000, "Parse error"),
        ('{"a":' * 200 + "1" + "}" * 200, "Parse error"),
        ("[]", "Bad request"),
        ("1", "Bad request"),
        ("{}", "Bad request"),
        ('{"msg":7}', "Bad request"),
        ('{"msg":"nonsense"}', "Bad request"),
        ('{"msg":"connect","version":"1","support":["1"]}', "Already connected"),
        ('{"msg":"method","method":"x"}', "Malformed method invocation"),
        ('{"msg":"method","method":5,"id":"1"}', "Malformed method invocation"),
        ('{"msg":"method","method":"x","id":"1","params":{}}', "Malformed method invocation"),
        ('{"msg":"sub","name":"x"}', "Malformed subscription"),
        ('{"msg":"sub","id":"1","name":"x","params":"y"}', "Malformed subscription"),
        ('{"msg":"unsub"}', "Malformed unsubscription"),
    ],
)
def test_what_is_not_understood(server: Server, sent: str, reason: str) -> None:
    with connected(server.url) as client:
        client.socket.send(sent)
        error = client.next("error")
        assert error["reason"] == reason
        assert error.get("offendingMessage") == (None if reason == "Parse error" else json.loads(sent))
        client.send(msg="ping")
        client.next("pong")


def test_connect_comes_first(server: Server) -> None:
    with opened(server.url) as client:
        client.send(server_id="0")
        client.send(msg="ping")
        assert client.next("error") == {
            "msg": "error",
            "reason": "Must connect first",
            "offendingMessage": {"msg": "ping"},
        }


def test_methods(server: Server, admin: Api) -> None:
    with connected(server.url) as client:
        unknown = client.answer("nonsense")
        assert unknown["error"] == {
            "isClientSafe": True,
            "error": 404,
            "reason": "Method 'nonsense' not found",
            "message": "Method 'nonsense' not found [404]",
            "errorType": "Meteor.Error",
        }
        assert client.answer("rooms/get")["error"]["error"] == "error-invalid-user"
        client.send(msg="method", method="login", id="in", params=[{"resume": admin.headers["X-Auth-Token"]}])
        client.send(msg="method", method="rooms/get", id="after", params=[])
        # In the order in which they were asked, the user before the login's result.
        heard = [client.until(lambda message: True) for _ in range(5)]
        assert [one["msg"] for one in heard] == ["added", "result", "updated", "result", "updated"]
        assert heard[0]["collection"] == "users"
        assert heard[0]["id"] == admin.user_id
        assert heard[0]["fields"]["username"] == admin.username()
        assert [heard[1]["id"], heard[3]["id"]] == ["in", "after"]
        assert heard[4] == {"msg": "updated", "methods": ["after"]}
        assert "GENERAL" in [room["_id"] for room in heard[3]["result"]]


def test_subscriptions(server: Server, admin: Api) -> None:
    with connected(server.url, admin) as client:
        client.heard.clear()
        for option in (True, {"useCollection": True, "args": []}):
            client.send(msg="sub", id="a", name="stream-room-messages", params=["GENERAL", option])
            assert client.until(lambda message: True) == {
                "msg": "added",
                "collection": "stream-room-messages",
                "id": "id",
                "fields": {"eventName": "GENERAL"},
            }
            assert client.until(lambda message: True) == {"msg": "ready", "subs": ["a"]}
            client.send(msg="unsub", id="a")
            assert client.until(lambda message: True) == {"msg": "nosub", "id": "a"}
        client.send(msg="sub", id="b", name="stream-room-messages", params=["GENERAL", False])
        assert client.until(lambda message: True) == {"msg": "ready", "subs": ["b"]}
        # A client that is not sure whether it was heard.
        client.send(msg="sub", id="b", name="stream-room-messages", params=["GENERAL", False])
        client.send(msg="ping")
        assert client.until(lambda message: True) == {"msg": "pong"}
        assert client.refused("stream-nonsense", "x") == 404
        assert client.refused("stream-room-messages") == "invalid-event-name"
        assert client.refused("stream-room-messages", "") == "invalid-event-name"
        assert client.refused("stream-room-messages", "x" * 5000) == "invalid-event-name"
        assert client.refused("stream-room-messages", "nowhere") == "not-allowed"
        client.subscribe("meteor.loginServiceConfiguration")
        client.subscribe("userData")


def test_sockjs(server: Server, admin: Api) -> None:
    info = httpx.get(f"{server.url}/sockjs/info", trust_env=False)
    assert info.json()["websocket"] is True
    assert info.headers["access-control-allow-origin"] == "*"
    with connect(address(server.url, "/sockjs/123/abcdefgh/websocket"), proxy=None) as web:
        assert web.recv(5) == "o"
        web.send(json.dumps([json.dumps({"msg": "connect", "version": "1", "support": ["1"]})]))
        assert str(web.recv(5)).startswith('a["{\\"msg\\":\\"connected\\"')
        resume = [{"resume": admin.headers["X-Auth-Token"]}]
        login = json.dumps({"msg": "method", "method": "login", "id": "1", "params": resume})
        listen = json.dumps({"msg": "sub", "id": "2", "name": "stream-room-messages", "params": ["GENERAL"]})
        web.send(json.dumps([login, listen]))
        while '"ready' not in str(web.recv(5)).replace("\\", ""):
            pass
        admin.post("chat.postMessage", roomId="GENERAL", text='quoted "text" — über SockJS')
        (frame,) = json.loads(str(web.recv(5))[1:])
        assert json.loads(frame)["fields"]["args"][0]["msg"] == 'quoted "text" — über SockJS'
        web.send("nonsense")
        assert "Parse error" in str(web.recv(5))


def test_plain_http(server: Server) -> None:
    answer = httpx.get(f"{server.url}/websocket", trust_env=False)
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")


@pytest.mark.parametrize("path", ["/websocket/x", "/", "/api/v1/info", "/sockjs/a/websocket"])
def test_only_where_there_is_one(server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(address(server.url, path), proxy=None):
        pass
    assert refused.value.response.status_code != 101


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"{OFFER}Sec-WebSocket-Version: 13\r\n", b"400"),
        (f"{OFFER}Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n", b"400"),
        (
            f"{OFFER}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 7\r\n",
            b"400",
        ),
        ("Upgrade: h2c\r\nConnection: Upgrade\r\n", b"426"),
    ],
)
def test_a_handshake_that_is_none(server: Server, head: str, status: bytes) -> None:
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.settimeout(20)
        raw.sendall(f"GET /websocket HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
        assert raw.recv(4096).split(b" ")[1] == status
