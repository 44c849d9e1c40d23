"""Changes that leave the rest of an integration alone, and updates that keep what is not sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from tests.delivery.listening import listening
from tests.delivery.webhooks import channel, outgoing, say, until
from tests.hooks.hooks import MISSING, Hook
from tests.receivers import Receiver
from tests.rest import integration_bodies as bodies
from tests.running import ADMIN, Api, Server, running, tick, unique

from hookroom.rules.model import Integration
from hookroom.rules.times import millis

HOUR_MS: Final = 3_600_000
_PEM: Final = (Path(__file__).parents[1] / "localhost.pem").read_text()
CERTIFICATE: Final = _PEM[_PEM.index("-----BEGIN CERTIFICATE-----") :]
SELF_SIGNED: Final = "Allow_Invalid_SelfSigned_Certs"
MANAGING: Final = ("manage-own-incoming-integrations", "manage-own-outgoing-integrations")

LOOKS: Final[dict[str, tuple[Any, Any]]] = {
    "alias": ("Ada", "Bea"),
    "avatar": ("http://example.com/a.png", "http://example.com/b.png"),
    "emoji": (":ghost:", ":cat:"),
    "script": ("class Script {}", "class Script { one() {} }"),
    "scriptEngine": ("isolated-vm", "compatible"),
    "scriptTimeLimit": (500, 600),
    "scriptMemoryLimit": (16, 24),
}
"""Fields of both kinds that an update need not name: a value, and another."""
FIELDS: Final[Mapping[str, dict[str, tuple[Any, Any]]]] = {
    "incoming": {
        **LOOKS,
        "overrideDestinationChannelEnabled": (True, False),
        "verification": ({"scheme": "github"}, {"scheme": "gitlab", "tolerance": 60}),
        "allowedNetworks": (["127.0.0.0/8", "::1"], ["10.0.0.0/8"]),
        "rateLimitCalls": (100, 200),
        "rateLimitSeconds": (30, 40),
        "idempotencyHours": (1.5, 0),
    },
    "outgoing": {
        **LOOKS,
        "targetRoom": ("#general", "@rocket.cat"),
        "triggerWords": (["one", "two"], ["three"]),
        "triggerWordAnywhere": (True, False),
        "token": ("a-token", "another-token"),
        "runOnEdits": (True, False),
        "retryFailedCalls": (True, False),
        "retryCount": (7, 8),
        "retryDelay": ("powers-of-two", "standard"),
        "impersonateUser": (True, False),
        "ordered": (True, False),
        "concurrency": (3, 4),
        "signing": ("v1", "v1a"),
        "caCertificate": (CERTIFICATE, ""),
        "allowSelfSigned": (True, False),
    },
}
EVERY: Final = [(kind, name) for kind, fields in FIELDS.items() for name in fields]

NAMED: Final[Mapping[str, set[str]]] = {
    "incoming": {"type", "channel", "scriptEnabled", "name", "enabled", "username", "userId"},
    "outgoing": {
        "type",
        "channel",
        "scriptEnabled",
        "name",
        "enabled",
        "username",
        "userId",
        "event",
        "urls",
    },
}
"""What an update has to name, and whom it posts as."""
KEPT: Final[Mapping[str, set[str]]] = {
    "incoming": {"token", "template", "previousToken", "previousTokenUntil", "disabledReason"},
    "outgoing": {"target_url", "disabledReason"},
}
"""What no update sets. ``disabledReason`` goes when one enables it."""
FOLLOWING: Final = {
    *("_id", "_createdAt", "_createdBy", "_updatedAt", "_updatedBy"),
    *("skipTranspile", "scriptCompiled", "scriptError"),
}
"""What follows from the change itself; with ``skipTranspile``, which is false where it is not sent."""
OF_INCOMING: Final = {
    *("overrideDestinationChannelEnabled", "verification", "allowedNetworks", "rateLimitCalls"),
    *("rateLimitSeconds", "idempotencyHours", "template", "previousToken", "previousTokenUntil"),
}


@pytest.fixture(scope="module", autouse=True)
def self_signed(admin: Api) -> Iterator[None]:
    """Integrations may accept self-signed certificates."""
    admin.post(f"settings/{SELF_SIGNED}", value=True)
    yield
    admin.post(f"settings/{SELF_SIGNED}", value=False)


def full(api: Api, kind: str, **fields: Any) -> Any:
    """An integration that has a value of its own in every field."""
    make = bodies.incoming if kind == "incoming" else bodies.outgoing
    said = {name: values[0] for name, values in FIELDS[kind].items()}
    return api.post("integrations.create", **make(**said, scriptEnabled=True, **fields))["integration"]


def required(integration: Any) -> dict[str, Any]:
    """A body of ``integrations.update`` that changes nothing and names nothing but what it has to."""
    names = ["type", "name", "enabled", "scriptEnabled"]
    if integration["type"] == "webhook-outgoing":
        names += ["username", "event", "urls"]
    body = {name: integration[name] for name in names}
    return {**body, "channel": ",".join(integration["channel"]), "integrationId": integration["_id"]}


def stored(api: Api, integration: Any) -> Any:
    return api.get("integrations.get", integrationId=integration["_id"])["integration"]


def rest_of(integration: Mapping[str, Any], *names: str) -> dict[str, Any]:
    without = {"_updatedAt", "_updatedBy", *names}
    return {name: value for name, value in integration.items() if name not in without}


@pytest.mark.parametrize("kind", FIELDS)
def test_the_tables_have_every_field(kind: str) -> None:
    """A new field of integrations has to be added above: is it kept when an update does not send it?"""
    every = set(Integration.__struct_encode_fields__)
    others = set(FIELDS["outgoing"]) - set(FIELDS["incoming"]) | {"event", "urls", "target_url"}
    others -= {"token"}
    mine = every - (others if kind == "incoming" else OF_INCOMING)
    assert mine == set(FIELDS[kind]) | NAMED[kind] | KEPT[kind] | FOLLOWING


@pytest.mark.parametrize("kind", FIELDS)
def test_an_update_that_names_what_it_has_to_keeps_the_rest(own_server: Server, kind: str) -> None:
    admin = own_server.admin()
    admin.post(f"settings/{SELF_SIGNED}", value=True)
    made = full(admin, kind, **({"template": "github"} if kind == "incoming" else {}))
    assert set(FIELDS[kind]) <= set(made)
    if kind == "incoming":
        made = admin.post("integrations.regenerateToken", integrationId=made["_id"])["integration"]
        assert {"previousToken", "previousTokenUntil", "template"} <= set(made)
    keys = "verificationSecrets" if kind == "incoming" else "signingKeys"
    before = admin.get(f"integrations.{keys}", integrationId=made["_id"])
    assert admin.put("integrations.update", **required(made))["success"]
    new = stored(admin, made)
    # Of an outgoing one whose script is not sent the compiled form goes (contract, section 2).
    gone = ("scriptCompiled",) if kind == "outgoing" else ()
    assert rest_of(new) == rest_of(made, *gone)
    assert new["_updatedAt"] > made["_updatedAt"]
    assert admin.get(f"integrations.{keys}", integrationId=made["_id"]) == before


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_field_changes_alone(admin: Api, kind: str, name: str) -> None:
    made = full(admin, kind)
    value = FIELDS[kind][name][1]
    sent = {name: value}
    if kind == "outgoing" and name != "script":
        # It keeps its compiled form then.
        sent["script"] = made["script"]
    new = admin.put("integrations.update", **required(made), **sent)["integration"]
    assert new == stored(admin, made)
    assert new[name] == value
    follows = {"script": "scriptCompiled", "avatar": "avatarUrl"}.get(name, name)
    assert rest_of(new, name, follows) == rest_of(made, name, follows)


@pytest.mark.parametrize("kind", FIELDS)
def test_a_mode_that_is_not_sent_is_transpiled(admin: Api, kind: str) -> None:
    made = full(admin, kind, skipTranspile=True)
    new = admin.put("integrations.update", **required(made), script=made["script"])["integration"]
    assert (made["skipTranspile"], new["skipTranspile"]) == (True, False)
    assert new["scriptCompiled"] != made["scriptCompiled"]


# The token


def until_ms(integration: Any) -> int:
    """How long the token before this one is good, in milliseconds."""
    return millis(integration["previousTokenUntil"]) - millis(integration["_updatedAt"])


def regenerate(hook: Hook, **fields: Any) -> Any:
    answer = hook.admin.post("integrations.regenerateToken", integrationId=hook.id, **fields)
    return answer["integration"]


def path(integration: Any, token: str = "") -> str:
    return f"/hooks/{integration['_id']}/{token or integration['token']}"


@pytest.mark.parametrize(
    ("sent", "hours"), [({}, 24), ({"overlapHours": None}, 24), ({"overlapHours": 720}, 720)]
)
def test_both_tokens_are_good_for_a_while(admin: Api, sent: dict[str, Any], hours: int) -> None:
    hook = Hook(admin)
    new = regenerate(hook, **sent)
    assert re.fullmatch(r"\w{48}", new["token"])
    assert new["token"] != hook.token
    assert new["previousToken"] == hook.token
    assert until_ms(new) == hours * HOUR_MS
    assert rest_of(new, "token", "previousToken", "previousTokenUntil") == rest_of(hook.integration, "token")
    for at in (path(new), hook.path):
        assert hook.call(path=at, json={"text": at[-4:]}).status_code == 200
    assert hook.call(path=path(new, "x" * 48), json={"text": "x"}).status_code == 404
    assert [one["msg"] for one in hook.messages()] == [hook.path[-4:], path(new)[-4:]]


def test_an_old_token_ends(admin: Api) -> None:
    hook = Hook(admin)
    new = regenerate(hook, overlapHours=0.5 / 3600)
    assert until_ms(new) == 500
    until(lambda: hook.call(json={}).status_code == 404, "end of the old token")
    hook.refused(404, MISSING, json={"text": "late"})
    assert hook.call(path=path(new), json={"text": "good"}).status_code == 200


def test_without_an_overlap_the_old_token_ends_at_once(admin: Api) -> None:
    hook = Hook(admin)
    new = regenerate(hook, overlapHours=0)
    assert not {"previousToken", "previousTokenUntil"} & set(new)
    hook.refused(404, MISSING, json={"text": "late"})
    assert hook.call(path=path(new), json={"text": "good"}).status_code == 200


def test_only_the_last_one_goes_on(admin: Api) -> None:
    hook = Hook(admin)
    second = regenerate(hook)
    third = regenerate(hook)
    hook.refused(404, MISSING, json={"text": "first"})
    for one in (second, third):
        assert hook.call(path=path(one), json={"text": "x"}).status_code == 200
    assert regenerate(hook, overlapHours=0)["token"] != third["token"]
    assert hook.call(path=path(third), json={"text": "x"}).status_code == 404


def test_an_outgoing_one_sends_the_new_token_at_once(admin: Api) -> None:
    room = admin.new_channel()
    with Receiver() as receiver:
        hook = outgoing(admin, receiver, channel(room))
        new = admin.post("integrations.regenerateToken", integrationId=hook["_id"])["integration"]
        assert re.fullmatch(r"\w{24}", new["token"])
        assert rest_of(new, "token") == rest_of(hook, "token")
        say(admin, "hello", channel(room))
        [call] = receiver.wait_for(1)
        assert call.json()["token"] == new["token"]
    refused = admin.refused(
        "POST", "integrations.regenerateToken", json={"integrationId": hook["_id"], "overlapHours": 1}
    )
    assert refused["errorType"] == "error-invalid-overlap"
    assert stored(admin, hook) == new


@pytest.mark.parametrize("hours", [-1, 720.1, "x", [], True])
def test_an_overlap_that_is_none(admin: Api, hours: object) -> None:
    hook = Hook(admin)
    body = {"integrationId": hook.id, "overlapHours": hours}
    if hours is True:
        # AJV's coercion: one hour.
        assert until_ms(regenerate(hook, overlapHours=hours)) == HOUR_MS
        return
    refused = admin.refused("POST", "integrations.regenerateToken", json=body)
    assert refused["errorType"] == "invalid-params"
    assert stored(admin, hook.integration) == hook.integration


def test_changes_at_the_same_time_all_count(own_server: Server) -> None:
    admin = own_server.admin()
    hook = Hook(admin)

    def change(number: int) -> Any:
        if number % 2:
            return admin.post("integrations.setEnabled", integrationId=hook.id, enabled=number % 4 == 1)
        return admin.post("integrations.regenerateToken", integrationId=hook.id)

    with ThreadPoolExecutor(8) as pool:
        answers = [one["integration"] for one in pool.map(change, range(12))]
    assert len({one["_updatedAt"] for one in answers}) == 12
    assert len({one["token"] for one in answers[::2]}) == 6
    last = max(answers, key=lambda one: one["_updatedAt"])
    assert stored(admin, hook.integration) == last


# The owner


def transfer(api: Api, integration: Any, to: Api | str) -> Any:
    username = to if isinstance(to, str) else to.username()
    return api.post("integrations.transfer", integrationId=integration["_id"], username=username)[
        "integration"
    ]


def listed(api: Api) -> set[str]:
    return {one["_id"] for one in api.get("integrations.list", count=0)["integrations"]}


@pytest.fixture(scope="module")
def keeping(admin: Api) -> Iterator[str]:
    """A role that manages integrations of its own."""
    role: str = admin.post("roles.create", name=unique("keeper"), scope="Users")["role"]["_id"]

    def grant(*roles: str) -> None:
        permissions = [{"_id": one, "roles": list(roles)} for one in MANAGING]
        admin.post("permissions.update", permissions=permissions)

    grant("admin", role)
    yield role
    grant("admin")


@pytest.fixture
def keeper(admin: Api, keeping: str) -> Api:
    return admin.new_user(roles=["user", keeping])


@pytest.fixture
def other(admin: Api, keeping: str) -> Api:
    return admin.new_user(roles=["user", keeping])


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("by", ["owner", "administrator"])
def test_another_owner(admin: Api, keeper: Api, other: Api, kind: str, by: str) -> None:
    room = keeper.new_channel()
    other.post("channels.join", roomId=room["_id"])
    make = bodies.incoming if kind == "incoming" else bodies.outgoing
    old = keeper.post("integrations.create", **make(channel=channel(room)))["integration"]
    new = transfer(keeper if by == "owner" else admin, old, other)
    assert new["_createdBy"] == {"_id": other.user_id, "username": other.username()}
    assert new["_updatedBy"]["_id"] == (keeper if by == "owner" else admin).user_id
    assert rest_of(new, "_createdBy") == rest_of(old, "_createdBy")
    assert old["_id"] in listed(other)
    assert old["_id"] not in listed(keeper)
    keeper.refused("GET", "integrations.get", params={"integrationId": old["_id"]})
    refused = keeper.refused("PUT", "integrations.update", json=required(new))
    assert refused["errorType"] in ("error-invalid-integration", "invalid_integration")
    assert (
        other.put("integrations.update", **required(new), alias="mine now")["integration"]["alias"]
        == "mine now"
    )


def test_the_new_owner_is_known_after_a_restart(
    own_server: Server, tmp_path: Path, database_url: str
) -> None:
    admin = own_server.admin()
    boss = admin.new_user(roles=["user", "admin"])
    hook = Hook(admin)
    assert transfer(admin, hook.integration, boss)["_createdBy"]["_id"] == boss.user_id
    assert own_server.stop() == 0
    with running(tmp_path / "data", database_url=database_url) as again:
        now = stored(again.admin(), hook.integration)
    assert now["_createdBy"]["_id"] == boss.user_id


def test_who_cannot_have_it(admin: Api, keeper: Api, keeping: str) -> None:
    room = keeper.new_channel()
    gone = admin.new_user(roles=["user", keeping])
    admin.post("users.setActiveStatus", userId=gone.user_id, activeStatus=False)
    names = {"nobody": "error-invalid-user", ADMIN.upper(): "error-invalid-user"}
    names[admin.get("users.info", userId=gone.user_id)["user"]["username"]] = "error-invalid-user"
    names[admin.new_user().username()] = "error-user-lacks-integrations-permission"
    # May manage their own, but is not in the room.
    names[admin.new_user(roles=["user", keeping]).username()] = "error-invalid-channel"
    for make in (bodies.incoming, bodies.outgoing):
        made = keeper.post("integrations.create", **make(channel=channel(room)))["integration"]
        for name, code in names.items():
            body = {"integrationId": made["_id"], "username": name}
            refused = admin.refused("POST", "integrations.transfer", json=body)
            assert (refused["errorType"], refused["details"]) == (code, {"method": "transferIntegration"})
        assert stored(admin, made) == made


def test_an_event_that_needs_more_than_the_new_owner_has(admin: Api, other: Api) -> None:
    made = admin.post("integrations.create", **bodies.outgoing(event="roomCreated"))["integration"]
    body = {"integrationId": made["_id"], "username": other.username()}
    refused = admin.refused("POST", "integrations.transfer", json=body)
    assert refused["errorType"] == "error-invalid-permissions"
    scoped = admin.post("integrations.create", **bodies.outgoing(channel="all_private_groups"))["integration"]
    body = {"integrationId": scoped["_id"], "username": other.username()}
    refused = admin.refused("POST", "integrations.transfer", json=body)
    assert refused["errorType"] == "error-invalid-channel"


def test_e_mails_follow_the_owner(admin: Api, keeping: str) -> None:
    boss = admin.new_user(roles=["user", "admin"])
    with listening(boss, "roomArchived") as ear:
        # Manages all outgoing ones, but does not see e-mails.
        role = admin.post("roles.create", name=unique("all"), scope="Users")["role"]["_id"]
        allowed = {"_id": "manage-outgoing-integrations", "roles": ["admin", role]}
        admin.post("permissions.update", permissions=[allowed])
        blind = admin.new_user(roles=["user", role])
        for owner in (blind, boss):
            transfer(admin, ear.integration, owner)
            admin.post("channels.archive", roomId=admin.new_channel()["_id"])
        first, second = ear.bodies(2)
        admin.post("permissions.update", permissions=[{**allowed, "roles": ["admin"]}])
    assert "emails" not in first["user"]
    assert "emails" in second["user"]


def test_nobody_sees_more_by_giving_it_away(admin: Api, keeper: Api) -> None:
    room = keeper.new_channel()
    for make, refuses in ((bodies.outgoing, True), (bodies.incoming, False)):
        made = keeper.post("integrations.create", **make(channel=channel(room)))["integration"]
        body = {"integrationId": made["_id"], "username": ADMIN}
        if refuses:
            assert (
                keeper.refused("POST", "integrations.transfer", json=body)["errorType"] == "error-not-allowed"
            )
            assert stored(keeper, made) == made
        else:
            assert (
                keeper.post("integrations.transfer", **body)["integration"]["_createdBy"]["username"] == ADMIN
            )


# On and off


def test_on_and_off(admin: Api) -> None:
    hook = Hook(admin)
    off = admin.post("integrations.setEnabled", integrationId=hook.id, enabled=False)["integration"]
    assert off == {
        **hook.integration,
        **{name: off[name] for name in ("enabled", "_updatedAt", "_updatedBy")},
    }
    assert off["enabled"] is False
    hook.refused(503, "Service Unavailable", json={"text": "off"})
    for _ in range(2):
        on = admin.post("integrations.setEnabled", integrationId=hook.id, enabled=True)["integration"]
        assert rest_of(on) == rest_of(hook.integration)
    hook.posted({"text": "on"})


def test_why_it_was_off_is_forgotten(admin: Api) -> None:
    bot = admin.new_bot()
    made = [
        admin.post("integrations.create", **make(username=bot.username()))["integration"]
        for make in (bodies.incoming, bodies.outgoing)
    ]
    admin.post("users.setActiveStatus", userId=bot.user_id, activeStatus=False)
    for one in made:
        body = {"integrationId": one["_id"], "enabled": True}
        assert "disabledReason" in stored(admin, one)
        refused = admin.refused("POST", "integrations.setEnabled", json=body)
        assert refused["errorType"] == "error-invalid-post-as-user"
        still = admin.post("integrations.setEnabled", **{**body, "enabled": False})["integration"]
        assert "disabledReason" in still
    admin.post("users.setActiveStatus", userId=bot.user_id, activeStatus=True)
    by_itself, by_update = made[1], made[0]
    on = admin.post("integrations.setEnabled", integrationId=by_itself["_id"], enabled=True)["integration"]
    assert rest_of(on) == rest_of(by_itself)
    on = admin.put("integrations.update", **{**required(by_update), "enabled": True})["integration"]
    assert rest_of(on) == rest_of(by_update)


# Who may


CHANGES: Final[Mapping[str, dict[str, Any]]] = {
    "regenerateToken": {},
    "transfer": {"username": ADMIN},
    "setEnabled": {"enabled": False},
}


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.parametrize("kind", FIELDS)
def test_who_may(admin: Api, keeper: Api, other: Api, kind: str, operation: str) -> None:
    room = keeper.new_channel()
    make = bodies.incoming if kind == "incoming" else bodies.outgoing
    made = keeper.post("integrations.create", **make(channel=channel(room)))["integration"]
    to = f"integrations.{operation}"
    body = {"integrationId": made["_id"], **CHANGES[operation]}
    assert other.refused("POST", to, json=body)["errorType"] == "error-invalid-integration"
    admin.new_user().refused("POST", to, 403, json=body)
    Api(admin.url).refused("POST", to, 401, json=body)
    unknown = admin.refused("POST", to, json={**body, "integrationId": "0" * 24})
    assert unknown["error"] == "Invalid integration [error-invalid-integration]"
    for wrong in (
        {**body, "integrationId": ""},
        {**body, "odd": 1},
        {"integrationId": made["_id"], "x": 1},
        {},
    ):
        assert admin.refused("POST", to, json=wrong)["errorType"] == "invalid-params"
    assert stored(admin, made) == made
    tick()
    admin.post(to, **body)
    if operation != "transfer":
        keeper.post(to, **body)


def test_the_log_says_who_did_what_and_no_token(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        admin = server.admin()
        hook = Hook(admin)
        boss = admin.new_user(roles=["user", "admin"])
        new = regenerate(hook)
        transfer(admin, hook.integration, boss)
        admin.post("integrations.setEnabled", integrationId=hook.id, enabled=False)
        boss.post("integrations.setEnabled", integrationId=hook.id, enabled=True)
        names = (ADMIN, boss.username())
    log = [line for line in (tmp_path / "server.log").read_text().splitlines() if hook.id in line]
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in log]
    said = ["token regenerated", "transferred", "disabled", "enabled"]
    by = [names[0], names[0], names[0], names[1]]
    assert len(plain) == len(said)
    for line, what, who in zip(plain, said, by, strict=True):
        assert f"integration {what}" in line
        assert f"by={who}" in line
    assert f"to={names[1]}" in plain[1]
    for token in (hook.token, new["token"]):
        assert token not in "\n".join(log)
