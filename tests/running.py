"""A real server for tests: its own process, port and data, and clients that talk to it."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from tests import described, published

ADMIN = "rocketchat.internal.admin.test"

_numbers = itertools.count(1)
_clients: dict[str, list[httpx.Client]] = {}


def unique(prefix: str) -> str:
    """A name that no other test of this run uses."""
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def tick(milliseconds: int = 2) -> None:
    """Wait until the clock has moved on: what is written next is later than what was written before."""
    until = time.time_ns() + milliseconds * 1_000_000
    while time.time_ns() < until:
        pass


class Api:
    """A logged-in (or anonymous) user of the REST API. Answers are plain JSON values."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self.url = url
        self.headers = headers or {}
        self.user_id = self.headers.get("X-User-Id", "")
        self.http = httpx.Client(
            base_url=url,
            headers=self.headers,
            timeout=30,
            trust_env=False,
            event_hooks={"response": [described.check, published.check]},
        )
        _clients.setdefault(url, []).append(self.http)

    @classmethod
    def login(cls, url: str, user: str, password: str) -> Api:
        """Log in by name and password."""
        answer = httpx.post(
            f"{url}/api/v1/login", json={"user": user, "password": password}, timeout=30, trust_env=False
        ).json()
        assert answer.get("status") == "success", answer
        data = answer["data"]
        return cls(url, {"X-Auth-Token": data["authToken"], "X-User-Id": data["userId"]})

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any call; ``path`` is below ``/api/v1/``."""
        return self.http.request(method, f"/api/v1/{path}", **options)

    def get(self, path: str, **query: Any) -> Any:
        """GET that must succeed."""
        return self._good(self.call("GET", path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        """POST that must succeed."""
        return self._good(self.call("POST", path, json=body))

    def put(self, path: str, **body: Any) -> Any:
        """PUT that must succeed."""
        return self._good(self.call("PUT", path, json=body))

    def refused(self, method: str, path: str, status: int = 400, **options: Any) -> Any:
        """A call that must be refused with ``status``; answers the body."""
        response = self.call(method, path, **options)
        assert response.status_code == status, response.text
        answer = response.json()
        assert answer["success"] is False
        return answer

    def _good(self, response: httpx.Response) -> Any:
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        answer = response.json()
        assert answer["success"] is True
        return answer

    def new_user(self, **fields: Any) -> Api:
        """Create a user (as an administrator) and log in as them."""
        name = unique("user")
        body = {
            "username": name,
            "name": name,
            "email": f"{name}@example.com",
            "password": "Correct-horse-1",
            "verified": True,
            **fields,
        }
        self.post("users.create", **body)
        return Api.login(self.url, body["username"], body["password"])

    def new_bot(self) -> Api:
        """A user with the role ``bot``, whom incoming webhooks may post as."""
        return self.new_user(roles=["bot", "user"])

    def new_channel(self, **fields: Any) -> Any:
        """Create a public channel; answers the room."""
        return self.post("channels.create", **{"name": unique("room"), **fields})["channel"]

    def username(self) -> str:
        """This user's name."""
        name: str = self.get("me")["username"]
        return name


class Server:
    """A running server process."""

    def __init__(self, process: subprocess.Popen[str], url: str, greeting: list[str]) -> None:
        self.process = process
        self.url = url
        self.greeting = greeting

    def admin(self) -> Api:
        """The administrator of test mode."""
        return Api.login(self.url, ADMIN, ADMIN)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        self.process.terminate()
        return self.process.wait(20)


@contextlib.contextmanager
def running(
    data: Path,
    *flags: str,
    test_mode: bool = True,
    database_url: str | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[Server]:
    """Start a server on a free port with its data in ``data``; stopped on leaving."""
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hookroom", "serve", "--port", "0", "--data", str(data), *flags]
    if test_mode:
        command.append("--test-mode")
    if database_url and not database_url.startswith("sqlite"):
        command += ["--database-url", database_url]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HOOKROOM_", "ADMIN_", "TEST_MODE"))}
    log = (data / "server.log").open("a")
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=data,
        env={**clean, **(environment or {})},
    )
    assert process.stdout is not None
    greeting: list[str] = []
    try:
        while not greeting or greeting[-1].strip():
            line = process.stdout.readline()
            if not line:
                raise AssertionError("the server did not start:\n" + (data / "server.log").read_text())
            greeting.append(line)
        url = next(word for line in greeting for word in line.split() if word.startswith("http://")).rstrip(
            "/"
        )
        try:
            yield Server(process, url, greeting)
        finally:
            for client in _clients.pop(url, ()):
                client.close()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
        log.close()
