"""Changing accounts (``users.update``), and what of it changing one's own has in common with that."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.people import accounts, custom_fields, passwords, renaming, sessions
from hookroom.people.accounts import check_new_username
from hookroom.people.presence import MAX_TEXT
from hookroom.people.registration import check_roles
from hookroom.rules.accounts import PasswordPolicy, check_email, check_profile_text
from hookroom.rules.ids import random_id
from hookroom.rules.model import Email, User
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import one_time_codes, users
from hookroom.workspace.workspace import Workspace, retrying

_METHOD: Final = "insertOrUpdateUser"


class Edit(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is to be changed; ``None`` leaves a thing as it is."""

    email: str | None = None
    name: str | None = None
    username: str | None = None
    password: str | None = None
    bio: str | None = None
    nickname: str | None = None
    status_text: str | None = None
    roles: tuple[str, ...] | None = None
    require_password_change: bool | None = None
    set_random_password: bool | None = None
    verified: bool | None = None
    custom_fields: dict[str, Any] | None = None
    language: str | None = None


@retrying
async def update(ws: Workspace, caller: User, user_id: str, edit: Edit, *, keep_token: str | None) -> User:
    """Change an account on behalf of ``caller``; who is logged in by ``keep_token`` (a digest) stays so.

    Raises ``Refused``: ``error-action-not-allowed``, ``error-user-not-found``, ``error-field-unavailable``,
    ``error-could-not-save-identity``, ``error-admin-required``, and what the checks of each field raise.
    """
    accounts.check_name_characters(edit.name)
    itself = caller.id == user_id
    if edit.verified and itself:
        raise _not_allowed("Editing email verification is not allowed", "Editing_user")
    if not itself and not ws.authority.allows("edit-other-user-info", caller):
        raise _not_allowed("Editing user is not allowed", "Editing_user")
    check_roles(ws, caller, edit.roles or ())
    if edit.username:
        check_new_username(ws, edit.username, by="admin")
    old = await ws.directory.user(user_id)
    if old is None:
        raise Refused("error-user-not-found", "User not found", method="saveUser")
    password = random_id(32) if edit.set_random_password else (edit.password or "").strip()
    check_may_edit(
        ws,
        caller,
        old,
        username=edit.username,
        name=edit.name,
        email=edit.email,
        status_text=edit.status_text,
        roles=edit.roles,
        password=password,
    )
    if password and not ws.authority.allows("edit-other-user-password", caller):
        raise _not_allowed("Edit user password is not allowed", "Update_user")
    changes = Changes()
    new = await edited(ws, old, edit)
    if "admin" in old.roles and "admin" not in new.roles:
        await check_another_admin(ws, changes, old)
    if password:
        if not edit.set_random_password:
            PasswordPolicy.of(ws.settings).check(password)
        await set_password(ws, changes, old, password)
        await sessions.forget_others(ws, changes, old.id, keep=keep_token, personal=False)
    return await write(ws, changes, old, new)


def check_may_edit(
    ws: Workspace,
    caller: User,
    user: User,
    *,
    username: str | None = None,
    name: str | None = None,
    email: str | None = None,
    status_text: str | None = None,
    roles: tuple[str, ...] | None = None,
    password: str | None = None,
) -> None:
    """Whether ``caller`` may give these values to ``user``; raises ``Refused`` for the first that they may not.

    Facts: ``lib/users/saveUser/validateUserEditing.ts``.
    """
    settings, itself = ws.settings, caller.id == user.id
    others = ws.authority.allows("edit-other-user-info", caller)
    others_passwords = ws.authority.allows("edit-other-user-password", caller)
    if (
        roles is not None
        and set(roles) != set(user.roles)
        and not ws.authority.allows("assign-roles", caller)
    ):
        raise _not_allowed("Assign roles is not allowed", "Assign_role")
    if not settings["Accounts_AllowUserProfileChange"] and not others and not others_passwords:
        raise _not_allowed("Edit user profile is not allowed", "Update_user")
    address = user.emails[0].address if user.emails else None
    for field, old, new, setting, elsewhere in (
        ("username", user.username, username, "Accounts_AllowUsernameChange", False),
        ("user status", user.status_text, status_text, "Accounts_AllowUserStatusMessageChange", False),
        ("user real name", user.name, name, "Accounts_AllowRealNameChange", False),
        ("user email", address, email, "Accounts_AllowEmailChange", address is None),
    ):
        changed = new is not None and new != old and not elsewhere
        if changed and not settings[setting] and (itself or not others):
            raise _not_allowed(f"Edit {field} is not allowed", "Update_user")
    if password and not settings["Accounts_AllowPasswordChange"]:
        allowed = bool(user.require_password_change) if itself else others_passwords
        if not allowed:
            raise _not_allowed("Edit user password is not allowed", "Update_user")


