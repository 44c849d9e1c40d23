"""Links that are sent by e-mail: to a new password, and to prove who reads an address.

Each is good once and for a while; a new one ends the one before it. Facts: Meteor's ``accounts-password``, and the
original's ``apps/meteor/server/methods/sendForgotPasswordEmail.ts``, ``sendConfirmationEmail.ts``.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hookroom.errors import Failure
from hookroom.mail import texts
from hookroom.people import passwords, sessions
from hookroom.rules.accounts import PasswordPolicy
from hookroom.rules.ids import auth_token
from hookroom.rules.model import Email, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import one_time_codes, users
from hookroom.storage.tables.one_time_codes import Doc, OneTimeCode, Purpose
from hookroom.workspace.workspace import Workspace, retrying

RESET_PATH: Final = "reset-password"
VERIFY_PATH: Final = "verify-email"

RESET_MS: Final = 24 * 3_600_000
VERIFY_MS: Final = 7 * 24 * 3_600_000
"""For how long a link is good."""

PAUSE_MS: Final = 60_000
"""From one link to the next for the same user, so that nobody's mailbox is flooded."""


async def send_reset(ws: Workspace, address: str) -> None:
    """Send the link to a new password to whoever has that address; nothing happens where nobody has."""
    user = await _owner(ws, address)
    # Who is deactivated cannot log in with a new password either.
    if user is None or not user.active or not ws.mail.configured:
        return
    link = await _new_link(ws, user, "reset-password", _stored(user, address), RESET_PATH, RESET_MS)
    if link is not None:
        ws.mail.put(texts.reset_password(ws.settings["Site_Name"], _stored(user, address), link))


async def send_verification(ws: Workspace, address: str) -> bool:
    """Send the link that proves who reads ``address``; ``False`` where nobody has it."""
    user = await _owner(ws, address)
    if user is None:
        return False
    stored = _stored(user, address)
    if any(one.address == stored and one.verified for one in user.emails):
        return True
    link = await _new_link(ws, user, "verify-email", stored, VERIFY_PATH, VERIFY_MS)
    if link is not None:
        ws.mail.put(texts.verify_email(ws.settings["Site_Name"], stored, user.name, link))
    return True


async def is_good(ws: Workspace, token: str, purpose: Purpose) -> bool:
    """Whether a link's secret would be taken now."""
    code = await _valid(ws, token, purpose)
    return code is not None and await _reader(ws, code) is not None


async def reset_password(ws: Workspace, token: str, password: str) -> User:
    """Give the user of a link a new password; all their logins end, and the link's address is verified.

    Raises ``Failure`` ("Token expired") for a link that is no longer good, and what the password policy raises.
    """
    if not await is_good(ws, token, "reset-password"):
        raise _expired("Token expired")
    PasswordPolicy.of(ws.settings).check(password)
    stored = await passwords.hash_digest(passwords.digest(password), quick=ws.test_mode)
    return await _reset(ws, token, stored)


@retrying
async def verify_email(ws: Workspace, token: str) -> User:
    """Note that the address of a link is read by its user.

    Who has the role ``anonymous`` is a ``user`` from then on. Raises ``Failure`` for a link that is over.
    """
    code = await _valid(ws, token, "verify-email")
    old = await ws.directory.user(code.user_id) if code else None
    if code is None or old is None:
        raise _expired("Verify email link expired")
    if all(one.address != code.doc.address for one in old.emails):
        raise _expired("Verify email link is for unknown address")
    roles = tuple(dict.fromkeys("user" if role == "anonymous" else role for role in old.roles))
    new = structs.replace(
        old,
        emails=_verified(old, code.doc.address),
        roles=roles,
        updated_at=ws.stamp(old.updated_at),
    )
    changes = Changes()
    one_time_codes.take(changes, code)
    users.update(changes, old, new)
    await ws.db.commit(changes)
    return new


@retrying
async def _reset(ws: Workspace, token: str, password_hash: str) -> User:
    code = await _valid(ws, token, "reset-password")
    old = await _reader(ws, code) if code else None
    if code is None or old is None or not old.active:
        raise _expired("Token expired")
    new = structs.replace(
        old,
        emails=_verified(old, code.doc.address),
        require_password_change=None,
        updated_at=ws.stamp(old.updated_at),
    )
    changes = Changes()
    one_time_codes.take(changes, code)
    users.set_password(changes, old.id, password_hash)
    users.update(changes, old, new)
    await sessions.forget_others(ws, changes, old.id, keep=None, personal=True)
    await ws.db.commit(changes)
    return new


async def _owner(ws: Workspace, address: str) -> User | None:
    user_id = await users.id_by_email(ws.db, address.strip())
    return await ws.directory.user(user_id) if user_id else None


def _stored(user: User, address: str) -> str:
    """The address as the user's account has it."""
    key = users.key(address)
    return next((one.address for one in user.emails if users.key(one.address) == key), address.strip())


async def _new_link(
    ws: Workspace, user: User, purpose: Purpose, address: str, path: str, lasts_ms: int
) -> str | None:
    """A link of its own for ``user``; ``None`` where they were sent one a moment ago."""
    now = ws.now()
    last = await one_time_codes.last_created(ws.db, user.id, purpose)
    if last is not None and now - last < PAUSE_MS:
        return None
    token = auth_token()
    changes = Changes()
    one_time_codes.delete(changes, user.id, purpose)
    one_time_codes.put(
        changes,
        OneTimeCode(
            hash=one_time_codes.digest(token),
            user_id=user.id,
            purpose=purpose,
            created_at=now,
            expires_at=now + lasts_ms,
            doc=Doc(address=address),
        ),
    )
    await ws.db.commit(changes)
    return f"{ws.site_url.rstrip('/')}/{path}/{token}"


async def _valid(ws: Workspace, token: str, purpose: Purpose) -> OneTimeCode | None:
    code = await one_time_codes.by_hash(ws.db, one_time_codes.digest(token), purpose)
    return code if code is not None and code.expires_at > ws.now() else None


async def _reader(ws: Workspace, code: OneTimeCode) -> User | None:
    """The user of a link; ``None`` where they have another address by now: others may read the old one."""
    user = await ws.directory.user(code.user_id)
    has_it = user is not None and any(one.address == code.doc.address for one in user.emails)
    return user if has_it else None


def _verified(user: User, address: str) -> tuple[Email, ...]:
    return tuple(
        structs.replace(one, verified=True) if one.address == address else one for one in user.emails
    )


def _expired(message: str) -> Failure:
    return Failure(message)
