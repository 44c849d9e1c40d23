"""A client of the realtime API that listens, and waits for what it is told."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.running import Api
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 10.0

Told = tuple[str, str, list[Any]]
"""Stream, event, arguments."""


class Client:
    """One who is logged in. What came while something else was waited for is kept."""

    def __init__(self, connection: ClientConnection, api: Api) -> None:
        self._connection = connection
        self._told: list[Told] = []
        self._number = 0
        self.api = api
        self._send(msg="connect", version="1", support=["1"])
        self._until(lambda said: said.get("msg") == "connected")
        self.call("login", {"resume": api.headers["X-Auth-Token"]})

    def call(self, method: str, *params: Any) -> Any:
        """Call a method, and wait for its result."""
        self._number += 1
        id_ = str(self._number)
        self._send(msg="method", method=method, params=params, id=id_)
        answer = self._until(lambda said: said.get("msg") == "result" and said["id"] == id_)
        assert "error" not in answer, answer
        return answer.get("result")

    def listen(self, stream: str, *events: str) -> None:
        """Listen, and wait until that is so."""
        for event in events:
            self._number += 1
            id_ = str(self._number)
            self._send(msg="sub", id=id_, name=stream, params=[event, False])
            answer = self._until(_about(id_))
            assert answer["msg"] == "ready", answer

    def listen_to_oneself(self, *events: str) -> None:
        """Listen to events of one's own (``stream-notify-user``)."""
        self.listen("stream-notify-user", *(f"{self.api.user_id}/{event}" for event in events))

    def hear(self, event: str, fits: Callable[[list[Any]], bool] = lambda _: True) -> list[Any]:
        """The arguments of the next event of that name that fits; others stay for later."""
        mine = f"{self.api.user_id}/{event}"

        def wanted(told: Told) -> bool:
            return told[1] in (event, mine) and fits(told[2])

        for i, told in enumerate(self._told):
            if wanted(told):
                return self._told.pop(i)[2]
        while True:
            told = self._next()
            if wanted(told):
                return told[2]
            self._told.append(told)

    def heard(self, event: str) -> list[list[Any]]:
        """What was told of an event by now, in the order in which it came."""
        mine = f"{self.api.user_id}/{event}"
        self.call("UserPresence:online")  # What was sent before its answer has been read by then.
        return [args for _, name, args in self._told if name in (event, mine)]

    def _next(self) -> Told:
        said = self._until(lambda said: said.get("msg") == "changed", keep=False)
        return said["collection"], said["fields"]["eventName"], said["fields"]["args"]

    def _until(self, fits: Callable[[Any], bool], *, keep: bool = True) -> Any:
        end = time.monotonic() + PATIENCE_S
        while True:
            said = json.loads(self._connection.recv(timeout=end - time.monotonic()))
            if said.get("msg") == "ping":
                self._send(msg="pong")
            elif fits(said):
                return said
            elif keep and said.get("msg") == "changed":
                self._told.append((said["collection"], said["fields"]["eventName"], said["fields"]["args"]))

    def _send(self, **message: Any) -> None:
        self._connection.send(json.dumps(message))


def _about(id_: str) -> Callable[[Any], bool]:
    return lambda said: id_ in (said.get("id"), *said.get("subs", ()))


@contextlib.contextmanager
def client(api: Api) -> Iterator[Client]:
    """Connect, and log in as ``api``."""
    with connect(f"{api.url.replace('http', 'ws', 1)}/websocket", open_timeout=PATIENCE_S) as connection:
        yield Client(connection, api)