async def check_another_admin(ws: Workspace, changes: Changes, user: User) -> None:
    """Refuse to lose the last active administrator (``error-admin-required``), also to a race."""
    if not await users.another_admin(ws.db, user.id):
        raise Refused("error-admin-required", "You need to have at least one admin")
    users.expect_another_admin(changes, user.id)


async def edited(ws: Workspace, old: User, edit: Edit) -> User:
    """``old`` as ``edit`` changes it, not written yet.

    Raises ``Refused``: ``error-could-not-save-identity`` (the name is taken), ``error-field-unavailable``
    (the address is), and what the checks of each field raise.
    """
    values: dict[str, Any] = {"updated_at": ws.stamp(old.updated_at)}
    if edit.username and edit.username != old.username:
        if not await accounts.is_free(ws, edit.username, for_user=old):
            raise Refused("error-could-not-save-identity", "Could not save user identity", method="saveUser")
        values["username"] = edit.username
    if edit.name is not None:
        check_profile_text("name", edit.name)
        # A person without a name is called by their user name.
        values["name"] = edit.name.strip() or edit.username or old.username
    emails = await _emails(ws, old, edit)
    if emails is not None:
        values["emails"] = emails
    for field, text in (("bio", edit.bio), ("nickname", edit.nickname)):
        if text is not None:
            check_profile_text("bio" if field == "bio" else "nickname", text)
            values[field] = text.strip() or None
    if edit.status_text is not None:
        values["status_text"] = edit.status_text.strip()[:MAX_TEXT]
    if edit.roles is not None:
        values["roles"] = tuple(dict.fromkeys(edit.roles))
    if edit.language:
        check_profile_text("language", edit.language)
        values["language"] = edit.language
    if edit.set_random_password:
        values["require_password_change"] = True
    elif edit.require_password_change is not None:
        values["require_password_change"] = edit.require_password_change
    if edit.custom_fields:
        given = {**(old.custom_fields or {}), **edit.custom_fields}
        values["custom_fields"] = fields = custom_fields.checked(ws, given)
        values |= custom_fields.copies(ws, fields)
    return structs.replace(old, **values)


async def _emails(ws: Workspace, old: User, edit: Edit) -> tuple[Email, ...] | None:
    if not edit.email:
        if edit.verified is None or not old.emails:
            return None
        return (structs.replace(old.emails[0], verified=edit.verified), *old.emails[1:])
    address = check_email(
        edit.email, ws.settings["Accounts_AllowedDomainsList"], ws.settings["Accounts_BlockedDomainsList"]
    )
    if old.emails and old.emails[0].address == address:
        verified = old.emails[0].verified if edit.verified is None else edit.verified
        return (Email(address=address, verified=verified), *old.emails[1:])
    if not await accounts.is_free_email(ws, address, for_user=old):
        raise Refused(
            "error-field-unavailable",
            f"{address} is already in use :(",
            details={"function": "RocketChat.setEmail", "field": address},
        )
    others = tuple(one for one in old.emails[1:] if users.key(one.address) != users.key(address))
    return (Email(address=address, verified=bool(edit.verified)), *others)


async def set_password(ws: Workspace, changes: Changes, user: User, password: str) -> None:
    """Add a new password to ``changes``; a link to another one is no longer good then."""
    one_time_codes.delete(changes, user.id, "reset-password")
    users.set_password(
        changes, user.id, await passwords.hash_digest(passwords.digest(password), quick=ws.test_mode)
    )


async def write(ws: Workspace, changes: Changes, old: User, new: User) -> User:
    """Put ``new`` in the place of ``old``, with ``changes`` and whatever follows from a new name."""
    users.update(changes, old, new)
    if new.username != old.username:
        await renaming.rename(ws, changes, old, new)
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        raise accounts.conflict(error, new.username, new.emails[0].address if new.emails else None) from error
    return new


def _not_allowed(reason: str, action: str) -> Refused:
    return Refused("error-action-not-allowed", reason, details={"method": _METHOD, "action": action})
