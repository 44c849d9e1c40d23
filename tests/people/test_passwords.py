"""Passwords are Argon2id, and nobody's takes as long as somebody's."""

from __future__ import annotations

import asyncio
import hashlib

from argon2 import Type, extract_parameters

from hookroom.people import passwords


def test_the_hash_of_nobody_is_made_as_every_other() -> None:
    made = asyncio.run(passwords.hash_digest(passwords.digest("x")))
    assert extract_parameters(passwords._NOBODYS) == extract_parameters(made)
    parameters = extract_parameters(made)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) >= (65536, 3)


def test_a_digest_is_good_in_any_case_and_for_its_password_only() -> None:
    async def check() -> None:
        stored = await passwords.hash_digest(passwords.digest("Grüße \ud800"))
        assert stored != await passwords.hash_digest(passwords.digest("Grüße \ud800"))
        assert await passwords.verify(stored, passwords.digest("Grüße \ud800").upper())
        assert not await passwords.verify(stored, passwords.digest("grüße \ud800"))
        assert not await passwords.verify(None, passwords.digest(""))
        assert not await passwords.verify("no hash", passwords.digest(""))

    asyncio.run(check())


def test_the_digest_is_what_clients_send() -> None:
    assert passwords.digest("secret") == hashlib.sha256(b"secret").hexdigest()
