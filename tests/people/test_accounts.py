"""Accounts on each database: what is written together, what happens at the same time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.rooms.chat import Chat, Recorder, run

from hookroom import first_start
from hookroom.errors import HookroomError, NotLoggedIn, Refused
from hookroom.people import account_removal, accounts, registration, roles_of_users, sessions
from hookroom.people.registration import Registration
from hookroom.rules.model import User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import subscriptions, tokens, users
from hookroom.workspace.workspace import Workspace

PASSWORD = "Correct-horse-battery-1"


class Gone(Recorder):
    """Keeps who went, too."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: list[str] = []

    def user_gone(self, changes: Changes, user: User) -> None:
        changes.then(lambda: self.gone.append(user.username))


def registered(name: str) -> Registration:
    return Registration(username=name, email=f"{name}@example.com", password=PASSWORD)


def test_the_event_and_the_memberships_are_the_users_own_transaction(
    database_url: str, tmp_path: Path
) -> None:
    async def body(chat: Chat) -> None:
        ada = await registration.register(chat.ws, registered("ada"))
        assert chat.seen.names() == [("roomJoined", "ada"), ("userCreated", "ada")]
        assert [one.room_id for one in await subscriptions.of_user(chat.ws.db, ada.id)] == ["GENERAL"]
        with pytest.raises(HookroomError):
            await accounts.create(
                chat.ws, username="Bob", name="Bob", roles=("user",), email="ADA@example.com"
            )
        # Nothing of the refused one was written, neither the user nor a membership or event.
        assert len(chat.seen.events) == 2
        assert await chat.ws.directory.user_named("bob") is None
        assert await users.id_by_username(chat.ws.db, "bob") is None

    run(database_url, tmp_path, body)


async def _nobody(chat: Chat) -> None:
    changes = Changes()
    for user in await users.everyone(chat.ws.db):
        if user.type == "user":
            users.delete(changes, user)
    await chat.ws.db.commit(changes)


def test_of_many_who_register_first_one_is_admin(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        await _nobody(chat)
        made = await asyncio.gather(
            *(registration.register(chat.ws, registered(f"user{number}")) for number in range(5))
        )
        admins = [user for user in made if "admin" in user.roles]
        assert len(admins) == 1
        assert len({user.id for user in made}) == 5

    run(database_url, tmp_path, body)


def test_of_many_who_want_one_name_one_gets_it(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        answers = await asyncio.gather(
            *(
                accounts.create(
                    chat.ws, username=name, name=name, roles=("user",), email=f"{number}@example.com"
                )
                for number, name in enumerate(("same", "SAME", "ｓａｍｅ"))
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(one, User) for one in answers) == 1
        refused = [one for one in answers if isinstance(one, Refused)]
        assert [one.code for one in refused] == ["error-field-unavailable"] * 2

    run(database_url, tmp_path, body)


def test_admins_who_remove_each_other_leave_one(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        await _nobody(chat)
        admins = await chat.people("a", "b", "c", roles=("admin", "user"))
        role = chat.ws.authority.roles["admin"]
        chat.ws.observer = Gone()
        await asyncio.gather(
            roles_of_users.remove(chat.ws, admins[0].id, role, None),
            account_removal.delete(chat.ws, admins[1].id),
            account_removal.set_active(chat.ws, admins[0], admins[2].id, False),
            return_exceptions=True,
        )
        left = [user for user in await users.everyone(chat.ws.db) if "admin" in user.roles and user.active]
        assert len(left) == 1

    run(database_url, tmp_path, body)


def test_whoever_goes_is_told_of_in_the_same_transaction(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        seen = chat.ws.observer = Gone()
        admin, ada, bob = await chat.people("boss", "ada", "bob", roles=("admin", "user"))
        await account_removal.set_active(chat.ws, admin, ada.id, False)
        assert (seen.gone, seen.names()) == (["ada"], [("userDeactivated", "ada")])
        await account_removal.set_active(chat.ws, admin, ada.id, False)
        assert seen.gone == ["ada"]
        await account_removal.delete(chat.ws, bob.id)
        assert seen.gone == ["ada", "bob"]

    run(database_url, tmp_path, body)


def test_logins_at_the_same_time_all_succeed_and_the_oldest_make_room(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAX_LOGINS", 8)

    async def body(chat: Chat) -> None:
        (ada,) = await chat.people("ada")
        made = await asyncio.gather(*(sessions.begin(chat.ws, ada.id) for _ in range(20)))
        assert len(set(made)) == 20
        last = await sessions.begin(chat.ws, ada.id)
        kept = await tokens.of_user(chat.ws.db, ada.id)
        assert len(kept) == 8
        assert tokens.digest(last) in {one.hash for one in kept}
        assert (await sessions.resume(chat.ws, last)).user.id == ada.id

    run(database_url, tmp_path, body)


def test_a_login_that_is_over_is_none(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(chat: Chat) -> None:
        (ada,) = await chat.people("ada")
        token = await sessions.begin(chat.ws, ada.id)
        (stored,) = await tokens.of_user(chat.ws.db, ada.id)
        assert stored.expires_at is not None
        assert stored.is_valid(stored.expires_at - 1)
        assert not stored.is_valid(stored.expires_at)
        over = stored.expires_at + 1
        monkeypatch.setattr(Workspace, "now", lambda _: over)
        with pytest.raises(NotLoggedIn):
            await sessions.resume(chat.ws, token)
        await sessions.forget_expired(chat.ws)
        assert await tokens.of_user(chat.ws.db, ada.id) == []

    run(database_url, tmp_path, body)


def test_the_first_start_happens_once(database_url: str, tmp_path: Path) -> None:
    from hookroom.config import load

    async def body(chat: Chat) -> None:
        config = load(admin_username="admin", admin_pass=PASSWORD, test_mode=True)
        made = await first_start.prepare(chat.ws, config)
        # A blocked user name is no reason not to make the administrator.
        assert made == first_start.NewAdmin("admin", None)
        assert await first_start.prepare(chat.ws, config) is None
        assert len([user for user in await users.everyone(chat.ws.db) if user.username == "admin"]) == 1
        cat = await chat.ws.directory.user("rocket.cat")
        assert cat is not None
        assert (cat.type, cat.roles) == ("bot", ("bot",))
        general = await chat.ws.directory.room("GENERAL")
        assert general is not None
        assert (general.name, general.default) == ("general", True)

    run(database_url, tmp_path, body)
