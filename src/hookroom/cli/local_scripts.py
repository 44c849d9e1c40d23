"""Scripts in files, and a sandbox for them: of this process's own, with nothing that leads out of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from hookroom.config import Config
from hookroom.errors import HookroomError
from hookroom.integrations.recording import MASK
from hookroom.integrations.script_host import ScriptHost, ScriptSetup
from hookroom.integrations.try_out.draft import SAMPLE_URL
from hookroom.integrations.try_out.fetches import Asked
from hookroom.rules.incoming_body import decode
from hookroom.rules.model import Integration, UserRef
from hookroom.rules.script_requests import IncomingCall, incoming_argument
from hookroom.scripting.model import Argument
from hookroom.scripting.off import ScriptsOff
from hookroom.scripting.sandbox import Options, Sandbox

POSTER: Final = {"_id": "rocket.cat", "name": "Rocket.Cat", "username": "rocket.cat"}

_NEVER: Final = "1970-01-01T00:00:00.000Z"


@contextlib.asynccontextmanager
async def script_host(config: Config) -> AsyncIterator[ScriptHost]:
    """Runs scripts as the server of ``config`` does, with its limits and its globals of old."""
    setup = ScriptSetup(
        time_ms=config.scripts_time_ms,
        memory_mb=config.scripts_memory_mb,
        wait_ms=config.scripts_wait_ms,
        max_time_ms=config.scripts_max_time_ms,
        max_memory_mb=config.scripts_max_memory_mb,
        legacy=config.scripts_legacy_globals,
    )
    if config.disable_integration_scripts:
        yield ScriptHost(ScriptsOff(), setup)
        return
    options = Options(
        folder=config.script_cache,
        workers=1,
        queue=64,
        instances=4,
        live_memory_mb=max(64, config.scripts_max_memory_mb),
        snapshots_mb=0,
        max_memory_mb=max(config.scripts_max_memory_mb, config.scripts_memory_mb),
    )
    sandbox = Sandbox(options, Asked().fetch)
    try:
        yield ScriptHost(sandbox, setup)
    finally:
        await sandbox.stop()


def in_file(path: Path, source: str, *, native: bool = False, outgoing: bool = False) -> Integration:
    """An integration whose script is ``source``, called by the name of its file."""
    return Integration(
        id="file",
        type="webhook-outgoing" if outgoing else "webhook-incoming",
        name=path.name,
        enabled=True,
        username=POSTER["username"],
        user_id=POSTER["_id"],
        channel=("#general",),
        token=MASK,
        script_enabled=True,
        script=source,
        skip_transpile=native,
        event="sendMessage" if outgoing else None,
        urls=(SAMPLE_URL,) if outgoing else None,
        created_at=_NEVER,
        created_by=UserRef(id="file"),
        updated_at=_NEVER,
    )


def read(path: Path) -> bytes:
    """What is in a file. Raises ``HookroomError``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise HookroomError(f"{path} cannot be read: {error.strerror}.") from None


def read_script(path: Path) -> str:
    """A script. Raises ``HookroomError``."""
    try:
        source = read(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise HookroomError(f"{path} is no text in UTF-8.") from None
    if not source.strip():
        raise HookroomError(f"{path} is empty.")
    return source


def incoming(body: bytes, headers: Mapping[str, str], query: str = "") -> Argument:
    """The argument of ``process_incoming_request`` for a call with that body. Raises ``HookFailure``."""
    decoded = decode(headers.get("content-type"), body)
    return incoming_argument(
        IncomingCall(
            integration_id="file",
            token=MASK,
            path=f"/hooks/file/{MASK}",
            query=query.removeprefix("?"),
            headers=headers,
            content=decoded.content,
            content_raw=decoded.raw,
            is_form=decoded.kind == "form",
            poster=POSTER,
        )
    )
