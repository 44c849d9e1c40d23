"""Scripted webhooks of a real server: one, a few, and ten thousand of them, called in turn."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import subjects
from bench.scripts.payload import SCRIPT, push
from bench.subjects import Hookroom, Subject
from hookroom.rules.ids import incoming_token, integration_id
from hookroom.rules.model import Integration, UserRef
from hookroom.rules.times import iso
from hookroom.storage.opening import database_url, open_database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations

CAT = UserRef(id="rocket.cat", username="rocket.cat", name="Rocket.Cat")


@dataclass
class Scripted(Subject):
    """A server with scripted webhooks: ``request`` holds a request for each, to be sent in turn."""

    def cpu_seconds(self) -> float:
        """Of the server and its script workers."""
        own = super().cpu_seconds()
        return own + sum(Subject("", 0, pid, b"").cpu_seconds() for pid in children(self.pid))


def workers_mb(server: Subject) -> list[float]:
    """Memory of each script worker of a server."""
    return [Subject("", 0, pid, b"").resident_mb() for pid in children(server.pid)]


@contextlib.contextmanager
def scripted(directory: Path, hooks: int) -> Iterator[Scripted]:
    """A server with ``hooks`` scripted webhooks, made before it starts."""
    with subjects.hookroom(directory) as server:
        compiled = _compiled(server)
    made = asyncio.run(_fill(directory, hooks, compiled))
    body = push()
    with subjects.hookroom(directory) as server:
        requests = b"".join(subjects.request(path, body) for path in made)
        yield Scripted(f"{hooks} scripted webhooks", server.port, server.pid, requests)


def children(pid: int) -> list[int]:
    """Processes that ``pid`` started."""
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in done.stdout.split()]


def _compiled(server: Hookroom) -> str:
    """What the server makes of the script on saving."""
    body = {
        "type": "webhook-incoming",
        "name": "push",
        "enabled": True,
        "username": "rocket.cat",
        "channel": "#general",
        "scriptEnabled": True,
        "script": SCRIPT,
    }
    made = httpx.post(
        f"{server.url}/api/v1/integrations.create", headers=server.auth, json=body, timeout=60
    ).json()
    return str(made["integration"]["scriptCompiled"])


async def _fill(directory: Path, hooks: int, compiled: str) -> list[str]:
    db = await open_database(database_url(None, directory))
    now = iso(time.time_ns() // 1_000_000)
    changes, paths = Changes(), []
    for number in range(hooks):
        one = Integration(
            id=integration_id(),
            type="webhook-incoming",
            name=f"push {number}",
            enabled=True,
            username="rocket.cat",
            user_id="rocket.cat",
            channel=("#general",),
            token=incoming_token(),
            script_enabled=True,
            script=SCRIPT,
            script_compiled=compiled,
            created_at=now,
            created_by=CAT,
            updated_at=now,
        )
        integrations.insert(changes, one)
        paths.append(f"/hooks/{one.id}/{one.token}")
    await db.commit(changes)
    await db.close()
    return paths
