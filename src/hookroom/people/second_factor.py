"""The second factor: asked for when somebody logs in, and before what could lock them out of their account.

Nobody is asked who has not turned it on, and nobody at all in test mode. Facts: the original's
``apps/meteor/app/2fa/server/code/index.ts``.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, structs

from hookroom.errors import Refused
from hookroom.people import email_codes
from hookroom.rules.model import User
from hookroom.rules.second_factor import TwoFactor, Way
from hookroom.rules.times import iso
from hookroom.storage.statement import Changes
from hookroom.storage.tables import two_factor
from hookroom.storage.tables.tokens import Token
from hookroom.workspace.workspace import Workspace, retrying

MAX_WINDOW: Final = 20
"""Most time steps before and after that the setting ``…_MaxDelta`` lets an app's clock be wrong."""

_PREFIX: Final = "Accounts_TwoFactorAuthentication_"


class Shown(Struct, frozen=True, kw_only=True):
    """What somebody shows, and where."""

    code: str | None = None
    method: str | None = None
    """``totp`` or ``email``; anything else is the first that they have turned on."""
    token: Token | None = None
    """What they are logged in with, if they are."""
    place: str = ""
    """As ``rules.second_factor.place_of`` gives it."""


NOTHING: Final = Shown()


async def ways(ws: Workspace, user: User) -> tuple[Way, ...]:
    """The ways that ``user`` has turned on and that work on this server, in the order of preference."""
    settings = ws.settings
    if ws.test_mode or not settings[_PREFIX + "Enabled"]:
        return ()
    factor = await ws.directory.two_factor(user.id)
    if factor is None:
        return ()
    found: list[Way] = []
    if factor.app and settings[_PREFIX + "By_TOTP_Enabled"]:
        found.append("totp")
    # Without a mail server no code arrives: who has nothing else would be locked out.
    by_email = factor.email and settings[_PREFIX + "By_Email_Enabled"] and ws.mail.configured
    if by_email and email_codes.addresses(user):
        found.append("email")
    return tuple(found)


async def check(ws: Workspace, user: User, shown: Shown = NOTHING, *, remember: bool = True) -> bool:
    """Let only those pass who show the second factor of ``user``; answers whether there is one.

    A login that showed it is remembered for a while (``…_RememberFor``, in seconds) unless ``remember`` says no;
    a personal token may be made so that it is never asked for. Raises ``Refused``: ``totp-required`` (a code by
    e-mail is sent then), ``totp-invalid``, ``totp-max-attempts``; ``TooManyRequests`` after too many wrong codes.
    """
    open_ = await ways(ws, user)
    if not open_:
        return False
    token = shown.token
    if token is not None and token.bypass_two_factor:
        return True
    factor = await ws.directory.two_factor(user.id)
    if (
        remember
        and token is not None
        and factor is not None
        and factor.remembers(token.hash, shown.place, ws.now())
    ):
        return True
    way = next((one for one in open_ if one == shown.method), open_[0])
    if not shown.code:
        raise Refused("totp-required", "TOTP Required", details=await _invitation(ws, user, way, open_))
    count(ws, user.id, way)
    if not await _take(ws, user, way, shown.code):
        details = {"method": way, "codeGenerated": False, "availableMethods": list(open_)}
        if way == "email" and await email_codes.is_guessed(ws, user):
            raise Refused("totp-max-attempts", "TOTP Maximun Failed Attempts Reached", details=details)
        raise Refused("totp-invalid", "TOTP Invalid", details=details)
    forget(ws, user.id, way)
    if remember and token is not None:
        await _remember(ws, user.id, token, shown.place)
    return True


@retrying
async def take_app_code(ws: Workspace, user_id: str, code: str) -> bool:
    """Use up a code of the app, or of the list of backup codes; ``False`` for a wrong one."""
    old = await ws.directory.two_factor(user_id)
    if old is None:
        return False
    new = old.taking(code, ws.now(), window(ws))
    if new is None:
        return False
    changes = Changes()
    two_factor.put(changes, user_id, old, structs.replace(new, updated_at=later(ws, old)))
    await ws.db.commit(changes)
    return True


def window(ws: Workspace) -> int:
    """Time steps before and after now whose codes are taken."""
    return min(int(ws.settings[_PREFIX + "MaxDelta"]), MAX_WINDOW)


def count(ws: Workspace, user_id: str, what: str) -> None:
    """Count a try before it is looked at, wherever it comes from. Raises ``TooManyRequests`` over the limit."""
    if not ws.test_mode:
        ws.failed_logins.attempt(f"second factor of {user_id}", what, ws.now())


def forget(ws: Workspace, user_id: str, what: str) -> None:
    """The try was a good one: take it back, and those before it."""
    if not ws.test_mode:
        ws.failed_logins.good(f"second factor of {user_id}", what)


def later(ws: Workspace, old: TwoFactor | None) -> int:
    """The time of a change, later than the one before it; epoch milliseconds."""
    return ws.now() if old is None else max(ws.now(), old.updated_at + 1)


async def _take(ws: Workspace, user: User, way: Way, code: str) -> bool:
    if way == "totp":
        return await take_app_code(ws, user.id, code)
    return await email_codes.take(ws, user, code)


async def _invitation(ws: Workspace, user: User, way: Way, open_: tuple[Way, ...]) -> dict[str, Any]:
    details: dict[str, Any] = {"method": way, "codeGenerated": False, "availableMethods": list(open_)}
    if way == "email":
        details["emailOrUsername"] = user.username
        last = await email_codes.stored(ws, user)
        if last is not None:
            details["codeExpires"] = iso(last.expires_at)
        else:
            details["codeGenerated"] = await email_codes.send(ws, user)
    return details


@retrying
async def _remember(ws: Workspace, user_id: str, token: Token, place: str) -> None:
    lasts_s: int = ws.settings[_PREFIX + "RememberFor"]
    old = await ws.directory.two_factor(user_id)
    if lasts_s <= 0 or old is None:
        return
    now = ws.now()
    new = old.remembering(token.hash, place, now + lasts_s * 1000, now)
    changes = Changes()
    two_factor.put(changes, user_id, old, structs.replace(new, updated_at=later(ws, old)))
    await ws.db.commit(changes)
