"""A real forward proxy: tunnels by ``CONNECT``, and passes plain requests on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from tests.receivers import Behaviour, Peer, Received, Receiver, raw


def forward(hosts: Mapping[str, tuple[str, int]] | None = None) -> Receiver:
    """A proxy, whose ``requests`` tell what it was asked. ``hosts``: names that it alone can look up."""
    known = hosts or {}

    def behave(request: Received) -> Behaviour:
        async def pass_on(peer: Peer) -> bool:
            place = request.path.removeprefix("http://").partition("/")[0]
            host, _, port = place.rpartition(":") if ":" in place else (place, "", "80")
            reader, writer = await asyncio.open_connection(*known.get(host, (host.strip("[]"), int(port))))
            there = Peer(reader, writer)
            if request.method == "CONNECT":
                peer.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = "/" + request.path.removeprefix("http://").partition("/")[2]
                lines = [f"{request.method} {path} HTTP/1.1"]
                lines += [f"{n}: {v}" for n, v in request.header_lines if not n.lower().startswith("proxy-")]
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + request.body)
            try:
                await asyncio.gather(_pump(peer, there), _pump(there, peer))
            finally:
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            return False

        return pass_on

    return Receiver(behave)


def refusing(status: int) -> Receiver:
    """A proxy that takes no call."""
    return Receiver([raw(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nX-Inside: s3cret\r\n\r\n" % status)])


async def _pump(source: Peer, sink: Peer) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.reader.read(65536):
            sink.writer.write(data)
            await sink.writer.drain()
    sink.writer.close()
