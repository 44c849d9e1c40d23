"""Accounts of file servers (WebDAV): this server keeps none, and says so to clients that ask."""

from __future__ import annotations

from typing import Final

from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.rooms import TEXT, strict
from hookroom.rest.validation import Schema

routes = Routes("WebDAV")

_REMOVE: Final = Schema(strict(["accountId"], accountId=TEXT))


@routes.get("webdav.getMyAccounts")
async def get_my_accounts(_call: Call) -> Answer:
    """The caller's accounts: none."""
    return {"accounts": []}


@routes.post("webdav.removeWebdavAccount", body=_REMOVE)
async def remove(_call: Call) -> Answer:
    """Remove an account: as there is none, nothing happens."""
    return {"result": {"acknowledged": True, "deletedCount": 0}}
