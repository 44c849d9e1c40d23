"""Codes of six digits that are sent to a user's verified addresses, as a second factor.

Facts: the original's ``apps/meteor/app/2fa/server/code/EmailCheck.ts``.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from msgspec import structs

from hookroom.mail import texts
from hookroom.people import passwords
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import one_time_codes
from hookroom.storage.tables.one_time_codes import Doc, OneTimeCode
from hookroom.workspace.workspace import Workspace, retrying

PAUSE_MS: Final = 60_000
"""From one code to the next, so that nobody's mailbox is flooded: until then the last one is good."""

_PURPOSE: Final = "email-2fa"


def addresses(user: User) -> list[str]:
    """Where codes go to."""
    return [one.address for one in user.emails if one.verified]


async def stored(ws: Workspace, user: User) -> OneTimeCode | None:
    """The user's last code while it counts: not used, not expired, not guessed at too often."""
    code = await one_time_codes.by_hash(ws.db, _key(user.id), _PURPOSE)
    if code is None or code.expires_at <= ws.now() or _guessed(ws, code.doc):
        return None
    return code


async def send(ws: Workspace, user: User) -> bool:
    """Make a new code and send it; ``False`` where the last one was sent a moment ago, or nothing can be sent."""
    now = ws.now()
    last = await one_time_codes.by_hash(ws.db, _key(user.id), _PURPOSE)
    if last is not None and now - last.created_at < PAUSE_MS:
        return False
    if not ws.mail.configured:
        return False
    code = f"{secrets.randbelow(1_000_000):06d}"
    lasts_s: int = ws.settings["Accounts_TwoFactorAuthentication_By_Email_Code_Expiration"]
    changes = Changes()
    one_time_codes.put(
        changes,
        OneTimeCode(
            hash=_key(user.id),
            user_id=user.id,
            purpose=_PURPOSE,
            created_at=now,
            expires_at=now + lasts_s * 1000,
            # Slow to try: a million codes are soon tried otherwise by whoever reads the database.
            doc=Doc(code=await passwords.hash_digest(passwords.digest(code))),
        ),
    )
    await ws.db.commit(changes)
    for address in addresses(user):
        ws.mail.put(texts.login_code(ws.settings["Site_Name"], address, code, lasts_s // 60))
    return True


@retrying
async def take(ws: Workspace, user: User, given: str) -> bool:
    """Use up the user's code; a wrong one counts against it."""
    code = await stored(ws, user)
    if code is None:
        return False
    changes = Changes()
    digits = re.sub(r"\D", "", given[:64])
    good = await passwords.verify(code.doc.code, passwords.digest(digits))
    if good:
        one_time_codes.take(changes, code)
    else:
        one_time_codes.revise(changes, code, structs.replace(code.doc, tries=code.doc.tries + 1))
    await ws.db.commit(changes)
    return good


async def is_guessed(ws: Workspace, user: User) -> bool:
    """Whether the user's last code was guessed at too often."""
    code = await one_time_codes.by_hash(ws.db, _key(user.id), _PURPOSE)
    return code is not None and _guessed(ws, code.doc)


def _guessed(ws: Workspace, doc: Doc) -> bool:
    most: int = ws.settings["Accounts_TwoFactorAuthentication_Max_Invalid_Email_Code_Attempts"]
    return doc.tries >= most


def _key(user_id: str) -> str:
    return one_time_codes.digest(f"{_PURPOSE}/{user_id}")
