"""Turning transpiling off for a script that the upgrade check found safe."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hookroom.errors import Refused
from hookroom.integrations.checks import check_managed
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.script_saving import ScriptSaving
from hookroom.rules.model import Integration, User, UserRef
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations
from hookroom.workspace.workspace import Workspace, retrying

METHOD: Final = "checkScripts"
CHANGED: Final = "It was changed while it was checked"


@retrying
async def run_natively(
    ws: Workspace, registry: Registry, host: ScriptHost, caller: User, checked: Integration
) -> Integration:
    """Save ``checked`` with ``skipTranspile: true`` and the script compiled for it, as it was saved by ``caller``.

    Nothing else of it is looked at or changed: a room that it names may be long gone. Raises ``Refused`` when it
    is no longer what was checked, or not the caller's; ``Failure`` when its script cannot be compiled now.
    """
    old = await integrations.by_id(ws.db, checked.id)
    if old is None or old.updated_at != checked.updated_at:
        raise Refused("error-integration-changed", CHANGED, method=METHOD)
    check_managed(ws, caller, old, METHOD)
    new = replace(
        old,
        skip_transpile=True,
        updated_at=ws.stamp(old.updated_at),
        updated_by=UserRef(id=caller.id, username=caller.username),
    )
    new = await ScriptSaving(host.scripts).settle(old, new)
    if new.script_error is not None:
        raise Refused("error-invalid-script", new.script_error.message, method=METHOD)
    changes = Changes()
    registry.update(changes, old, new)
    await ws.db.commit(changes)
    return new
