"""Accounts: making, changing and deleting them (``users.*``)."""

from __future__ import annotations

from typing import Any

import msgspec

from hookroom.errors import Failure
from hookroom.mail import texts
from hookroom.people import (
    account_editing,
    account_removal,
    accounts,
    idle_accounts,
    own_account,
    preferences,
    registration,
)
from hookroom.people.account_editing import Edit
from hookroom.people.own_account import ProfileEdit
from hookroom.people.registration import Registration
from hookroom.people.username_suggestion import suggested
from hookroom.rest import user_views
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Rate, Routes
from hookroom.rest.schemas import users as schemas
from hookroom.rest.user_params import named_user
from hookroom.rules.model import User

routes = Routes("Users")


@routes.post("users.create", body=schemas.CREATE)
async def create(call: Call) -> Answer:
    """Make an account for somebody."""
    new = registration.decode_new_user(_given(call.body))
    user = await registration.create(call.ws, call.user, new)
    if call.body.get("sendWelcomeEmail"):
        ws = call.ws
        ws.mail.put(texts.welcome(ws.settings["Site_Name"], user.emails[0].address, ws.site_url))
    return {"user": user_views.stored(call.ws, call.user, user)}


@routes.post(
    "users.register",
    login="optional",
    body=schemas.REGISTER,
    rate=Rate(1, 60_000, setting="Rate_Limiter_Limit_RegisterUser"),
)
async def register(call: Call) -> Answer:
    """Make an account for oneself; the first one is an administrator."""
    if call.caller is not None:
        raise Failure("Logged in users can not register again.")
    body = _given(call.body)
    user = await registration.register(
        call.ws,
        Registration(
            username=body["username"],
            email=body["email"],
            password=body["pass"],
            name=body.get("name"),
            secret=body.get("secret"),
            reason=body.get("reason"),
            custom_fields=body.get("customFields"),
        ),
    )
    return {"user": user_views.stored(call.ws, None, user)}


@routes.post("users.update", body=schemas.UPDATE, two_factor=True)
async def update(call: Call) -> Answer:
    """Change an account."""
    ws, user_id, data = call.ws, call.body["userId"], _given(call.body["data"])
    active = data.pop("active", None)
    edit = msgspec.convert(data, Edit)
    if edit.email and user_id == call.user.id:
        await own_account.check_may_take_address(ws, call.user, edit.email, call.shown)
    user = await account_editing.update(ws, call.user, user_id, edit, keep_token=_token(call))
    if active is not None:
        user = await account_removal.set_active(
            ws,
            call.user,
            user_id,
            active,
            confirm_relinquish=bool(call.body.get("confirmRelinquish")),
        )
    return {"user": user_views.stored(ws, call.user, user)}


@routes.post("users.updateOwnBasicInfo", body=schemas.UPDATE_OWN)
async def update_own(call: Call) -> Answer:
    """Change one's own account."""
    edit = msgspec.convert(_given(call.body["data"]), ProfileEdit)
    user = await own_account.update(
        call.ws,
        call.user.id,
        edit,
        call.body.get("customFields"),
        keep_token=_token(call),
        shown=call.shown,
    )
    return {"user": user_views.me(call.ws, user, preferences=False)}


@routes.post("users.delete", body=schemas.DELETE, permissions=("delete-user",))
async def delete(call: Call) -> Answer:
    """Delete an account and, by the setting Message_ErasureType, what it wrote."""
    user = await named_user(call.ws, call.body)
    deleted = await account_removal.delete(
        call.ws, user.id, confirm_relinquish=bool(call.body.get("confirmRelinquish"))
    )
    return {"deletedRooms": deleted}


@routes.post("users.deleteOwnAccount", body=schemas.DELETE_OWN)
async def delete_own(call: Call) -> Answer:
    """Delete one's own account, where the server lets people do so."""
    await account_removal.delete_own(
        call.ws,
        call.user,
        call.body["password"],
        confirm_relinquish=bool(call.body.get("confirmRelinquish")),
    )
    return {}


@routes.post(
    "users.setActiveStatus",
    body=schemas.SET_ACTIVE,
    permissions=("edit-other-user-active-status", "manage-moderation-actions"),
)
async def set_active_status(call: Call) -> Answer:
    """Activate or deactivate an account."""
    user = await account_removal.set_active(
        call.ws,
        call.user,
        call.body["userId"],
        call.body["activeStatus"],
        confirm_relinquish=bool(call.body.get("confirmRelinquish")),
    )
    return {"user": {"_id": user.id, "active": user.active}}


@routes.post(
    "users.deactivateIdle", body=schemas.DEACTIVATE_IDLE, permissions=("edit-other-user-active-status",)
)
async def deactivate_idle(call: Call) -> Answer:
    """Deactivate the accounts with a role that logged in last so many days ago."""
    days, role = call.body["daysIdle"], call.body.get("role") or "user"
    return {"count": await idle_accounts.deactivate(call.ws, call.user, days=days, role=role)}


@routes.get("users.getUsernameSuggestion")
async def get_username_suggestion(call: Call) -> Answer:
    """A free user name that fits the caller."""
    emails = call.user.emails
    return {"result": await suggested(call.ws, call.user.name, emails[0].address if emails else None)}


@routes.get("users.checkUsernameAvailability", query=schemas.AVAILABLE)
async def check_username_availability(call: Call) -> Answer:
    """Whether a user name is free, or the caller's own."""
    username = call.query["username"]
    accounts.check_new_username(call.ws, username, by="self")
    return {"result": await accounts.is_free(call.ws, username, for_user=call.user)}


@routes.get("users.getPreferences")
async def get_preferences(call: Call) -> Answer:
    """The preferences that the caller has chosen."""
    return {"preferences": _preferences(call.user)}


@routes.post("users.setPreferences", body=schemas.SET_PREFERENCES)
async def set_preferences(call: Call) -> Answer:
    """Choose preferences."""
    user_id = call.body.get("userId") or call.user.id
    user = await preferences.save(call.ws, call.user, user_id, call.body["data"])
    return {"user": {"_id": user.id, "settings": {"preferences": _preferences(user)}}}


def _preferences(user: User) -> dict[str, Any]:
    chosen = preferences.own(user)
    return chosen if user.language is None else {**chosen, "language": user.language}


def _given(body: dict[str, Any]) -> dict[str, Any]:
    """What a body gives: null is as good as nothing."""
    return {name: value for name, value in body.items() if value is not None}


def _token(call: Call) -> str | None:
    return call.token.hash if call.token else None
