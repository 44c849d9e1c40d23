"""Changing one's own account (``users.updateOwnBasicInfo``)."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.people import account_editing, accounts, mail_links, passwords, second_factor, sessions
from hookroom.people.account_editing import Edit
from hookroom.people.accounts import check_new_username
from hookroom.people.presence import check_status
from hookroom.people.second_factor import NOTHING, Shown
from hookroom.rules.accounts import PasswordPolicy
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import users
from hookroom.workspace.workspace import Workspace, retrying

_FALLBACK: Final = ("Enabled", "Enforce_Password_Fallback")
"""What must be on for the password to be asked for where there is no second factor."""

_DIGEST: Final = 64
"""Characters of a SHA-256 in hex."""


class ProfileEdit(Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody changes of themselves; ``current_password`` may be its SHA-256 in hex."""

    email: str | None = None
    name: str | None = None
    username: str | None = None
    nickname: str | None = None
    bio: str | None = None
    status_text: str | None = None
    status_type: str | None = None
    current_password: str | None = None
    new_password: str | None = None


async def update(
    ws: Workspace,
    user_id: str,
    edit: ProfileEdit,
    custom_fields: dict[str, Any] | None,
    *,
    keep_token: str | None,
    shown: Shown = NOTHING,
) -> User:
    """Change the caller's own account. A new password ends all their logins but ``keep_token`` (a digest).

    A new address or password needs the second factor of who has turned one on, of others the current password;
    neither in test mode. Raises ``Refused``:
    ``error-not-allowed``, ``error-action-not-allowed``, ``totp-required``, ``totp-invalid``,
    ``error-password-same-as-current``, and what the checks of each field raise.
    """
    proved = False
    if _changes_login(ws, edit):
        user = await ws.directory.user(user_id)
        # Outside of what is tried again: a code is good once.
        proved = user is not None and await second_factor.check(ws, user, shown)
        if not edit.current_password and shown.method == "password":
            edit = structs.replace(edit, current_password=shown.code)
    new = await _update(ws, user_id, edit, custom_fields, keep_token=keep_token, proved=proved)
    if edit.email and not new.emails[0].verified and ws.mail.configured:
        await mail_links.send_verification(ws, new.emails[0].address)
    return new


@retrying
async def _update(
    ws: Workspace,
    user_id: str,
    edit: ProfileEdit,
    custom_fields: dict[str, Any] | None,
    *,
    keep_token: str | None,
    proved: bool,
) -> User:
    accounts.check_name_characters(edit.name)
    method = "saveUserProfile"
    if not ws.settings["Accounts_AllowUserProfileChange"]:
        raise Refused("error-not-allowed", "Not allowed", method=method)
    old = await ws.directory.user(user_id)
    if old is None:
        raise Refused("error-invalid-user", "Invalid user", method=method)
    account_editing.check_may_edit(
        ws,
        old,
        old,
        username=edit.username,
        name=edit.name,
        email=edit.email,
        status_text=edit.status_text,
        password=edit.new_password,
    )
    if edit.username:
        check_new_username(ws, edit.username, by="self")
    if _changes_login(ws, edit) and not proved:
        await _check_current_password(ws, old, edit.current_password)
    changes = Changes()
    new = await account_editing.edited(
        ws,
        old,
        Edit(
            email=edit.email,
            name=edit.name,
            username=edit.username,
            bio=edit.bio,
            nickname=edit.nickname,
            status_text=edit.status_text,
            custom_fields=custom_fields,
        ),
    )
    if edit.status_type:
        check_status(ws, edit.status_type)
        new = structs.replace(new, status=edit.status_type, status_default=edit.status_type)
    if edit.new_password:
        stored = await users.password_hash(ws.db, old.id)
        if stored and await passwords.verify(stored, passwords.digest(edit.new_password)):
            raise Refused(
                "error-password-same-as-current", "Entered password same as current password", method=method
            )
        PasswordPolicy.of(ws.settings).check(edit.new_password)
        await account_editing.set_password(ws, changes, old, edit.new_password)
        new = structs.replace(new, require_password_change=None)
        await sessions.forget_others(ws, changes, old.id, keep=keep_token, personal=True)
    return await account_editing.write(ws, changes, old, new)


def _changes_login(ws: Workspace, edit: ProfileEdit) -> bool:
    return bool(edit.email or edit.new_password) and not ws.test_mode


async def check_may_take_address(ws: Workspace, user: User, address: str, shown: Shown) -> None:
    """Where ``user`` changes their own account as those of others are: a new address needs what it needs here.

    Who has turned on a second factor has shown it there. Raises ``Refused``: ``totp-required``, ``totp-invalid``;
    ``TooManyRequests``.
    """
    is_another = all(one.address != address for one in user.emails[:1])
    if is_another and not ws.test_mode and not await second_factor.ways(ws, user):
        await _check_current_password(ws, user, shown.code if shown.method == "password" else None)


async def is_own_password(ws: Workspace, user: User, given: str) -> bool:
    """Whether ``given`` is the password of ``user``, who is logged in, or its SHA-256 in hex.

    Tries are counted, so that a stolen login is no way to guess it: raises ``TooManyRequests`` after too many.
    """
    second_factor.count(ws, user.id, "password")
    stored = await users.password_hash(ws.db, user.id)
    good = await passwords.verify(stored, passwords.digest(given)) or (
        len(given) == _DIGEST and await passwords.verify(stored, given)
    )
    if good:
        second_factor.forget(ws, user.id, "password")
    return good


async def _check_current_password(ws: Workspace, user: User, given: str | None) -> None:
    if not all(ws.settings[f"Accounts_TwoFactorAuthentication_{one}"] for one in _FALLBACK):
        return
    details = {"method": "password", "codeGenerated": False, "availableMethods": []}
    if await users.password_hash(ws.db, user.id) is None:
        return
    if not given:
        raise Refused("totp-required", "TOTP Required", details=details)
    if not await is_own_password(ws, user, given):
        raise Refused("totp-invalid", "TOTP Invalid", details=details)
