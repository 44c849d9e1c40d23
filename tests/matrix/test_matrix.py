"""Who may call what: every route by nobody, somebody, a member, an owner and an administrator.

Each call would succeed, but for who makes it. Successful answers are compared with our own description of the API
and with the original's published one (``tests/described.py``, ``tests/published.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.mailboxes import Mailbox
from tests.matrix import accounts, chat, integrations, invites, moderation, people, rooms, server, teams
from tests.matrix.world import ROLES, Case, People, World
from tests.matrix.world import people as new_people
from tests.running import Server, running

from hookroom.rest.api import all_routes

CALLS: dict[str, Case] = {
    **people.CALLS,
    **accounts.CALLS,
    **rooms.CALLS,
    **teams.CALLS,
    **invites.CALLS,
    **chat.CALLS,
    **moderation.CALLS,
    **integrations.CALLS,
    **server.CALLS,
}


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Server]:
    environment = {
        "HOOKROOM_CREATE_TOKENS_FOR_USERS_SECRET": "the-secret",
        "HOOKROOM_SMTP_URL": mailbox.url,
        "HOOKROOM_MAIL_FROM": "chat@example.com",
    }
    with running(tmp_path_factory.mktemp("matrix"), environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def everybody(own_world: Server, mailbox: Mailbox) -> People:
    return new_people(own_world.admin(), mailbox)


ROUTES = {f"{one.method} {one.path}": one for one in all_routes() if not one.summary.startswith("Left out")}


def test_every_route_is_in_the_matrix() -> None:
    assert ROUTES.keys() - CALLS.keys() == set()
    assert CALLS.keys() - ROUTES.keys() == set()


@pytest.mark.parametrize("route", CALLS)
def test_who_may(everybody: People, route: str) -> None:
    method, path = route.split(" ")
    case = CALLS[route]
    found = {}
    for role in ROLES:
        world = World(everybody, role)
        sent = case.make(world)
        response = world.caller.call(method, sent.path or path, **sent.options)
        found[role] = response.status_code, response.text[:150]

    may = "".join("y" if found[role][0] in (200, 307) else "n" for role in ROLES)
    assert may == case.who, "\n".join(f"{role}: {answer}" for role, answer in found.items())
    if case.who[0] == "n" and ROUTES[route].login == "required":
        assert found["anonymous"][0] == 401
    assert {found[role][0] for role, one in zip(ROLES, may, strict=True) if one == "n"} <= {
        400,
        401,
        403,
        404,
    }
