"""The second factor on each database: a code is good once, also at the same moment; nothing outlives its user."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pyotp
import pytest
from tests.people.test_accounts import Gone
from tests.rooms.chat import Chat, run

from hookroom.errors import Failure, LoginRefused, Refused
from hookroom.mail.port import Mail
from hookroom.people import (
    account_removal,
    accounts,
    email_codes,
    mail_links,
    passwords,
    second_factor,
    second_factor_setup,
    sessions,
)
from hookroom.people.second_factor import Shown
from hookroom.rules.model import User
from hookroom.storage.tables import one_time_codes, two_factor

PASSWORD = "Correct-horse-battery-1"


class Kept:
    """Keeps e-mails instead of sending them."""

    configured = True

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def put(self, mail: Mail) -> bool:
        self.mails.append(mail)
        return True


async def ada(chat: Chat) -> tuple[User, Kept]:
    """Somebody with a password and a verified address, on a server that is not in test mode."""
    kept = Kept()
    chat.ws.mail, chat.ws.test_mode = kept, False
    user = await accounts.create(
        chat.ws, username="ada", name="Ada", roles=("user",), email="ada@example.com", password=PASSWORD
    )
    return user, kept


def test_of_many_who_show_one_code_at_once_one_is_let_in(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        user, _ = await ada(chat)
        secret, _url = await second_factor_setup.prepare_app(chat.ws, user)
        app, now = pyotp.TOTP(secret), time.time()
        backup = await second_factor_setup.turn_app_on(chat.ws, user, app.at(now - 30), keep=None)
        for code in (app.at(now), backup[0]):
            takes = (second_factor.take_app_code(chat.ws, user.id, code) for _ in range(5))
            assert sum(await asyncio.gather(*takes)) == 1
        assert await second_factor_setup.codes_left(chat.ws, user) == 11
        await second_factor_setup.turn_email_on(chat.ws, user, keep=None)
        assert await second_factor.ways(chat.ws, user) == ("totp", "email")

    run(database_url, tmp_path, body)


def test_a_code_by_email_is_stored_as_a_hash_and_used_up(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        user, kept = await ada(chat)
        await second_factor_setup.turn_email_on(chat.ws, user, keep=None)
        with pytest.raises(LoginRefused, match="TOTP Required"):
            await sessions.check_second_factor(chat.ws, user, None, None)
        found = re.search(r"(\d{3})-(\d{3})", kept.mails[0].text)
        assert found is not None
        stored = await email_codes.stored(chat.ws, user)
        assert stored is not None
        assert found[1] + found[2] not in str(stored)
        takes = await asyncio.gather(*(email_codes.take(chat.ws, user, found[0]) for _ in range(3)))
        assert sum(takes) == 1
        # A server whose mail server is gone lets its people in.
        kept.configured = False
        assert await second_factor.check(chat.ws, user, Shown()) is False

    run(database_url, tmp_path, body)


def test_a_link_is_good_once_and_nothing_outlives_its_user(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        chat.ws.observer = Gone()
        user, kept = await ada(chat)
        await second_factor_setup.prepare_app(chat.ws, user)
        await mail_links.send_reset(chat.ws, "ADA@example.com")
        token = kept.mails[0].text.rpartition("reset-password/")[2].strip()
        with pytest.raises(Refused, match="password policy"):
            await mail_links.reset_password(chat.ws, token, "short")
        resets = (mail_links.reset_password(chat.ws, token, f"Another-horse-{n}{n + 1}") for n in range(3))
        done = await asyncio.gather(*resets, return_exceptions=True)
        assert sorted(type(one).__name__ for one in done) == ["Failure", "Failure", "User"]
        with pytest.raises(Failure, match="Token expired"):
            await mail_links.reset_password(chat.ws, token, PASSWORD)
        number = next(n for n, one in enumerate(done) if isinstance(one, User))
        session = await sessions.log_in(
            chat.ws,
            address="127.0.0.1",
            name="ada",
            email=False,
            password_digest=passwords.digest(f"Another-horse-{number}{number + 1}"),
        )
        assert session.user.id == user.id
        await account_removal.delete(chat.ws, user.id)
        assert await two_factor.of(chat.ws.db, user.id) is None
        assert await one_time_codes.last_created(chat.ws.db, user.id, "reset-password") is None

    run(database_url, tmp_path, body)
