"""What clients are told of the server itself: its settings, permissions and roles, as they come into force here.

``public-settings-changed`` goes to all (``stream-notify-all``, and in the older form ``public-info``);
``private-settings-changed``, of all settings, and ``permissions-changed`` to those who are logged in and may know;
``roles`` by ``stream-roles``.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from hookroom.live.hub import Hub
from hookroom.live.people import LOGGED
from hookroom.rules.settings import SETTINGS
from hookroom.workspace.workspace import Workspace

ALL: Final = "stream-notify-all"
ROLES: Final = "stream-roles"


class ServerEvents:
    """Tells of what was touched once memory has it, here or after it was loaded from another node's write."""

    def __init__(self, ws: Workspace, hub: Hub) -> None:
        self._ws = ws
        self._hub = hub
        self._settings: dict[str, None] = {}
        self._authority: dict[str, None] = {}
        ws.settings.on_reloaded(self._tell_settings)
        ws.authority.on_reloaded(self._tell_authority)

    def touched(self, kind: str, key: str, local: bool) -> None:
        """A setting, or a role or permission, was written."""
        if kind == "setting":
            self._settings[key] = None
            tell = self._tell_settings
        else:
            self._authority[key] = None
            tell = self._tell_authority
        if local:
            # Memory has it when all that follows from the commit is done.
            asyncio.get_running_loop().call_soon(tell)

    def _tell_settings(self) -> None:
        touched, self._settings = self._settings, {}
        for name in touched:
            setting = SETTINGS.get(name)
            if setting is None or setting.hidden:
                continue
            value = {"_id": name, "value": self._ws.settings[name]}
            if setting.public:
                self._hub.publish(ALL, "public-settings-changed", ["updated", value])
                self._hub.publish(ALL, "public-info", [["public-settings-changed", ["updated", value]]])
            self._hub.publish(LOGGED, "private-settings-changed", ["updated", value])

    def _tell_authority(self) -> None:
        touched, self._authority = self._authority, {}
        authority = self._ws.authority
        for name in touched:
            if name in authority.table:
                permission: dict[str, Any] = {
                    "_id": name,
                    "roles": sorted(authority.table[name]),
                    "_updatedAt": {"$date": authority.changed_at[name]},
                }
                self._hub.publish(LOGGED, "permissions-changed", ["updated", permission])
            elif name in authority.roles:
                role = {"type": "changed", **msgspec.to_builtins(authority.roles[name])}
                self._hub.publish(ROLES, "roles", [role])
            else:
                self._hub.publish(ROLES, "roles", [{"type": "removed", "_id": name}])
