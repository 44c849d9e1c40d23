"""``verification`` and limits of incoming integrations, ``verificationSecrets``, ``rotateVerificationSecret``."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from tests.delivery.webhooks import outgoing
from tests.hooks.hooks import Hook
from tests.rest.integration_bodies import incoming
from tests.rules.senders import FORM, SENDERS, TWO, b64, mac
from tests.running import Api, Server, running, unique

from hookroom.rules.times import millis

SHOW = "integrations.verificationSecrets"
ROTATE = "integrations.rotateVerificationSecret"
HOUR = 3_600_000
SECRET, OTHER = TWO
UNAUTHORIZED = {"success": False, "error": "Unauthorized"}
GITHUB = {"scheme": "github", "secret": SECRET}


def secrets(api: Api, integration: Any) -> list[Any]:
    found: list[Any] = api.get(SHOW, integrationId=integration["_id"])["secrets"]
    return found


def texts(api: Api, integration: Any) -> list[str]:
    return [one["secret"] for one in secrets(api, integration)]


def create(api: Api, **fields: Any) -> Any:
    return api.post("integrations.create", **incoming(**fields))["integration"]


def change(api: Api, integration: Any, **fields: Any) -> Any:
    body = incoming(name=integration["name"], integrationId=integration["_id"], username=..., **fields)
    return api.put("integrations.update", **body)["integration"]


def refused(api: Api, integration: Any, **fields: Any) -> Any:
    """What both ways of setting something refuse; answers the error of the second."""
    created = api.refused("POST", "integrations.create", json=incoming(**fields))
    body = incoming(integrationId=integration["_id"], **fields)
    changed = api.refused("PUT", "integrations.update", json=body)
    assert changed["error"] == created["error"]
    assert {**changed, "details": 0} == {**created, "details": 0}
    return changed


def github(secret: str, body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + mac(secret, body).hex()}


@pytest.fixture
def hook(admin: Api) -> Any:
    return create(admin, verification=GITHUB)


@pytest.fixture
def keeper(admin: Api) -> Api:
    """Somebody who manages the incoming integrations of their own."""
    role = admin.post("roles.create", name=unique("keeper"), scope="Users")["role"]["_id"]
    permission = "manage-own-incoming-integrations"
    known = admin.get("permissions.listAll")["update"]
    roles = next(one["roles"] for one in known if one["_id"] == permission)
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, role]}])
    return admin.new_user(roles=["user", role])


class TestSetting:
    @pytest.mark.parametrize("off", [None, {"scheme": "none"}, ...])
    def test_it_is_off_unless_asked_for(self, admin: Api, off: Any) -> None:
        made = create(admin, verification=off)
        assert "verification" not in made
        assert admin.get(SHOW, integrationId=made["_id"]) == {
            "scheme": "none",
            "secrets": [],
            "success": True,
        }

    def test_a_secret_goes_to_its_own_place(self, admin: Api) -> None:
        made = create(admin, verification={**GITHUB})
        assert made["verification"] == {"scheme": "github"}
        [one] = secrets(admin, made)
        assert one == {"secret": SECRET, "createdAt": made["_createdAt"]}

    def test_one_is_made_where_none_is_brought(self, admin: Api) -> None:
        header = {"scheme": "hmac", "header": "X-Sig"}
        made = [
            create(admin, verification=one) for one in ({"scheme": "gitlab"}, {"scheme": "standard"}, header)
        ]
        texts_of = [texts(admin, one)[0] for one in made]
        assert len(set(texts_of)) == 3
        assert texts_of[1].startswith("whsec_")
        assert made[2]["verification"] == {**header, "algorithm": "sha256", "encoding": "hex"}

    @pytest.mark.parametrize("scheme", ["slack", "stripe", "shopify", "twilio"])
    def test_what_the_service_chooses_must_be_given(self, admin: Api, hook: Any, scheme: str) -> None:
        answer = refused(admin, hook, verification={"scheme": scheme})
        assert answer["errorType"] == "error-invalid-verification"
        assert "verification.secret must be given" in answer["error"]
        assert (
            create(admin, verification={"scheme": scheme, "secret": SECRET})["verification"]["scheme"]
            == scheme
        )
        assert texts(admin, hook) == [SECRET]

    @pytest.mark.parametrize(
        ("verification", "named"),
        [
            *(({"scheme": "md5"}, "verification.scheme"), ({}, "verification.scheme")),
            *(
                ({**GITHUB, "header": "X"}, "verification.header"),
                ({"scheme": "hmac"}, "verification.header"),
            ),
            *(({**GITHUB, "secret": "short"}, "verification.secret"),),
            *(({**GITHUB, "secret": "x" * 257}, "verification.secret"),),
            *(({"scheme": "slack", "secret": SECRET, "tolerance": "5"}, "verification.tolerance"),),
            *(({"scheme": "header", "header": "a b"}, "verification.header"),),
        ],
    )
    def test_nonsense_is_refused_by_name(self, admin: Api, hook: Any, verification: Any, named: str) -> None:
        answer = refused(admin, hook, verification=verification)
        assert answer["errorType"] == "error-invalid-verification"
        assert named in answer["error"]
        assert texts(admin, hook) == [SECRET]

    @pytest.mark.parametrize("verification", ["github", [1], 5, True])
    def test_it_is_an_object(self, admin: Api, verification: Any) -> None:
        answer = admin.refused("POST", "integrations.create", json=incoming(verification=verification))
        assert answer["errorType"] == "invalid-params"

    def test_an_update_that_does_not_name_it_keeps_it(self, admin: Api, hook: Any) -> None:
        changed = change(admin, hook, alias="other")
        assert changed["verification"] == {"scheme": "github"}
        # As it is shown, without the secret, it may be sent again.
        assert change(admin, hook, verification=changed["verification"])["verification"] == {
            "scheme": "github"
        }
        assert texts(admin, hook) == [SECRET]

    def test_null_switches_it_off_and_the_secret_is_gone(self, admin: Api, hook: Any) -> None:
        assert "verification" not in change(admin, hook, verification=None)
        assert texts(admin, hook) == []
        change(admin, hook, verification={"scheme": "github"})
        assert texts(admin, hook) != [SECRET]

    def test_an_outgoing_integration_has_none(self, admin: Api) -> None:
        made = outgoing(admin, "http://127.0.0.1:9/")
        for answer in _both(admin, made["_id"]):
            assert answer["errorType"] == "integration-type-must-be-incoming"


class TestLimits:
    def test_they_are_kept_as_they_are_sent(self, admin: Api) -> None:
        fields = {"rateLimitCalls": 10, "rateLimitSeconds": 5, "idempotencyHours": 1.5}
        made = create(admin, allowedNetworks="10.0.0.0/8, ::1", **fields)
        expected = {"allowedNetworks": ["10.0.0.0/8", "::1"], **fields}
        assert {name: made[name] for name in expected} == expected
        kept = change(admin, made, alias="x")
        assert {name: kept[name] for name in expected} == expected
        none = change(
            admin, made, allowedNetworks=[], rateLimitCalls=0, rateLimitSeconds=None, idempotencyHours=None
        )
        assert not expected.keys() & none.keys()
        listed = change(admin, made, allowedNetworks=["127.0.0.1"], rateLimitCalls=7, idempotencyHours=0)
        assert (listed["allowedNetworks"], listed["idempotencyHours"]) == (["127.0.0.1"], 0)
        assert (listed["rateLimitCalls"], listed["rateLimitSeconds"]) == (7, 60)

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"allowedNetworks": "example.com"}, "error-invalid-networks"),
            ({"allowedNetworks": ["10.0.0.0/8", "10.0.0.0/99"]}, "error-invalid-networks"),
            ({"rateLimitCalls": 1_000_001}, "error-invalid-rate-limit"),
            ({"rateLimitCalls": -1}, "error-invalid-rate-limit"),
            ({"rateLimitCalls": 1, "rateLimitSeconds": 86_401}, "error-invalid-rate-limit"),
            ({"rateLimitSeconds": 5}, "error-invalid-rate-limit"),
            ({"idempotencyHours": 721}, "error-invalid-idempotency-hours"),
            ({"idempotencyHours": -1}, "error-invalid-idempotency-hours"),
        ],
    )
    def test_nonsense_is_refused(self, admin: Api, hook: Any, fields: dict[str, Any], code: str) -> None:
        answer = refused(admin, hook, **fields)
        assert answer["errorType"] == code
        assert any(name in answer["error"] for name in fields)


class TestRotating:
    def test_the_new_secret_comes_first_and_the_old_one_has_an_end(self, admin: Api, hook: Any) -> None:
        answer = admin.post(ROTATE, integrationId=hook["_id"])
        assert answer == admin.get(SHOW, integrationId=hook["_id"])
        assert answer["scheme"] == "github"
        new, kept = answer["secrets"]
        assert kept["secret"] == SECRET != new["secret"]
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
        new, kept = admin.post(ROTATE, integrationId=hook["_id"], overlapHours=hours)["secrets"]
        assert millis(kept["expiresAt"]) - millis(new["createdAt"]) == expected

    def test_a_secret_may_be_brought_and_taken_up_again(self, admin: Api, hook: Any) -> None:
        admin.post(ROTATE, integrationId=hook["_id"], secret=OTHER)
        assert texts(admin, hook) == [OTHER, SECRET]
        admin.post(ROTATE, integrationId=hook["_id"], secret=SECRET, overlapHours=1)
        assert texts(admin, hook) == [SECRET, OTHER]
        admin.post(ROTATE, integrationId=hook["_id"], secret=OTHER, overlapHours=0)
        assert texts(admin, hook) == [OTHER]

    @pytest.mark.parametrize("secret", ["", "short", "x" * 257, " " + SECRET, SECRET + "\n"])
    def test_a_secret_that_is_none_changes_nothing(self, admin: Api, hook: Any, secret: str) -> None:
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"], "secret": secret})
        assert answer["errorType"] == "error-invalid-verification"
        assert answer["error"].startswith("secret must ")
        assert texts(admin, hook) == [SECRET]

    def test_what_the_service_chooses_must_be_given(self, admin: Api) -> None:
        made = create(admin, verification={"scheme": "stripe", "secret": SECRET})
        answer = admin.refused("POST", ROTATE, json={"integrationId": made["_id"]})
        assert answer["errorType"] == "error-invalid-verification"
        admin.post(ROTATE, integrationId=made["_id"], secret=OTHER)
        assert texts(admin, made) == [OTHER, SECRET]

    def test_only_what_is_verified_has_a_secret_to_exchange(self, admin: Api) -> None:
        answer = admin.refused("POST", ROTATE, json={"integrationId": create(admin)["_id"]})
        assert answer["errorType"] == "error-integration-not-verified"

    def test_there_is_a_bound_and_a_way_out(self, admin: Api, hook: Any) -> None:
        for _ in range(4):
            admin.post(ROTATE, integrationId=hook["_id"])
        before = texts(admin, hook)
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"]})
        assert answer["errorType"] == "error-too-many-verification-secrets"
        assert texts(admin, hook) == before
        assert len(admin.post(ROTATE, integrationId=hook["_id"], overlapHours=0)["secrets"]) == 1

    def test_at_once_no_secret_gets_lost(self, own_server: Server) -> None:
        admin = own_server.admin()
        made = create(admin, verification=GITHUB)
        callers = [own_server.admin() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda api: api.post(ROTATE, integrationId=made["_id"]), callers))
        left = texts(admin, made)
        assert {one["secrets"][0]["secret"] for one in answers} | {SECRET} == set(left)

    @pytest.mark.parametrize(
        "wrong",
        [
            *(
                {"overlapHours": -1},
                {"overlapHours": 720.1},
                {"overlapHours": "soon"},
                {"secret": "x" * 1025},
            ),
            *({"secret": {}}, {"scheme": "x"}, {"integrationId": ""}, {"integrationId": None}),
        ],
    )
    def test_bodies_that_its_schema_refuses(self, admin: Api, hook: Any, wrong: dict[str, Any]) -> None:
        answer = admin.refused("POST", ROTATE, json={"integrationId": hook["_id"], **wrong})
        assert answer["errorType"] == "invalid-params"
        assert texts(admin, hook) == [SECRET]


class TestWhoMay:
    def test_nobody_without_a_login(self, server: Server, hook: Any) -> None:
        nobody = Api(server.url)
        nobody.refused("GET", SHOW, 401, params={"integrationId": hook["_id"]})
        nobody.refused("POST", ROTATE, 401, json={"integrationId": hook["_id"]})

    def test_not_without_a_permission(self, admin: Api, hook: Any) -> None:
        for answer in _both(admin.new_user(), hook["_id"]):
            assert answer["errorType"] == "not_authorized"

    def test_not_somebody_elses(self, admin: Api, keeper: Api, hook: Any) -> None:
        for answer in _both(keeper, hook["_id"]):
            assert answer["errorType"] == "error-invalid-integration"
        assert texts(admin, hook) == [SECRET]

    def test_ones_own(self, admin: Api, keeper: Api) -> None:
        own = create(keeper, verification=GITHUB)
        assert secrets(keeper, own) == secrets(admin, own)
        assert len(keeper.post(ROTATE, integrationId=own["_id"])["secrets"]) == 2

    def test_what_is_not_there(self, admin: Api, hook: Any) -> None:
        admin.post("integrations.remove", type="webhook-incoming", integrationId=hook["_id"])
        for unknown in (hook["_id"], "nothing"):
            for answer in _both(admin, unknown):
                assert answer["errorType"] == "error-invalid-integration"


class TestCalls:
    """Through the real endpoint, over the wire."""

    @pytest.mark.parametrize("name", [name for name in SENDERS if name != "twilio"])
    def test_every_scheme(self, admin: Api, name: str) -> None:
        sender = SENDERS[name]
        shown = {
            field: getattr(sender.verification, field)
            for field in ("scheme", "header", "algorithm", "encoding", "prefix")
            if getattr(sender.verification, field) is not None
        }
        hook = Hook(admin, verification={**shown, "secret": sender.secrets[0]})
        body = json.dumps({"text": unique("text")}).encode()
        right = dict(sender.headers(0, body, int(time.time())))
        wrong = dict(sender.headers(1, body, int(time.time())))
        for headers in ({}, wrong, {next(iter(right)): "x"}):
            answer = hook.call(content=body, headers=headers)
            assert answer.status_code == 401
            assert answer.json() == UNAUTHORIZED
        if sender.covers_body:
            assert hook.call(content=body + b" ", headers=right).status_code == 401
        assert hook.messages() == []
        assert hook.call(content=body, headers=right).json() == {"success": True}
        assert [one["msg"] for one in hook.messages()] == [json.loads(body)["text"]]

    def test_standard_webhooks_as_their_library_signs(self, admin: Api) -> None:
        hook = Hook(admin, verification={"scheme": "standard"})
        [secret] = texts(admin, hook.integration)
        body, at = '{"text": "signed"}', datetime.now(UTC)
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", at, body),
        }
        assert hook.call(content=body, headers=headers).status_code == 200
        assert hook.call(content=body + "\n", headers=headers).status_code == 401

    def test_twilio_signs_the_public_address(self, tmp_path: Path) -> None:
        """The server's own, or the one that a trusted proxy says was called."""
        with running(tmp_path, environment={"HOOKROOM_TRUSTED_PROXIES": "127.0.0.1"}) as server:
            hook = Hook(server.admin(), verification={"scheme": "twilio", "secret": SECRET})
            proxied = {"X-Forwarded-Host": "chat.example.com", "X-Forwarded-Proto": "https"}
            form = httpx.QueryParams({"text": "hello wörld", "From": "+14158675309"})
            fields = "".join(name + form[name] for name in sorted(form))
            body = b'{"text": "as JSON"}'
            query = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
            for site, more in ((server.url, {}), ("https://chat.example.com", proxied)):
                url = site + hook.path
                headers = {"X-Twilio-Signature": b64(mac(SECRET, (url + fields).encode(), "sha1")), **more}
                of_form = {**headers, "Content-Type": FORM}
                assert hook.call(content=str(form), headers=of_form).status_code == 200
                assert hook.call(content=f"{form}&x=1", headers=of_form).status_code == 401
                headers["X-Twilio-Signature"] = b64(mac(SECRET, (url + query).encode(), "sha1"))
                assert hook.call(path=hook.path + query, content=body, headers=headers).status_code == 200
                assert hook.call(path=hook.path, content=body, headers=headers).status_code == 401
            assert [one["msg"] for one in hook.messages()] == ["as JSON", "hello wörld"] * 2

    def test_while_secrets_are_exchanged_both_are_right(self, admin: Api) -> None:
        hook = Hook(admin, verification=GITHUB)
        admin.post(ROTATE, integrationId=hook.id, secret=OTHER)
        for secret in (SECRET, OTHER):
            assert hook.call(content=b"{}", headers=github(secret, b"{}")).status_code == 200
        admin.post(ROTATE, integrationId=hook.id, secret=OTHER, overlapHours=0)
        assert hook.call(content=b"{}", headers=github(SECRET, b"{}")).status_code == 401
        assert hook.call(content=b"{}", headers=github(OTHER, b"{}")).status_code == 200

    def test_a_query_is_not_covered_by_the_signature_of_a_body(self, admin: Api) -> None:
        hook = Hook(admin, verification=GITHUB)
        answer = hook.call("GET", hook.path + "?text=x", headers=github(SECRET, b""))
        assert (answer.status_code, hook.messages()) == (401, [])


