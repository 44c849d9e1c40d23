"""New accounts: by an administrator (``users.create``) or by the person themselves (``users.register``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from hookroom.errors import Failure, Refused
from hookroom.people import accounts, custom_fields, mail_links
from hookroom.people.accounts import Profile
from hookroom.rooms import invites
from hookroom.rules.accounts import (
    MAX_PASSWORD,
    PasswordPolicy,
    check_email,
    check_name,
    check_profile_text,
    check_registration,
    is_username,
    missing,
    new_user_roles,
    taken,
)
from hookroom.rules.ids import random_id
from hookroom.rules.model import User
from hookroom.workspace.workspace import Workspace

_METHOD = "insertOrUpdateUser"


class NewUser(Struct, frozen=True, kw_only=True, rename="camel"):
    """An account as ``users.create`` describes it."""

    email: str
    name: str
    password: str
    username: str
    active: bool | None = None
    bio: str | None = None
    nickname: str | None = None
    status_text: str | None = None
    roles: tuple[str, ...] = ()
    join_default_channels: bool | None = None
    require_password_change: bool | None = None
    set_random_password: bool | None = None
    verified: bool | None = None
    custom_fields: dict[str, Any] | None = None


class Registration(Struct, frozen=True, kw_only=True):
    """An account as ``users.register`` describes it."""

    username: str
    email: str
    password: str
    name: str | None = None
    secret: str | None = None
    reason: str | None = None
    custom_fields: dict[str, Any] | None = None


async def create(ws: Workspace, caller: User, new: NewUser) -> User:
    """An account that ``caller`` makes for somebody; needs ``create-user``.

    Raises ``Refused``: ``error-action-not-allowed``, ``error-the-field-is-required``,
    ``error-input-is-not-a-valid-field``, ``error-field-unavailable``, ``error-blocked-username``, and what
    ``check_email`` and ``check_profile_text`` raise.
    """
    accounts.check_name_characters(new.name)
    if not ws.authority.allows("create-user", caller):
        raise Refused(
            "error-action-not-allowed",
            "Adding user is not allowed",
            details={"method": _METHOD, "action": "Adding_user"},
        )
    check_roles(ws, caller, new.roles)
    name = check_name(new.name, required=ws.settings["Accounts_RequireNameForSignUp"])
    accounts.check_new_username(ws, new.username, by="admin")
    if not new.set_random_password:
        _check_password(new.password)
    if not await accounts.is_free(ws, new.username):
        raise taken(new.username)
    email = _address(ws, new.email)
    if not await accounts.is_free_email(ws, email):
        raise taken(email)
    check_profile_text("bio", new.bio or "")
    check_profile_text("nickname", new.nickname or "")
    fields = None if new.custom_fields is None else custom_fields.checked(ws, new.custom_fields)
    roles = new.roles or new_user_roles(ws.settings["Accounts_Registration_Users_Default_Roles"])
    return await accounts.create(
        ws,
        username=new.username,
        name=name,
        roles=tuple(dict.fromkeys(roles)),
        email=email,
        verified=bool(new.verified),
        password=random_id(32) if new.set_random_password else new.password,
        active=new.active is not False,
        profile=custom_fields.copied(
            ws,
            Profile(
                status_text=new.status_text or None,
                bio=new.bio or None,
                nickname=new.nickname or None,
                custom_fields=fields or None,
                require_password_change=True if new.set_random_password else new.require_password_change,
            ),
        ),
        join_default_rooms=new.join_default_channels is not False and tuple(roles) != ("guest",),
    )


async def register(ws: Workspace, new: Registration) -> User:
    """An account that somebody makes for themselves; the first of all is an administrator.

    Raises ``Failure`` for a name that is not valid or taken, ``Refused`` for what ``check_registration``,
    ``check_email`` and the password policy refuse.
    """
    accounts.check_name_characters(new.name)
    settings = ws.settings
    if not is_username(new.username, settings["UTF8_User_Names_Validation"]):
        raise Failure("The username provided is not valid")
    form = settings["Accounts_RegistrationForm"]
    # Looked up only where it matters: a stranger has the database asked with each call otherwise.
    invited = form == "Secret URL" and await invites.is_good(ws, new.secret or "")
    check_registration(form, settings["Accounts_RegistrationForm_SecretURL"], new.secret, invited=invited)
    if not await accounts.is_free(ws, new.username):
        raise Failure("Username is already in use")
    PasswordPolicy.of(settings).check(new.password)
    # Who registers must give what the server requires: nobody else looks at the account before it is used.
    fields = custom_fields.checked(ws, new.custom_fields or {})
    email = _address(ws, new.email)
    if not await accounts.is_free_email(ws, email):
        raise Failure("Email already exists")
    approved = not settings["Accounts_ManuallyApproveNewUsers"]
    reason = (new.reason or "").strip()
    user = await accounts.create(
        ws,
        username=new.username,
        name=check_name(new.name, required=False) or new.username,
        roles=new_user_roles(settings["Accounts_Registration_Users_Default_Roles"]),
        email=email,
        verified=False,
        password=new.password,
        active=approved,
        profile=custom_fields.copied(
            ws, Profile(custom_fields=fields or None, reason=reason if reason and not approved else None)
        ),
        first_is_admin=True,
    )
    if settings["Accounts_EmailVerification"]:
        await mail_links.send_verification(ws, email)
    return user


def check_roles(ws: Workspace, caller: User, roles: Sequence[str]) -> None:
    """Refuse roles that there are not, that are of rooms, or that ``caller`` may not give.

    Raises ``Refused`` (``error-action-not-allowed``).
    """
    known = ws.authority.roles
    if any(role not in known for role in roles):
        raise Refused(
            "error-action-not-allowed",
            "The field Roles consist invalid role id",
            details={"method": _METHOD, "action": "Assign_role"},
        )
    if "admin" in roles and not ws.authority.allows("assign-admin-role", caller):
        raise Refused(
            "error-action-not-allowed",
            "Assigning admin is not allowed",
            details={"method": _METHOD, "action": "Assign_admin"},
        )


def decode_new_user(body: dict[str, Any]) -> NewUser:
    """``NewUser`` out of a body that has passed its schema."""
    return msgspec.convert(body, NewUser)


def _address(ws: Workspace, email: str) -> str:
    settings = ws.settings
    return check_email(
        email, settings["Accounts_AllowedDomainsList"], settings["Accounts_BlockedDomainsList"]
    )


def _check_password(password: str) -> None:
    if not password.strip():
        raise missing("Password")
    if len(password) > MAX_PASSWORD:
        raise Refused("error-password-policy-not-met", f"A password has at most {MAX_PASSWORD} characters")
