"""``integrations.signingKeys`` and ``rotateSigningKey``, and ``signing`` of outgoing integrations. All of ours."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.delivery.signatures import keys
from tests.delivery.webhooks import change, outgoing
from tests.running import Api, Server, unique

from hookroom.rules.times import millis

SHOW = "integrations.signingKeys"
ROTATE = "integrations.rotateSigningKey"
URL = "http://127.0.0.1:9/"
HOUR = 3_600_000


def a_secret(size: int = 32, fill: bytes = b"s") -> str:
    return "whsec_" + base64.b64encode(fill * size).decode()


@pytest.fixture
def hook(admin: Api) -> Any:
    return outgoing(admin, URL, signing="v1")


@pytest.fixture
def keeper(admin: Api) -> Api:
    """Somebody who manages the outgoing integrations of their own."""
    role = admin.post("roles.create", name=unique("keeper"), scope="Users")["role"]["_id"]
    permission = "manage-own-outgoing-integrations"
    known = admin.get("permissions.listAll")["update"]
    roles = next(one["roles"] for one in known if one["_id"] == permission)
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, role]}])
    return admin.new_user(roles=["user", role])


class TestSwitching:
    @pytest.mark.parametrize("off", [None, ""])
    def test_it_is_off_unless_asked_for(self, admin: Api, off: str | None) -> None:
        for hook in (outgoing(admin, URL), outgoing(admin, URL, signing=off)):
            assert "signing" not in hook
            state = admin.get(SHOW, integrationId=hook["_id"])
            assert state == {"signing": None, "keys": [], "success": True}

    def test_v1_has_a_secret(self, admin: Api) -> None:
        hook = outgoing(admin, URL, signing="v1")
        state = admin.get(SHOW, integrationId=hook["_id"])
        [key] = state["keys"]
        assert state["signing"] == hook["signing"] == "v1"
        assert key.keys() == {"key", "createdAt"}
        assert key["createdAt"] == hook["_createdAt"]
        assert len(base64.b64decode(key["key"].removeprefix("whsec_"), validate=True)) == 32
        assert keys(admin, outgoing(admin, URL, signing="v1"))[0]["key"] != key["key"]

    def test_v1a_shows_the_public_key_only(self, admin: Api) -> None:
        hook = outgoing(admin, URL, signing="v1a")
        [key] = keys(admin, hook)
        assert key.keys() == {"publicKey", "createdAt"}
        assert len(base64.b64decode(key["publicKey"].removeprefix("whpk_"), validate=True)) == 32

    @pytest.mark.parametrize("signing", ["v2", "V1", "v1 ", " ", "true", "v1,v1a", "none"])
    def test_anything_else_is_refused(self, admin: Api, hook: Any, signing: str) -> None:
        body = {**_body(hook), "signing": signing}
        for method, path, more in (
            ("POST", "integrations.create", {}),
            ("PUT", "integrations.update", {"integrationId": hook["_id"]}),
        ):
            answer = admin.refused(method, path, json={**body, **more})
            assert answer["errorType"] == "error-invalid-signing"
        assert admin.get(SHOW, integrationId=hook["_id"])["signing"] == "v1"

    def test_an_update_that_does_not_name_it_keeps_it_and_the_key(self, admin: Api, hook: Any) -> None:
        before = keys(admin, hook)
        changed = change(admin, hook, alias="other")
        assert changed["signing"] == "v1"
        assert keys(admin, change(admin, changed, signing="v1")) == before

    @pytest.mark.parametrize("off", [None, ""])
    def test_switched_off_the_keys_are_gone(self, admin: Api, hook: Any, off: str | None) -> None:
        before = keys(admin, hook)
        changed = change(admin, hook, signing=off)
        assert "signing" not in changed
        assert keys(admin, hook) == []
        change(admin, changed, signing="v1")
        [again] = keys(admin, hook)
        assert again["key"] != before[0]["key"]

    @pytest.mark.parametrize(("before", "after"), [("v1", "v1a"), ("v1a", "v1")])
    def test_from_one_scheme_to_the_other_the_old_key_stays_a_day(
        self, admin: Api, before: str, after: str
    ) -> None:
        hook = outgoing(admin, URL, signing=before)
        [old] = keys(admin, hook)
        change(admin, hook, signing=after)
        state = admin.get(SHOW, integrationId=hook["_id"])
        new, kept = state["keys"]
        assert state["signing"] == after
        assert ("publicKey" in new, "publicKey" in kept) == (after == "v1a", before == "v1a")
        assert kept == {**old, "expiresAt": kept["expiresAt"]}
        assert millis(kept["expiresAt"]) - millis(new["createdAt"]) == 24 * HOUR

    def test_an_incoming_integration_has_none(self, admin: Api) -> None:
        body = {
            "type": "webhook-incoming",
            "name": "in",
            "enabled": True,
            "username": admin.new_bot().username(),
            "channel": "#general",
            "scriptEnabled": False,
        }
        assert (
            "invalid-params"
            in admin.refused("POST", "integrations.create", json={**body, "signing": "v1"})["error"]
        )
        hook = admin.post("integrations.create", **body)["integration"]
        for answer in _both(admin, hook["_id"]):
            assert answer["errorType"] == "integration-type-must-be-outgoing"


class TestRotating:
    def test_the_new_key_comes_first_and_the_old_one_has_an_end(self, admin: Api, hook: Any) -> None:
        [old] = keys(admin, hook)
        answer = admin.post(ROTATE, integrationId=hook["_id"])
        assert answer == admin.get(SHOW, integrationId=hook["_id"])
        new, kept = answer["keys"]
        assert new["key"] != old["key"] == kept["key"]
        assert "expiresAt" not in new
        assert millis(kept["expiresAt"]) - millis(new["createdAt"]) == 24 * HOUR
        stored = admin.get("integrations.get", integrationId=hook["_id"])["integration"]
        assert stored["_updatedAt"] == new["createdAt"]
        assert stored["_updatedBy"]["_id"] == admin.user_id

    @pytest.mark.parametrize(
        ("hours", "expected"), [(0.5, HOUR // 2), (720, 720 * HOUR), (None, 24 * HOUR), ("48", 48 * HOUR)]
    )
    def test_the_overlap_is_the_callers_to_say(
        self, admin: Api, hook: Any, hours: Any, expected: int
    ) -> None:
        new, kept = admin.post(ROTATE, integrationId=hook["_id"], overlapHours=hours)["keys"]
        assert millis(kept["expiresAt"]) - millis(new["createdAt"]) == expected

    def test_without_an_overlap_the_old_key_is_gone(self, admin: Api) -> None:
        hook = outgoing(admin, URL, signing="v1a")
        [old] = keys(admin, hook)
        [new] = admin.post(ROTATE, integrationId=hook["_id"], overlapHours=0)["keys"]
        assert new["publicKey"] != old["publicKey"]
        assert keys(admin, hook) == [new]

    @pytest.mark.parametrize("size", [24, 32, 64])
    def test_a_key_may_be_brought(self, admin: Api, hook: Any, size: int) -> None:
        for written in (a_secret(size), a_secret(size).rstrip("="), f" {a_secret(size)}\n"):
            answer = admin.post(ROTATE, integrationId=hook["_id"], key=written, overlapHours=0)
            assert answer["keys"][0]["key"] == a_secret(size)
            assert len(answer["keys"]) == 1

    def test_a_key_may_be_taken_up_again(self, admin: Api, hook: Any) -> None:
        [old] = keys(admin, hook)
        [new, _] = admin.post(ROTATE, integrationId=hook["_id"])["keys"]
        back, gone = admin.post(ROTATE, integrationId=hook["_id"], key=old["key"])["keys"]
        assert (back["key"], gone["key"]) == (old["key"], new["key"])
        assert "expiresAt" not in back

    @pytest.mark.parametrize(
        "key",
        [
            *("", " ", "secret", a_secret(23), a_secret(65), a_secret(32).removeprefix("whsec_")),
            *(a_secret(32).replace("whsec", "whsk"), a_secret(32).replace("whsec", "whpk"), "whsec_???"),
        ],
    )
    def test_a_key_that_is_none_changes_nothing(self, admin: Api, hook: Any, key: str) -> None:
        before = keys(admin, hook)
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"], "key": key})
        assert answer["errorType"] == "error-invalid-signing-key"
        assert len(key) < 10 or key[6:] not in answer["error"]
        assert keys(admin, hook) == before

    def test_a_key_of_ones_own_is_not_for_v1a(self, admin: Api) -> None:
        hook = outgoing(admin, URL, signing="v1a")
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"], "key": a_secret()})
        assert answer["errorType"] == "error-invalid-signing-key"

    def test_only_what_is_signed_has_a_key_to_exchange(self, admin: Api) -> None:
        hook = outgoing(admin, URL)
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"]})
        assert answer["errorType"] == "error-integration-not-signed"

    def test_there_is_a_bound_and_a_way_out(self, admin: Api, hook: Any) -> None:
        for _ in range(4):
            admin.post(ROTATE, integrationId=hook["_id"])
        before = keys(admin, hook)
        assert len(before) == 5
        refused = [
            admin.refused("POST", ROTATE, json={"integrationId": hook["_id"]}),
            admin.refused(
                "PUT",
                "integrations.update",
                json={**_body(hook), "integrationId": hook["_id"], "signing": "v1a"},
            ),
        ]
        assert {one["errorType"] for one in refused} == {"error-too-many-signing-keys"}
        assert keys(admin, hook) == before
        assert admin.get("integrations.get", integrationId=hook["_id"])["integration"]["signing"] == "v1"
        assert len(admin.post(ROTATE, integrationId=hook["_id"], overlapHours=0)["keys"]) == 1

    def test_at_once_no_key_gets_lost(self, own_server: Server) -> None:
        admin = own_server.admin()
        hook = outgoing(admin, URL, signing="v1")
        callers = [own_server.admin() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda api: api.post(ROTATE, integrationId=hook["_id"]), callers))
        left = keys(admin, hook)
        assert {one["keys"][0]["key"] for one in answers} < {one["key"] for one in left}
        assert len(left) == 5
        assert ["expiresAt" in one for one in left] == [False, True, True, True, True]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"overlapHours": -1},
            {"overlapHours": 720.1},
            {"overlapHours": "soon"},
            {"key": "x" * 257},
            {"key": {}},
            {"privateKey": "x"},
            {"integrationId": ""},
            {"integrationId": None},
        ],
    )
    def test_bodies_that_its_schema_refuses(self, admin: Api, hook: Any, wrong: dict[str, Any]) -> None:
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"], **wrong})
        assert answer["errorType"] == "invalid-params"
        assert len(keys(admin, hook)) == 1


class TestWhoMay:
    def test_nobody_without_a_login(self, server: Server, hook: Any) -> None:
        nobody = Api(server.url)
        nobody.refused("GET", SHOW, 401, params={"integrationId": hook["_id"]})
        nobody.refused("POST", ROTATE, 401, json={"integrationId": hook["_id"]})

    def test_not_without_a_permission(self, admin: Api, hook: Any) -> None:
        clear = admin.new_user()
        expected = clear.refused("POST", "integrations.clearHistory", json={"integrationId": hook["_id"]})
        for answer in _both(clear, hook["_id"]):
            assert answer["errorType"] == expected["errorType"] == "not_authorized"

    def test_not_somebody_elses(self, admin: Api, keeper: Api, hook: Any) -> None:
        before = keys(admin, hook)
        for answer in _both(keeper, hook["_id"]):
            assert answer["errorType"] == "error-invalid-integration"
        assert keys(admin, hook) == before

    def test_ones_own(self, admin: Api, keeper: Api) -> None:
        own = outgoing(keeper, URL, "#general", signing="v1")
        assert keys(keeper, own) == keys(admin, own)
        assert len(keeper.post(ROTATE, integrationId=own["_id"])["keys"]) == 2

    def test_what_is_not_there(self, admin: Api, hook: Any) -> None:
        admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])
        for unknown in (hook["_id"], "nothing"):
            for answer in _both(admin, unknown):
                assert answer["errorType"] == "error-invalid-integration"

    def test_an_id_is_needed(self, admin: Api) -> None:
        assert admin.refused("GET", SHOW)["errorType"] == "invalid-params"
        assert admin.refused("POST", ROTATE, json={})["errorType"] == "invalid-params"


def _both(api: Api, integration_id: str) -> list[Any]:
    """What both endpoints refuse."""
    return [
        api.refused("GET", SHOW, params={"integrationId": integration_id}),
        api.refused("POST", ROTATE, json={"integrationId": integration_id}),
    ]


def _body(hook: Any) -> dict[str, Any]:
    body = {
        key: hook[key] for key in ("type", "name", "enabled", "username", "event", "urls", "scriptEnabled")
    }
    return {**body, "channel": ",".join(hook["channel"])}