def test_no_secret_is_where_it_does_not_belong(tmp_path: Path) -> None:
    """Nor any signature: what the log says of a refused call is who was called and why."""
    environment = {"HOOKROOM_LOG_LEVEL": "debug"}
    with running(tmp_path, environment=environment) as server:
        admin = server.admin()
        hook = Hook(admin, verification=GITHUB)
        admin.post(ROTATE, integrationId=hook.id, secret=OTHER)
        generated = admin.post(ROTATE, integrationId=hook.id)["secrets"][0]["secret"]
        wrong = github("yet another secret", b"{}")
        for headers in (github(OTHER, b"{}"), wrong, {"X-Hub-Signature-256": SECRET}):
            hook.call(content=b"{}", headers=headers)
        hook.call(content=b"{}", headers={"X-Hub-Signature-256": OTHER * 400})
        admin.call("POST", ROTATE, json={"integrationId": hook.id, "secret": f" {OTHER}"})
        admin.call(
            "PUT",
            "integrations.update",
            json=incoming(integrationId=hook.id, verification={**GITHUB, "x": 1}),
        )
        shown = [
            admin.call("GET", path).text
            for path in (
                f"integrations.get?integrationId={hook.id}",
                "integrations.list",
                f"integrations.history?id={hook.id}",
                f"integrations.calls?integrationId={hook.id}",
                "channels.getIntegrations?roomId=" + hook.room["_id"],
                f"channels.messages?roomId={hook.room['_id']}",
            )
        ]
        admin.post("integrations.remove", type="webhook-incoming", integrationId=hook.id)
    log = (tmp_path / "server.log").read_text()
    assert log.count("webhook call not verified") == 3
    assert hook.id in log
    for secret in (SECRET, OTHER, generated, wrong["X-Hub-Signature-256"]):
        assert secret not in log
        assert secret not in "\n".join(shown)


def _both(api: Api, integration_id: str) -> list[Any]:
    """What both endpoints refuse."""
    return [
        api.refused("GET", SHOW, params={"integrationId": integration_id}),
        api.refused("POST", ROTATE, json={"integrationId": integration_id}),
    ]
