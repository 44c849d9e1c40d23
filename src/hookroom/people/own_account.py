"""Changing one's own account (``users.updateOwnBasicInfo``)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.people import account_editing, accounts, passwords, sessions
from hookroom.people.account_editing import Edit
from hookroom.people.accounts import check_new_username
from hookroom.people.presence import check_status
from hookroom.rules.accounts import PasswordPolicy
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import users
from hookroom.workspace.workspace import Workspace, retrying


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


@retrying
async def update(
    ws: Workspace,
    user_id: str,
    edit: ProfileEdit,
    custom_fields: dict[str, Any] | None,
    *,
    keep_token: str | None,
) -> User:
    """Change the caller's own account. A new password ends all their logins but ``keep_token`` (a digest).

    A new address or password needs the current password, except in test mode. Raises ``Refused``:
    ``error-not-allowed``, ``error-action-not-allowed``, ``totp-required``, ``totp-invalid``,
    ``error-password-same-as-current``, and what the checks of each field raise.
    """
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
    if (edit.email or edit.new_password) and not ws.test_mode:
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


async def _check_current_password(ws: Workspace, user: User, given: str | None) -> None:
    details = {"method": "password", "codeGenerated": False, "availableMethods": []}
    stored = await users.password_hash(ws.db, user.id)
    if stored is None:
        return
    if not given:
        raise Refused("totp-required", "TOTP Required", details=details)
    if await passwords.verify(stored, passwords.digest(given)):
        return
    if not await passwords.verify(stored, given):
        raise Refused("totp-invalid", "TOTP Invalid", details=details)
