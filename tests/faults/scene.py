"""All faults at once on one server: a room, a receiver and two integrations for each."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.delivery.servers import serving
from tests.delivery.webhooks import channel, finished, outgoing, say
from tests.faults.faults import TIMEOUT_S, Fault, Oddity
from tests.receivers import Behaviour, Receiver, reply
from tests.running import Api, Server, unique

SECRET: Final = "s3cret"
"""In the credentials, the path and the query of every URL, and in every token."""


@dataclass(frozen=True)
class Case:
    """What was set up for one fault. ``once`` does not retry, ``again`` does so one time."""

    room: Any
    said: Any
    once: Any
    again: Any
    receiver: Receiver | None


class Scene:
    """A server on which everything has been set going."""

    def __init__(self, server: Server, log: Path) -> None:
        self.server = server
        self.admin = server.admin()
        self.cases: dict[str, Case] = {}
        self._log = log

    def entries(self, name: str) -> tuple[Any, Any]:
        """The histories' entries of a case once they have ended: of the one that does not retry, and the other."""
        case = self.cases[name]
        [once], [again] = finished(self.admin, case.once), finished(self.admin, case.again)
        return once, again

    def posted(self, name: str) -> list[Any]:
        """The messages of the case's room that are not the system's."""
        case = self.cases[name]
        found = self.admin.get("channels.messages", roomId=case.room["_id"])["messages"]
        return [message for message in found if "t" not in message]

    def log(self) -> str:
        """The server's log so far."""
        return self._log.read_text()


@contextlib.contextmanager
def playing(data: Path, database: Path | str, cases: Mapping[str, Fault | Oddity]) -> Iterator[Scene]:
    """A server of its own, with a message said in the room of each case; ``database`` as for ``serving``."""
    with (
        contextlib.ExitStack() as stack,
        serving(data, database, timeout_s=TIMEOUT_S) as server,
    ):
        scene = Scene(server, data / "server.log")
        elsewhere = stack.enter_context(Receiver())
        for name, case in cases.items():
            receiver = _receiver(case, elsewhere)
            if receiver is not None:
                stack.enter_context(receiver)
            port = receiver.port if receiver is not None else stack.enter_context(_without_one(case))
            template = case.url if isinstance(case, Fault) else "http://127.0.0.1:{port}/"
            scene.cases[name] = _set_going(scene.admin, case, template.format(port=port), receiver)
        yield scene
        assert elsewhere.connections == 0, "a redirect was followed"


def _set_going(admin: Api, case: Fault | Oddity, url: str, receiver: Receiver | None) -> Case:
    room = admin.new_channel(members=["rocket.cat"])
    fields: dict[str, Any] = dict(case.fields) if isinstance(case, Fault) else {}
    retrying = {"retryFailedCalls": True, "retryCount": 1, "retryDelay": "powers-of-ten"}
    secretive = url.replace("://", f"://user:{SECRET}@") + f"{SECRET}?key={SECRET}"
    once, again = (
        outgoing(
            admin,
            f"{secretive}&hook={hook}",
            channel(room),
            name=unique(hook),
            token=SECRET,
            **fields,
            **more,
        )
        for hook, more in (("once", {}), ("again", retrying))
    )
    return Case(room, say(admin, "hello", channel(room)), once, again, receiver)


def _receiver(case: Fault | Oddity, elsewhere: Receiver) -> Receiver | None:
    behaviour: Behaviour | None = case.behaviour
    if isinstance(case, Oddity):
        return Receiver([case.behaviour])
    if case.location is not None:
        assert case.status is not None
        location = case.location.format(elsewhere=elsewhere.url)
        behaviour = reply(case.status, b"", [("Location", location)])
    if behaviour is None:
        return None
    return Receiver([behaviour], tls=case.tls() if case.tls else None)


def _without_one(case: Fault | Oddity) -> contextlib.AbstractContextManager[int]:
    blunt = case.blunt if isinstance(case, Fault) else None
    return _taken_port() if blunt is None else _blunt_port(blunt)


@contextlib.contextmanager
def _taken_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections as long as this lasts: taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def _blunt_port(answer: bytes) -> Iterator[int]:
    """A port of 127.0.0.1 where whatever is said gets the same answer."""

    class Answering(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
