"""The upgrade check of many integrations, a page at a time, so that a server is not held up by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hookroom.errors import Failure, Refused
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.try_out.host import CannotRun
from hookroom.integrations.upgrade_check.apply import METHOD, run_natively
from hookroom.integrations.upgrade_check.check import Report, check, has_source
from hookroom.integrations.upgrade_check.requests import check_requests
from hookroom.integrations.visibility import visible
from hookroom.rules.model import Integration, User
from hookroom.scripting.model import ScriptFailed
from hookroom.workspace.workspace import Workspace

COUNT: Final = 50
"""Integrations of a page where nothing is said."""
AT_ONCE: Final = 2
"""Integrations that are checked at once: try-outs and saves are to find a place beside them."""
PAGE_S: Final = 20.0
"""Seconds after which a page ends with what it has."""

_TURN: Final = "check scripts"


class Page(Struct, frozen=True, kw_only=True):
    """``reports`` on the integrations from ``offset`` on, of ``total``.

    There may be fewer than were asked for when they took long, but never none: the next page begins at
    ``offset`` and as many.
    """

    reports: Sequence[Report]
    offset: int
    total: int


def to_check(
    ws: Workspace,
    registry: Registry,
    caller: User,
    *,
    ids: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> Sequence[Integration]:
    """The integrations with a script that ``caller`` manages, oldest first; only those named, if any are.

    Raises ``Refused`` when an id or name is none of them: what is not checked must not look safe.
    """
    found = [one for one in reversed(visible(ws, registry, caller)) if has_source(one)]
    if ids is None and names is None:
        return found
    for wanted, known in ((ids, {one.id for one in found}), (names, {one.name for one in found})):
        if missing := next((one for one in wanted or () if one not in known), None):
            raise Refused(
                "error-invalid-integration",
                f"There is no integration {missing} with a script",
                method=METHOD,
            )
    chosen = {*(ids or ())}, {*(names or ())}
    return [one for one in found if one.id in chosen[0] or one.name in chosen[1]]


async def check_page(
    ws: Workspace,
    registry: Registry,
    host: ScriptHost,
    found: Sequence[Integration],
    *,
    count: int = COUNT,
    offset: int = 0,
    page_s: float = PAGE_S,
    apply_as: User | None = None,
) -> Page:
    """Check ``count`` of ``found`` from ``offset`` on, within about ``page_s`` seconds.

    With ``apply_as`` that user turns transpiling off for the safe ones. One page is checked at a time on a server;
    others wait for their turn. Raises ``CannotRun`` when scripts cannot run at the moment.
    """
    if host.scripts.disabled:
        raise CannotRun("disabled")
    wanted = found[offset : offset + count]
    reports: list[Report] = []
    async with ws.turns.of([_TURN]):
        loop = asyncio.get_running_loop()
        end = loop.time() + page_s
        while len(reports) < len(wanted) and (not reports or loop.time() < end):
            part = wanted[len(reports) : len(reports) + AT_ONCE]
            reports += await asyncio.gather(*(_checked(ws, registry, host, one, apply_as) for one in part))
    return Page(reports=reports, offset=offset, total=len(found))


async def _checked(
    ws: Workspace, registry: Registry, host: ScriptHost, integration: Integration, apply_as: User | None
) -> Report:
    try:
        requests = () if integration.skip_transpile else await check_requests(ws.db, integration)
        report = await check(host, integration, requests)
    except ScriptFailed as failure:
        raise CannotRun(failure.kind) from None
    if apply_as is None or report.verdict != "safe":
        return report
    try:
        await run_natively(ws, registry, host, apply_as, integration)
    except (Refused, Failure) as error:
        why = error.reason if isinstance(error, Refused) else str(error)
        return replace(report, applied=False, not_applied=why)
    return replace(report, applied=True)
