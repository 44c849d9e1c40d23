"""Work on files that would stop the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def apart(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """In a thread. Who is cancelled waits for it all the same: nobody closes a file that is being written."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
