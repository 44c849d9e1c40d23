"""Where the integrations of a command are: the flags that say so, and the way there."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import cyclopts

from hookroom import logs
from hookroom.config import load
from hookroom.errors import HookroomError

if TYPE_CHECKING:
    from hookroom.cli.integrations_at import Integrations

T = TypeVar("T")


@cyclopts.Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where:
    """Which integrations.

    Parameters
    ----------
    data:
        directory of the embedded database (default ./data), which must not be in use by a server
    database_url:
        PostgreSQL instead of the embedded database
    server:
        address of a server that runs, to ask it instead
    token:
        an administrator's token for the server
    user_id:
        id of the administrator
    """

    data: Path | None = None
    database_url: str | None = None
    server: str | None = None
    token: Annotated[str | None, cyclopts.Parameter(env_var="HOOKROOM_TOKEN")] = None
    user_id: Annotated[str | None, cyclopts.Parameter(env_var="HOOKROOM_USER_ID")] = None


@contextlib.asynccontextmanager
async def _opened(where: Where) -> AsyncIterator[Integrations]:
    if where.server is None:
        from hookroom.cli.integrations_here import integrations_here

        async with integrations_here(load(data=where.data, database_url=where.database_url)) as here:
            yield here
    elif where.data is not None or where.database_url is not None:
        raise HookroomError("Give a --server or a database, not both.")
    else:
        from hookroom.cli.integrations_there import integrations_there

        async with integrations_there(where.server, where.token, where.user_id) as there:
            yield there


def run(where: Where | None, work: Callable[[Integrations], Awaitable[T]]) -> T:
    """What ``work`` does with the integrations of ``where``; ends the program where it cannot be done."""

    async def go() -> T:
        async with _opened(where or Where()) as integrations:
            return await work(integrations)

    logs.configure("warning", "console")
    try:
        return asyncio.run(go())
    except HookroomError as error:
        sys.exit(str(error))
