"""What an administrator says when a server was moved or copied: ``fingerprint``."""

from __future__ import annotations

from typing import Final

from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.rooms import strict
from hookroom.rest.validation import Schema
from hookroom.rules.ids import random_id
from hookroom.storage.statement import Changes

routes = Routes("Server")

_NEW: Final = "new-workspace"
_FINGERPRINT: Final = Schema(
    strict(
        ["setDeploymentAs"],
        setDeploymentAs={"type": "string", "enum": [_NEW, "updated-configuration"]},
    )
)


@routes.post("fingerprint", body=_FINGERPRINT, permissions=("manage-cloud",))
async def fingerprint(call: Call) -> Answer:
    """A copy becomes a server of its own (`new-workspace`: another `uniqueID`), or stays what it was."""
    ws = call.ws
    if call.body["setDeploymentAs"] == _NEW:
        changes = Changes()
        ws.settings.put(changes, "uniqueID", random_id(), ws.now())
        await ws.db.commit(changes)
    return {}
