"""``hookroom user``: accounts, made and listed directly in the database."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import cyclopts

from hookroom import logs
from hookroom.cli.columns import columns
from hookroom.config import Config, load
from hookroom.errors import HookroomError
from hookroom.rules.ids import random_id
from hookroom.rules.model import User

app = cyclopts.App(name="user", help="Accounts. The embedded database must not be in use by a server.")

T = TypeVar("T")
_DatabaseUrl = Annotated[str | None, cyclopts.Parameter(name="--database-url")]


@app.command
def create(
    *,
    username: str,
    name: str | None = None,
    email: str | None = None,
    password: str | None = None,
    role: Annotated[tuple[str, ...], cyclopts.Parameter(negative=(), show_default=False)] = ("user",),
    data: Path | None = None,
    database_url_: _DatabaseUrl = None,
) -> None:
    """Make an account.

    Parameters
    ----------
    username:
        name to log in by
    name:
        display name (default: the user name)
    email:
        e-mail address
    password:
        password; asked for on a terminal without it, else made and printed
    role:
        a role of the account, `admin` for an administrator; may be repeated (default: user)
    data:
        directory of the embedded database (default ./data)
    database_url_:
        PostgreSQL instead of the embedded database
    """
    config = load(data=data, database_url=database_url_)
    given = password or _ask()
    chosen = given or random_id(16)
    user = _run(_create(config, username, name or username, email, chosen, role))
    print(f"Made {user.username} ({user.id}) with the roles {', '.join(user.roles)}.")
    if not given:
        print(f"Its password is {chosen}")


@app.command(name="list")
def list_users(*, data: Path | None = None, database_url_: _DatabaseUrl = None) -> None:
    """List all accounts.

    Parameters
    ----------
    data:
        directory of the embedded database (default ./data)
    database_url_:
        PostgreSQL instead of the embedded database
    """
    found = _run(_everyone(load(data=data, database_url=database_url_)))
    header = ("user name", "name", "e-mail", "roles", "active")
    print(*columns([header, *(_row(user) for user in found)]), sep="\n")


async def _create(
    config: Config, username: str, name: str, email: str | None, password: str, roles: Sequence[str]
) -> User:
    from hookroom.assembly import assemble
    from hookroom.people import accounts
    from hookroom.rules.accounts import MAX_PASSWORD, check_email, check_name, check_username

    async with assemble(config, config.site_url or "") as started:
        ws = started.services.ws
        if started.admin and started.admin.password:
            print(
                f"First start: log in as {started.admin.username}"
                f" with the one-time password {started.admin.password}"
            )
        if unknown := [role for role in roles if role not in ws.authority.roles]:
            sys.exit(f"There is no role {unknown[0]}.")
        if len(password) > MAX_PASSWORD:
            sys.exit(f"A password has at most {MAX_PASSWORD} characters.")
        check_username(username, ws.settings["UTF8_User_Names_Validation"])
        return await accounts.create(
            ws,
            username=username,
            name=check_name(name, required=True),
            roles=tuple(dict.fromkeys(roles)),
            email=check_email(email) if email else None,
            password=password,
        )


async def _everyone(config: Config) -> Sequence[User]:
    from hookroom.storage.opening import DataLock, database_url, open_database, sqlite_path
    from hookroom.storage.tables import users

    url = database_url(config.database_url, config.data)
    lock = DataLock(config.data) if sqlite_path(url) else None
    try:
        db = await open_database(url)
        try:
            return await users.everyone(db)
        finally:
            await db.close()
    finally:
        if lock:
            lock.release()


def _run(work: Coroutine[Any, Any, T]) -> T:
    logs.configure("warning", "console")
    try:
        return asyncio.run(work)
    except HookroomError as error:
        sys.exit(str(error))


def _ask() -> str | None:
    return getpass.getpass("Password (empty: one is made): ") or None if sys.stdin.isatty() else None


def _row(user: User) -> tuple[str, str, str, str, str]:
    emails = ", ".join(one.address for one in user.emails)
    return user.username, user.name, emails, ", ".join(user.roles), "yes" if user.active else "no"
