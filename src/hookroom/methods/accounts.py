"""Accounts: making, changing and deleting them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import Failure, Refused, TooManyRequests
from hookroom.methods import finding
from hookroom.methods.params import Mismatch, flag, maybe_record, maybe_text, only, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import account_removal, own_account, preferences, registration
from hookroom.people.own_account import ProfileEdit
from hookroom.people.registration import Registration
from hookroom.people.username_suggestion import suggested

methods = Methods("Accounts")

_FORM: Final = {
    "email": "string",
    "pass": "string",
    "name": "string",
    "username": "string",
    "secretURL": "string",
    "reason": "string",
}
_PROFILE: Final = {
    "realname": "name",
    "username": "username",
    "email": "email",
    "newPassword": "newPassword",
    "typedPassword": "currentPassword",
    "statusText": "statusText",
    "statusType": "statusType",
    "bio": "bio",
    "nickname": "nickname",
}
"""Field of ``saveUserProfile`` -> field of ``ProfileEdit``."""

REGISTRATIONS_MS: Final = 60_000
"""The window in which an address may make so many accounts, as on the route of REST."""

_SIMPLE: Final = (str, bool, int, float, type(None))


@methods.add("registerUser", login="optional")
async def register_user(call: MethodCall, form: Any) -> str:
    """Make an account for oneself (``{email, pass, name, username, secretURL, reason}``); answers its id."""
    if call.caller is not None:
        raise Failure("Logged in users can not register again.")
    given = only(form, _FORM, ("email", "pass"))
    ws = call.ws
    if not ws.test_mode and ws.settings["API_Enable_Rate_Limiter"]:
        now = ws.now()
        most = ws.settings["Rate_Limiter_Limit_RegisterUser"]
        window = ws.registrations.hit(call.address, most, REGISTRATIONS_MS, now)
        if not window.allowed:
            raise TooManyRequests(window.wait_s(now))
    name, email = given.get("name"), given["email"]
    user = await registration.register(
        ws,
        Registration(
            username=given.get("username") or await suggested(ws, name, email),
            email=email,
            password=given["pass"],
            name=name,
            secret=given.get("secretURL"),
            reason=given.get("reason"),
        ),
    )
    return user.id


@methods.add("getUsernameSuggestion")
async def get_username_suggestion(call: MethodCall) -> str:
    """A free user name that fits the caller."""
    emails = call.user.emails
    return await suggested(call.ws, call.user.name, emails[0].address if emails else None)


@methods.add("setUsername")
async def set_username(call: MethodCall, username: Any, _param: Any = None) -> str:
    """Take another user name; answers it."""
    wanted = text(username, "username")
    edit = ProfileEdit(username=wanted)
    await own_account.update(call.ws, call.user.id, edit, None, keep_token=_token(call))
    return wanted


@methods.add("saveUserProfile")
async def save_user_profile(call: MethodCall, settings: Any, custom_fields: Any = None, *_: Any) -> bool:
    """Change one's own account: ``realname, username, email, newPassword, typedPassword, statusText, …``."""
    given = only(settings, dict.fromkeys(_PROFILE, "string"))
    changed = {_PROFILE[name]: value for name, value in given.items() if value is not None}
    fields = maybe_record(custom_fields, "customFields") or None
    edit = msgspec.convert(changed, ProfileEdit)
    await own_account.update(call.ws, call.user.id, edit, fields, keep_token=_token(call), shown=call.shown)
    return True


@methods.add("saveUserPreferences")
async def save_user_preferences(call: MethodCall, chosen: Any) -> bool:
    """Set preferences; null goes back to the server's default."""
    given = record(chosen, "settings")
    for name, value in given.items():
        listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not listed and not isinstance(value, _SIMPLE):
            raise Mismatch("a text, a number, true or false", value, name)
    maybe_text(given.get("language"), "language")
    await preferences.save(call.ws, call.user, call.user.id, given)
    return True


@methods.add("userSetUtcOffset")
async def user_set_utc_offset(call: MethodCall, offset: Any) -> None:
    """Say how far one's clock is from UTC, in hours."""
    hours = only({"offset": offset}, {"offset": "number"}, ("offset",))["offset"]
    if abs(hours) > 14:
        raise Mismatch("hours between -14 and 14", offset, "utcOffset")
    await preferences.set_utc_offset(call.ws, call.user.id, float(hours))


@methods.add("setUserActiveStatus")
async def set_user_active_status(
    call: MethodCall, user_id: Any, active: Any, confirm_relinquish: Any = None
) -> bool:
    """Activate or deactivate an account."""
    key, wanted = text(user_id, "userId"), flag(active, "active")
    confirmed = flag(confirm_relinquish, "confirmRelinquish", default=False)
    await account_removal.set_active(call.ws, call.user, key, wanted, confirm_relinquish=confirmed)
    return True


@methods.add("deleteUser")
async def delete_user(call: MethodCall, user_id: Any, confirm_relinquish: Any = None) -> dict[str, Any]:
    """Delete an account; answers the ids of the rooms that went with it (``{deletedRooms}``)."""
    key = text(user_id, "userId")
    confirmed = flag(confirm_relinquish, "confirmRelinquish", default=False)
    if not call.ws.authority.allows("delete-user", call.user):
        raise Refused("error-not-allowed", "Not allowed", method=call.method)
    user = await finding.user(call, key)
    rooms = await account_removal.delete(call.ws, user.id, confirm_relinquish=confirmed)
    return {"deletedRooms": list(rooms)}


def _token(call: MethodCall) -> str | None:
    return call.token.hash if call.token else None
