"""Server settings for those who look at them and change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookroom.errors import Failure
from hookroom.rules.settings import SETTINGS, Setting
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.workspace.workspace import Workspace


async def save(ws: Workspace, values: Mapping[str, Any]) -> None:
    """Change settings, all or none; they take effect at once.

    Raises ``Failure`` for one that there is not, ``Refused`` for a value that its setting does not take.
    """
    changes = Changes()
    for setting_id, value in values.items():
        ws.settings.put(changes, named(setting_id).id, value, ws.now())
    if changes.steps:
        await ws.db.commit(changes)


def named(setting_id: str) -> Setting:
    """The setting of that id. Raises ``Failure`` when there is none, or it is nobody's to see."""
    setting = SETTINGS.get(setting_id)
    if setting is None or setting.hidden:
        raise Failure(f"There is no setting {setting_id[:255]}.")
    return setting


def document(ws: Workspace, setting: Setting) -> dict[str, Any]:
    """A setting as the API shows one."""
    shown: dict[str, Any] = {
        "_id": setting.id,
        "value": ws.settings[setting.id],
        "type": setting.type,
        "public": setting.public,
        "packageValue": setting.default,
    }
    if setting.group is not None:
        shown["group"] = setting.group
    if setting.values:
        shown["values"] = [{"key": value, "i18nLabel": value} for value in setting.values]
    changed = ws.settings.changed_at.get(setting.id)
    return shown if changed is None else {**shown, "_updatedAt": iso(changed)}
