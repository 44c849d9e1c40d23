"""The socket between the server and a worker, as the worker has it."""

from __future__ import annotations

import socket
import threading

from hookroom.scripting.worker.messages import LENGTH, MAX_SIZE, FromWorker, ToWorker, framed, to_worker


class Wire:
    """Reads messages in one thread at a time, sends them from any."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        self._sending = threading.Lock()

    def read(self) -> ToWorker | None:
        """The next message; ``None`` when the server is gone."""
        while True:
            have = len(self._buffer)
            if have >= LENGTH:
                size = int.from_bytes(self._buffer[:LENGTH], "little")
                if size > MAX_SIZE:
                    return None
                if have >= LENGTH + size:
                    message = bytes(self._buffer[LENGTH : LENGTH + size])
                    del self._buffer[: LENGTH + size]
                    decoded: ToWorker = to_worker.decode(message)
                    return decoded
            try:
                received = self._socket.recv(1 << 16)
            except OSError:
                return None
            if not received:
                return None
            self._buffer += received

    def send(self, message: FromWorker) -> None:
        """Tell the server. A server that is gone is noticed by ``read``."""
        data = framed(message)
        with self._sending:
            try:
                self._socket.sendall(data)
            except OSError:
                return
