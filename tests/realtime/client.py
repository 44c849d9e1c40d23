"""A client of the realtime API for tests: says what it is told to, and keeps what it hears."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.running import Api
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

Message = dict[str, Any]
PATIENCE_S = 20


class Client:
    """One connection. ``heard`` are the messages that nobody waited for yet."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[Message] = []
        self._ids = map(str, itertools.count(1))

    def send(self, **message: Any) -> None:
        """Say something."""
        self.socket.send(json.dumps(message))

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message that is ``wanted``; those before it stay in ``heard``."""
        for index, message in enumerate(self.heard):
            if wanted(message):
                return self.heard.pop(index)
        while True:
            came: Message = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if wanted(came):
                return came
            self.heard.append(came)

    def next(self, kind: str) -> Message:
        """The next message of a kind (``msg``)."""
        return self.until(lambda message: message.get("msg") == kind)

    def answer(self, method: str, *params: Any) -> Message:
        """Call a method; answers its whole ``result`` message."""
        id_ = next(self._ids)
        self.send(msg="method", method=method, id=id_, params=list(params))
        found = self.until(lambda message: message.get("msg") == "result" and message["id"] == id_)
        self.until(lambda message: message == {"msg": "updated", "methods": [id_]})
        return found

    def call(self, method: str, *params: Any) -> Any:
        """Call a method that must succeed."""
        answer = self.answer(method, *params)
        assert "error" not in answer, answer
        return answer.get("result")

    def login(self, api: Api) -> Client:
        """Log in as a user of the REST API, by their token."""
        self.call("login", {"resume": api.headers["X-Auth-Token"]})
        return self

    def subscribe(self, stream: str, *params: Any) -> str:
        """Subscribe, which must succeed; answers the subscription's id."""
        id_ = next(self._ids)
        self.send(msg="sub", id=id_, name=stream, params=list(params))
        found = self.until(lambda m: m.get("subs") == [id_] or (m.get("msg") == "nosub" and m["id"] == id_))
        assert found["msg"] == "ready", found
        return id_

    def refused(self, stream: str, *params: Any) -> Any:
        """Subscribe, which must be refused; answers the error's code."""
        id_ = next(self._ids)
        self.send(msg="sub", id=id_, name=stream, params=list(params))
        return self.until(lambda m: m.get("msg") == "nosub" and m["id"] == id_)["error"]["error"]

    def event(self, stream: str, name: str) -> list[Any]:
        """The arguments of the next event of that name."""
        message = self.until(lambda m: m.get("collection") == stream and m["fields"]["eventName"] == name)
        args: list[Any] = message["fields"]["args"]
        return args

    def said(self, name: str) -> tuple[Any, Any]:
        """The next message of a room, or of ``__my_messages__``, and what is said of its room."""
        message, room = self.event("stream-room-messages", name)
        return message, room

    def texts(self, name: str, last: str) -> list[str]:
        """The texts of messages that come, ``last`` the last of them."""
        found: list[str] = []
        while not found or found[-1] != last:
            found.append(self.said(name)[0]["msg"])
        return found

    def closed(self) -> tuple[int, str]:
        """Wait until the server closes; answers its code and reason."""
        with pytest.raises(ConnectionClosed) as closed:
            self.until(lambda message: False)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


def address(url: str, path: str = "/websocket") -> str:
    """The WebSocket's address on a server."""
    return url.replace("http", "ws", 1) + path


@contextlib.contextmanager
def opened(url: str) -> Iterator[Client]:
    """A connection that said nothing yet."""
    with connect(address(url), proxy=None, compression=None) as socket:
        yield Client(socket)


@contextlib.contextmanager
def connected(url: str, api: Api | None = None) -> Iterator[Client]:
    """A connection that speaks DDP, logged in as ``api`` if given."""
    with opened(url) as client:
        client.send(msg="connect", version="1", support=["1", "pre2", "pre1"])
        client.next("connected")
        yield client.login(api) if api is not None else client
