"""The rules on create and update: each has its error, and the first in the contract's order wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from tests.integrations.house import INCOMING, OUTGOING, House, body_of, run

from hookroom.errors import Failure, Refused
from hookroom.integrations import manage_incoming, manage_outgoing
from hookroom.rules.model import Integration


class Rule(NamedTuple):
    """A way to break one rule: ``fields`` of the body, ``by`` whom. ``error`` is the answer's text."""

    error: str
    fields: Mapping[str, Any] = {}
    by: str | None = None


UNAUTHORIZED = "Unauthorized [not_authorized]"
NO_CHANNEL = "Invalid channel [error-invalid-channel]"
NOT_SUBSCRIBED = "Invalid Channel [error-invalid-channel]"
BAD_START = "Invalid channel. Start with @ or # [error-invalid-channel-start-with-chars]"
NO_ROOM = "Invalid room [error-invalid-room]"
NO_USERNAME = "Invalid username [error-invalid-username]"
NOT_FOUND = "No integration found."
NO_IMPERSONATION = (
    "User selected for the incoming integration lacks the 'message-impersonate' permission. "
    "[error-user-lacks-message-impersonate-permission]"
)

# Within a table, in the contract's order. Where two ways break the same field, the earlier one is sent, so it
# is written such that it breaks the later rules of that field too.
INCOMING_CREATE = [
    Rule(UNAUTHORIZED, by="stranger"),
    Rule(NO_CHANNEL, {"channel": " "}),
    Rule(BAD_START, {"channel": "#nowhere,here"}),
    Rule(NO_USERNAME, {"username": " "}),
    Rule("Invalid user [error-invalid-user]", {"username": "nobody"}),
    Rule(NO_IMPERSONATION, {"username": "master"}),
    Rule(NO_ROOM, {"channel": "#nowhere,#there"}),
    Rule(NOT_SUBSCRIBED, {"channel": "#here,#there"}, by="keeper"),
]
INCOMING_UPDATE = [
    Rule(NOT_FOUND, {"integrationId": "unknown"}),
    Rule(NO_CHANNEL, {"channel": ""}),
    Rule(BAD_START, {"channel": "#nowhere,all_public_channels"}),
    Rule(UNAUTHORIZED, by="stranger"),
    Rule("Invalid integration [error-invalid-integration]", by="keeper"),
    Rule(NO_ROOM, {"channel": "#nowhere,#there"}),
    Rule(NOT_SUBSCRIBED, {"channel": "#there"}, by="clerk"),
    Rule("Invalid Post As User [error-invalid-post-as-user]", {"username": " "}),
    Rule(NO_IMPERSONATION, {"username": "master"}),
]
OUTGOING_RULES = [
    Rule("Invalid event type [error-invalid-event-type]", {"event": "unknown"}),
    Rule(NO_USERNAME, {"username": ""}),
    Rule("Invalid Target Room [error-invalid-targetRoom]", {"event": "userCreated"}),
    Rule("Invalid URLs [error-invalid-urls]", {"urls": [" "]}),
    Rule(NOT_SUBSCRIBED, {"channel": " , "}),
    Rule(BAD_START, {"channel": "#nowhere,here"}),
    Rule(
        "Invalid user (did you delete the `rocket.cat` user?) [error-invalid-user]",
        {"username": "nobody"},
    ),
    Rule("Invalid triggerWords [error-invalid-triggerWords]", {"triggerWords": ["a", 1]}),
    Rule(NO_ROOM, {"channel": "#nowhere,#there"}),
    Rule(NOT_SUBSCRIBED, {"channel": "all_direct_messages"}, by="keeper"),
]
# An event without a channel: the rules on channels say nothing, another one is in their place.
NO_CHANNEL_EVENT = [
    *OUTGOING_RULES[:4],
    Rule(
        "Invalid permission for required Integration creation. [error-invalid-permissions]",
        {"event": "roomCreated"},
        by="keeper",
    ),
    OUTGOING_RULES[6],
]
OUTGOING_CREATE = [Rule("[not_authorized]", by="stranger"), *OUTGOING_RULES]
OUTGOING_UPDATE = [
    Rule(NOT_FOUND, {"integrationId": "unknown"}),
    *OUTGOING_RULES,
    Rule("Invalid token [error-invalid-token]", {"token": " "}),
    Rule(UNAUTHORIZED, {"channel": "all_public_channels"}, by="stranger"),
    Rule("[methods] updateOutgoingIntegration -> integration not found [invalid_integration]", by="keeper"),
]

UseCase = Callable[..., Awaitable[Integration]]


def merged(first: Rule, second: Rule) -> tuple[dict[str, Any], str]:
    """A body that breaks both, and who sends it."""
    return {**second.fields, **first.fields}, first.by or second.by or "master"


async def refusal(
    house: House, use_case: UseCase, template: dict[str, Any], fields: dict[str, Any], by: str
) -> str:
    try:
        await use_case(house.ws, house.registry, house.host, house.users[by], body_of(template, **fields))
    except (Refused, Failure) as error:
        return str(error)
    return "nothing"


async def check_order(house: House, use_case: UseCase, template: dict[str, Any], rules: list[Rule]) -> None:
    wrong = []
    for rule in rules:
        got = await refusal(house, use_case, template, dict(rule.fields), rule.by or "master")
        if got != rule.error:
            wrong.append(f"{rule}: {got}")
    for first, second in combinations(rules, 2):
        fields, by = merged(first, second)
        got = await refusal(house, use_case, template, fields, by)
        if got != first.error:
            wrong.append(f"{first} before {second}: {got}")
    assert wrong == []


def test_incoming_create(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        await check_order(house, manage_incoming.create, INCOMING, INCOMING_CREATE)
        assert not house.registry.all()

    run(database_url, tmp_path, body)


def test_incoming_update(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        old = await manage_incoming.create(
            house.ws, house.registry, house.host, house.users["master"], INCOMING
        )
        template = {**INCOMING, "integrationId": old.id}
        await check_order(house, manage_incoming.update, template, INCOMING_UPDATE)
        assert house.registry.get(old.id) == old

    run(database_url, tmp_path, body)


def test_outgoing_create(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        await check_order(house, manage_outgoing.create, OUTGOING, OUTGOING_CREATE)
        await check_order(house, manage_outgoing.create, OUTGOING, NO_CHANNEL_EVENT)
        assert not house.registry.all()

    run(database_url, tmp_path, body)


def test_outgoing_update(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        old = await manage_outgoing.create(
            house.ws, house.registry, house.host, house.users["master"], OUTGOING
        )
        template = {**OUTGOING, "integrationId": old.id}
        await check_order(house, manage_outgoing.update, template, OUTGOING_UPDATE)
        assert house.registry.get(old.id) == old

    run(database_url, tmp_path, body)
