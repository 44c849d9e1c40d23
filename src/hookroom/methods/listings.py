"""What clients ask for as they start, by methods that have become routes of REST since.

Facts: the original's ``app/emoji-custom``, ``app/user-status``, ``app/custom-sounds`` and ``ee/app/license``
(``server/methods``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from hookroom.methods.registry import MethodCall, Methods
from hookroom.storage.tables import custom_emojis, custom_statuses

methods = Methods("Listings")


@methods.add("listEmojiCustom")
async def list_emoji(call: MethodCall, *_: Any) -> list[dict[str, Any]]:
    """The emoji of the server's own: ``[{_id, name, aliases, extension, etag, _updatedAt}]``."""
    found: list[dict[str, Any]] = msgspec.to_builtins(await custom_emojis.everything(call.ws.db))
    return [{name: one[name] for name in one if name != "size"} for one in found]


@methods.add("listCustomUserStatus")
async def list_statuses(call: MethodCall, *_: Any) -> list[dict[str, Any]]:
    """The statuses that the server offers: ``[{_id, name, statusType, _updatedAt}]``."""
    found: list[dict[str, Any]] = msgspec.to_builtins(await custom_statuses.everything(call.ws.db))
    return [{"statusType": "", **one} for one in found]


@methods.add("listCustomSounds")
async def list_sounds(_call: MethodCall, *_: Any) -> list[dict[str, Any]]:
    """Sounds that were added to those of the clients: none."""
    return []


@methods.add("license:getModules", login="optional")
async def modules(_call: MethodCall, *_: Any) -> list[str]:
    """What a licence of the original adds: nothing, as there is none."""
    return []


@methods.add("license:isEnterprise", login="optional")
async def is_enterprise(_call: MethodCall, *_: Any) -> bool:
    """Whether there is a licence of the original: no."""
    return False
