"""Server settings (``settings``, ``settings.public``, ``settings/{_id}``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hookroom.errors import Refused
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import settings as schemas
from hookroom.rules.document_query import Order
from hookroom.rules.settings import SETTINGS, Setting
from hookroom.workspace import setting_changes

routes = Routes("Settings")

_FIELDS: Final = ("value", "type", "public", "group", "packageValue", "values", "_updatedAt")
_BY_ID: Final[Order] = (("_id", 1),)


@routes.get("settings.public", login="optional", query=schemas.PUBLIC)
async def public(call: Call) -> Answer:
    """The settings that anybody may read; _id names some of them, with commas."""
    named = {one.strip() for one in (call.query.get("_id") or "").split(",") if one.strip()}
    chosen = (one for one in SETTINGS.values() if one.public and (not named or one.id in named))
    return _listed(call, chosen, ())


@routes.get("settings", query=schemas.LIST)
async def list_settings(call: Call) -> Answer:
    """All settings that the caller may read."""
    everything = call.ws.authority.allows("view-privileged-setting", call.user)
    chosen = (one for one in SETTINGS.values() if one.public or everything)
    return _listed(call, chosen, ("packageValue",) if call.query.get("includeDefaults") else ())


@routes.post("settings", body=schemas.SET_MANY, two_factor="each time")
async def set_many(call: Call) -> Answer:
    """Change several settings, all or none."""
    if not call.ws.authority.allows("edit-privileged-setting", call.user):
        raise Refused(
            "error-action-not-allowed",
            "Editing settings is not allowed",
            details={"method": "saveSettings", "settingIds": [one["_id"] for one in call.body["settings"]]},
        )
    await setting_changes.save(call.ws, {one["_id"]: one["value"] for one in call.body["settings"]})
    return {}


@routes.get("settings/{setting_id}", permissions=("view-privileged-setting",))
async def get_setting(call: Call) -> Answer:
    """One setting."""
    setting = setting_changes.named(call.path["setting_id"])
    return {"_id": setting.id, "value": call.ws.settings[setting.id]}


@routes.post(
    "settings/{setting_id}",
    body=schemas.SET,
    permissions=("edit-privileged-setting",),
    two_factor=True,
)
async def set_setting(call: Call) -> Answer:
    """Change one setting; it takes effect at once."""
    await setting_changes.save(
        call.ws, {setting_changes.named(call.path["setting_id"]).id: call.body["value"]}
    )
    return {}


def _listed(call: Call, chosen: Iterable[Setting], more: tuple[str, ...]) -> Answer:
    ws = call.ws
    page = Paging.of(
        call, sortable=("_id", *_FIELDS), fields=_FIELDS, queryable=("_id", *_FIELDS), order=_BY_ID
    )
    documents = [setting_changes.document(ws, one) for one in chosen if not one.hidden]
    asked = (*page.fields.paths, *more) if page.fields.only else more
    picked, total = page.pick(documents)
    whole = {one["_id"]: one for one in documents}
    shown = [
        {field: whole[one["_id"]][field] for field in ("_id", "value", *asked) if field in whole[one["_id"]]}
        for one in picked
    ]
    return page.answer("settings", shown, total)
