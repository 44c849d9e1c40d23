"""What is measured: servers that run, each with the request to send."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

ADMIN = "rocketchat.internal.admin.test"
PAYLOAD = {"text": "deploy of web-frontend 4f2a9c1 finished in 3 m 12 s, see the build log for details"}


@dataclass
class Subject:
    """A running server and a request for it."""

    name: str
    port: int
    pid: int
    request: bytes

    def cpu_seconds(self) -> float:
        """Processor time the server has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory it holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6


def request(path: str, body: dict[str, object], headers: dict[str, str] | None = None) -> bytes:
    """A raw POST."""
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@contextlib.contextmanager
def floor(kind: str, directory: Path) -> Iterator[Subject]:
    """A server of ``bench.floor``."""
    directory.mkdir(parents=True, exist_ok=True)
    with _process(["-m", "bench.floor", kind, str(directory)]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Subject(kind, port, process.pid, request("/", dict(PAYLOAD)))


@dataclass
class Hookroom:
    """A running Hookroom with a webhook of its own."""

    pid: int
    port: int
    started_in: float
    hook: Subject
    post: Subject
    auth: dict[str, str]
    url: str


@contextlib.contextmanager
def hookroom(directory: Path) -> Iterator[Hookroom]:
    """The real server on ``directory``, in test mode (no rate limits)."""
    directory.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    arguments = ["-m", "hookroom", "serve", "--port", "0", "--data", str(directory), "--test-mode"]
    with _process(arguments) as process:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        started_in = time.perf_counter() - begin
        port = int(url.rpartition(":")[2])
        login = httpx.post(f"{url}/api/v1/login", json={"user": ADMIN, "password": ADMIN}).json()["data"]
        auth = {"X-Auth-Token": login["authToken"], "X-User-Id": login["userId"]}
        made = httpx.post(
            f"{url}/api/v1/integrations.create",
            headers=auth,
            json={
                "type": "webhook-incoming",
                "name": "bench",
                "enabled": True,
                "username": "rocket.cat",
                "channel": "#general",
                "scriptEnabled": False,
            },
        ).json()["integration"]
        path = f"/hooks/{made['_id']}/{made['token']}"
        yield Hookroom(
            process.pid,
            port,
            started_in,
            Subject("hook", port, process.pid, request(path, dict(PAYLOAD))),
            Subject(
                "chat.postMessage",
                port,
                process.pid,
                request("/api/v1/chat.postMessage", {"channel": "#general", **PAYLOAD}, auth),
            ),
            auth,
            url,
        )


@contextlib.contextmanager
def _process(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
