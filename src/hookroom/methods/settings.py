"""Changing server settings."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Refused
from hookroom.methods.params import Mismatch, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.workspace import setting_changes

methods = Methods("Settings")


@methods.add("saveSettings", two_factor=True)
async def save_settings(call: MethodCall, settings: Any) -> bool:
    """Change several settings (``[{_id, value}]``), all or none."""
    if not isinstance(settings, list):
        raise Mismatch("array", settings, "params")
    wanted = {text(record(one).get("_id"), "_id"): record(one).get("value") for one in settings}
    await _save(call, wanted)
    return True


@methods.add("saveSetting", two_factor=True)
async def save_setting(call: MethodCall, setting_id: Any, value: Any, _editor: Any = None) -> bool:
    """Change one setting."""
    await _save(call, {text(setting_id, "_id"): value})
    return True


async def _save(call: MethodCall, wanted: dict[str, Any]) -> None:
    if not call.ws.authority.allows("edit-privileged-setting", call.user):
        raise Refused(
            "error-action-not-allowed",
            "Editing settings is not allowed",
            details={"method": call.method, "settingIds": list(wanted)},
        )
    await setting_changes.save(call.ws, wanted)
