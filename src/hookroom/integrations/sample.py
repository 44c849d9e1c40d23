"""The sample webhook: what a newcomer's first ``curl`` goes through."""

from __future__ import annotations

from typing import Final

from hookroom.integrations.manage_incoming import create
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.rules.model import Integration, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import settings
from hookroom.workspace.workspace import Workspace

_NOTE: Final = "sample-webhook"


async def make(ws: Workspace, registry: Registry, host: ScriptHost, owner: User) -> None:
    """Make the sample as ``owner``, who may manage incoming webhooks; once, also when it was removed since."""
    if await settings.noted(ws.db, _NOTE) is not None:
        return
    integration = await create(
        ws,
        registry,
        host,
        owner,
        {
            "type": "webhook-incoming",
            "name": "Sample: post to #general",
            "enabled": True,
            "username": "rocket.cat",
            "channel": "#general",
            "scriptEnabled": False,
        },
    )
    changes = Changes()
    settings.note(changes, _NOTE, integration.id)
    await ws.db.commit(changes)


async def find(ws: Workspace, registry: Registry) -> Integration | None:
    """The sample, as long as it is there and enabled."""
    sample_id = await settings.noted(ws.db, _NOTE)
    sample = registry.get(sample_id) if sample_id else None
    return sample if sample is not None and sample.enabled else None
