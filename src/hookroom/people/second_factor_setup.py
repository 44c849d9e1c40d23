"""Turning a second factor on and off.

Facts: the original's ``apps/meteor/app/2fa/server/functions/totp.ts`` and ``resetTOTP.ts``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import structs

from hookroom.errors import Refused
from hookroom.mail import texts
from hookroom.people import email_codes, second_factor, sessions
from hookroom.people.second_factor import later
from hookroom.rules.model import User
from hookroom.rules.second_factor import TwoFactor, app_url, digest, new_backup_codes, new_secret, step_of
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import one_time_codes, two_factor
from hookroom.workspace.workspace import Workspace, retrying

NO_MAIL: Final = "SMTP is not configured"


class App(NamedTuple):
    """What an app must know: the secret, and the same as the address of a QR code."""

    secret: str
    url: str


@retrying
async def prepare_app(ws: Workspace, user: User) -> App:
    """A new secret for the app of ``user``; nothing is asked for until they prove that it knows it.

    Raises ``Refused`` (``error-2fa-already-enabled``).
    """
    old = await ws.directory.two_factor(user.id)
    if old is not None and old.app:
        raise Refused("error-2fa-already-enabled")
    secret = new_secret()
    await _put(ws, user.id, old, structs.replace(old or _nothing(), pending=secret))
    return App(secret, app_url(secret, user.username, ws.settings["Site_Name"]))


@retrying
async def turn_app_on(ws: Workspace, user: User, code: str, *, keep: str | None) -> tuple[str, ...]:
    """Ask for codes of the app from now on, as it was proved to know its secret; answers the backup codes.

    The user's other logins end, but for ``keep`` (a token's digest). Raises ``Refused`` (``invalid-totp``).
    """
    old = await ws.directory.two_factor(user.id)
    if old is None or old.pending is None:
        raise Refused("invalid-totp")
    second_factor.count(ws, user.id, "setup")
    step = step_of(old.pending, code, ws.now(), second_factor.window(ws))
    if step is None:
        raise Refused("invalid-totp")
    second_factor.forget(ws, user.id, "setup")
    codes = new_backup_codes()
    changes = Changes()
    await sessions.forget_others(ws, changes, user.id, keep=keep, personal=False)
    new = structs.replace(
        old, secret=old.pending, pending=None, last_step=step, backup=tuple(digest(one) for one in codes)
    )
    await _put(ws, user.id, old, new, changes)
    return codes


async def turn_app_off(ws: Workspace, user: User, code: str) -> bool:
    """Ask for codes of the app no longer; ``False`` for a wrong code, and where none are asked for."""
    if not await _proved(ws, user, code):
        return False
    await _forget_app(ws, user.id)
    return True


async def new_codes(ws: Workspace, user: User, code: str) -> tuple[str, ...] | None:
    """Other backup codes in the place of the old ones; ``None`` for a wrong code. Raises ``Refused``."""
    await codes_left(ws, user)
    return await _new_codes(ws, user.id) if await _proved(ws, user, code) else None


async def codes_left(ws: Workspace, user: User) -> int:
    """How many backup codes are left. Raises ``Refused`` (``invalid-totp``) where no app is asked for."""
    factor = await ws.directory.two_factor(user.id)
    if factor is None or not factor.app:
        raise Refused("invalid-totp")
    return len(factor.backup)


@retrying
async def turn_email_on(ws: Workspace, user: User, *, keep: str | None) -> None:
    """Ask for codes by e-mail from now on; the user's other logins end, but for ``keep`` (a token's digest).

    Raises ``Refused``: ``error-invalid-user`` while an address is not verified, ``error-email-send-failed`` on a
    server without a mail server.
    """
    if not email_codes.addresses(user) or not all(one.verified for one in user.emails):
        raise Refused("error-invalid-user", "You need to verify your emails before setting up 2FA")
    # In test mode nobody is asked, and programs are tried out that turn it on.
    if not ws.mail.configured and not ws.test_mode:
        raise Refused("error-email-send-failed", NO_MAIL)
    changes = Changes()
    await sessions.forget_others(ws, changes, user.id, keep=keep, personal=False)
    await _put_email(ws, user.id, changes, on=True)


@retrying
async def turn_email_off(ws: Workspace, user: User) -> None:
    """Ask for codes by e-mail no longer."""
    changes = Changes()
    one_time_codes.delete(changes, user.id, "email-2fa")
    await _put_email(ws, user.id, changes, on=False)


async def reset_app(ws: Workspace, user: User, *, tell: bool) -> None:
    """Forget a user's app for them, and all their tokens; with ``tell`` they get an e-mail about it."""
    await _forget_app(ws, user.id)
    await sessions.log_out_everywhere(ws, user.id)
    for address in email_codes.addresses(user) if tell else ():
        ws.mail.put(texts.app_reset(ws.settings["Site_Name"], address))


async def _proved(ws: Workspace, user: User, code: str) -> bool:
    """Whether ``code`` is one of the app or a backup code, which it is no longer then."""
    second_factor.count(ws, user.id, "totp")
    good = await second_factor.take_app_code(ws, user.id, code)
    if good:
        second_factor.forget(ws, user.id, "totp")
    return good


@retrying
async def _forget_app(ws: Workspace, user_id: str) -> None:
    old = await ws.directory.two_factor(user_id)
    if old is not None:
        new = structs.replace(old, secret=None, pending=None, backup=(), remembered=())
        await _put(ws, user_id, old, new)


@retrying
async def _new_codes(ws: Workspace, user_id: str) -> tuple[str, ...] | None:
    old = await ws.directory.two_factor(user_id)
    if old is None or not old.app:
        return None
    codes = new_backup_codes()
    await _put(ws, user_id, old, structs.replace(old, backup=tuple(digest(one) for one in codes)))
    return codes


async def _put_email(ws: Workspace, user_id: str, changes: Changes, *, on: bool) -> None:
    old = await ws.directory.two_factor(user_id)
    new = structs.replace(old or _nothing(), email=on, email_changed_at=iso(ws.now()))
    await _put(ws, user_id, old, new, changes)


async def _put(
    ws: Workspace, user_id: str, old: TwoFactor | None, new: TwoFactor, changes: Changes | None = None
) -> None:
    changes = changes or Changes()
    two_factor.put(changes, user_id, old, structs.replace(new, updated_at=later(ws, old)))
    await ws.db.commit(changes)


def _nothing() -> TwoFactor:
    return TwoFactor(updated_at=0)
