"""Signed outgoing webhooks, as their receivers see them (Standard Webhooks)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.signatures import keys, signatures, verifies
from tests.delivery.webhooks import change, channel, finished, history, outgoing, say, until
from tests.receivers import Receiver, reply
from tests.running import Api, Server, running


def signed(api: Api, receiver: Receiver, room: Any, scheme: str = "v1", **fields: Any) -> Any:
    return outgoing(api, receiver, channel(room), signing=scheme, **fields)


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_a_request_is_signed(own_server: Server, scheme: str) -> None:
    admin = own_server.admin()
    with Receiver() as receiver:
        hook = outgoing(admin, receiver, signing=scheme)
        assert hook["signing"] == scheme
        say(admin, "über")
        [got] = receiver.wait_for(1)
        [entry] = finished(admin, hook)
    [key] = keys(admin, hook)
    assert verifies(key, got)
    [signature] = signatures(got)
    assert signature.startswith(f"{scheme},")
    assert got.headers["webhook-id"] == entry["_id"]
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    # The contract's token stays where it is.
    assert got.json()["token"] == "outgoing-token"
    bent = type(got)(got.method, got.path, got.headers, got.body + b" ", got.header_lines)
    assert not verifies(key, bent)


def test_without_signing_nothing_is_signed(admin: Api, room: Any) -> None:
    with Receiver() as receiver:
        hook = outgoing(admin, receiver, channel(room))
        say(admin, "hello", channel(room))
        [got] = receiver.wait_for(1)
    assert "signing" not in hook
    assert got.headers["webhook-id"]
    assert got.headers.keys().isdisjoint({"webhook-signature", "webhook-timestamp"})


def test_every_attempt_is_signed_with_its_own_time(admin: Api, room: Any) -> None:
    retries: dict[str, Any] = {"retryFailedCalls": True, "retryCount": 1, "retryDelay": "increments-of-two"}
    with Receiver([reply(500), reply(200)]) as receiver:
        hook = signed(admin, receiver, room, **retries)
        say(admin, "hello", channel(room))
        first, second = receiver.wait_for(2)
        [entry] = finished(admin, hook)
    [key] = keys(admin, hook)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == entry["_id"]
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 1
    assert first.body == second.body
    assert verifies(key, first)
    assert verifies(key, second)


class TestRotation:
    def test_both_keys_sign_for_the_overlap_and_then_the_new_one(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            hook = signed(admin, receiver, room)
            [old] = keys(admin, hook)
            answer = admin.post("integrations.rotateSigningKey", integrationId=hook["_id"])
            new, kept = answer["keys"]
            assert kept == {**old, "expiresAt": kept["expiresAt"]}
            say(admin, "both", channel(room))
            both = receiver.wait_for(1)[0]
            assert len(signatures(both)) == 2
            assert verifies(old, both)
            assert verifies(new, both)
            answer = admin.post("integrations.rotateSigningKey", integrationId=hook["_id"], overlapHours=0)
            [last] = answer["keys"]
            say(admin, "the last", channel(room))
            alone = receiver.wait_for(2)[1]
        assert len(signatures(alone)) == 1
        assert [verifies(key, alone) for key in (last, new, old)] == [True, False, False]

    def test_to_a_key_of_ones_own(self, admin: Api, room: Any) -> None:
        own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        with Receiver() as receiver:
            hook = signed(admin, receiver, room)
            admin.post("integrations.rotateSigningKey", integrationId=hook["_id"], key=own, overlapHours=0)
            say(admin, "hello", channel(room))
            [got] = receiver.wait_for(1)
        assert verifies({"key": own}, got)

    @pytest.mark.parametrize(("before", "after"), [("v1", "v1a"), ("v1a", "v1")])
    def test_from_one_scheme_to_the_other_both_sign(
        self, admin: Api, room: Any, before: str, after: str
    ) -> None:
        with Receiver() as receiver:
            hook = signed(admin, receiver, room, before)
            [old] = keys(admin, hook)
            changed = change(admin, hook, signing=after)
            new, _ = keys(admin, hook)
            say(admin, "hello", channel(room))
            [got] = receiver.wait_for(1)
            assert [one.partition(",")[0] for one in signatures(got)] == [after, before]
            assert verifies(old, got)
            assert verifies(new, got)
            change(admin, changed, signing="")
            say(admin, "unsigned", channel(room))
            plain = receiver.wait_for(2)[1]
        assert "webhook-signature" not in plain.headers


class TestScripts:
    @pytest.mark.parametrize("scheme", ["v1", "v1a", None])
    def test_cannot_forge_the_headers(self, admin: Api, room: Any, scheme: str | None) -> None:
        script = """class Script {
          prepare_outgoing_request({ request }) {
            return { url: request.url, method: 'PUT', data: 'ünchanged\\n', headers: {
              'Webhook-Id': 'mine', 'WEBHOOK-TIMESTAMP': '1', 'webhook-Signature': 'v1,bWluZQ==',
              webhook_id: 'mine', Webhook_Timestamp: '1', webhook_signature: 'v1,bWluZQ==',
              'X-Webhook-Signature': 'of the script', 'Content-Type': 'text/plain' } };
          }
        }"""
        with Receiver() as receiver:
            hook = outgoing(
                admin,
                receiver,
                channel(room),
                signing=scheme,
                scriptEnabled=True,
                skipTranspile=True,
                script=script,
            )
            say(admin, "hello", channel(room))
            [got] = receiver.wait_for(1)
            [entry] = finished(admin, hook)
        names = [name.lower() for name, _ in got.header_lines if "webhook" in name.lower()]
        own = ["webhook-timestamp", "webhook-signature"] if scheme else []
        assert sorted(names) == sorted(["webhook-id", "x-webhook-signature", *own])
        assert got.headers["webhook-id"] == entry["_id"]
        assert got.body == "ünchanged\n".encode()
        for key in keys(admin, hook):
            assert verifies(key, got)

    def test_a_request_without_a_body_is_signed(self, admin: Api, room: Any) -> None:
        script = """class Script {
          prepare_outgoing_request({ request }) { return { url: request.url, method: 'GET' }; }
        }"""
        with Receiver() as receiver:
            hook = signed(admin, receiver, room, scriptEnabled=True, skipTranspile=True, script=script)
            say(admin, "hello", channel(room))
            [got] = receiver.wait_for(1)
        assert (got.method, got.body) == ("GET", b"")
        assert verifies(keys(admin, hook)[0], got)


def test_secrets_are_shown_to_those_who_ask_for_them_and_nowhere_else(tmp_path: Path) -> None:
    script = """class Script {
      prepare_outgoing_request({ request }) { console.log(JSON.stringify(request)); return request; }
      process_outgoing_response({ request, response }) {
        return { content: { text: JSON.stringify([request, response]) } };
      }
    }"""
    data = tmp_path / "data"
    texts: list[str] = []
    with running(data, environment={"HOOKROOM_LOG_LEVEL": "debug"}) as server, Receiver() as receiver:
        admin = server.admin()
        own = "whsec_" + "c2VjcmV0" * 5 + "c2VjcmU="
        for scheme in ("v1", "v1a"):
            hook = outgoing(
                admin, receiver, signing=scheme, scriptEnabled=True, script=script, triggerWords=["hello"]
            )
            texts.append(json.dumps(hook))
        hooks = admin.get("integrations.list")["integrations"]
        first = next(one for one in hooks if one.get("signing") == "v1")
        second = next(one for one in hooks if one.get("signing") == "v1a")
        shown = keys(admin, first)
        shown += admin.post("integrations.rotateSigningKey", integrationId=first["_id"], key=own)["keys"]
        public = admin.call("GET", "integrations.signingKeys", params={"integrationId": second["_id"]}).text
        assert "whpk_" in public
        assert "whsk_" not in public
        wrong = (
            {"integrationId": second["_id"], "key": own},
            {"integrationId": first["_id"], "key": own + "!"},
            {"integrationId": first["_id"], "key": own, "overlapHours": -1},
            {"integrationId": first["_id"], "key": [own]},
            {"integrationId": first["_id"], "secret": own},
        )
        texts += [admin.call("POST", "integrations.rotateSigningKey", json=one).text for one in wrong]
        say(admin, "hello")
        for hook in (first, second):
            [entry] = finished(admin, hook)
            [attempt] = entry["attempts"]
            assert attempt["request"]["headers"]["webhook-signature"] == "***"
            assert attempt["request"]["headers"]["webhook-timestamp"].isdigit()
            texts += [json.dumps(entry), json.dumps(history(admin, hook))]
            texts.append(json.dumps(admin.get("integrations.get", integrationId=hook["_id"])))
            texts.append(json.dumps(admin.post("integrations.test", integrationId=hook["_id"])))
            texts.append(json.dumps(change(admin, hook, alias="changed")))
        texts.append(json.dumps(admin.get("integrations.list")))
        texts.append(json.dumps(admin.get("channels.messages", roomId="GENERAL")))
        sent = [one for got in receiver.wait_for(2) for one in signatures(got)]
        texts.append(
            json.dumps(admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"]))
        )
    texts.append((data / "server.log").read_text())
    everything = "\n".join(texts)
    assert everything.count(first["_id"]) > 3
    for secret in {own, *(one["key"] for one in shown)}:
        assert secret.removeprefix("whsec_").rstrip("=")[:30] not in everything
    for signature in sent:
        assert signature.partition(",")[2] not in everything
    assert "whsk_" not in everything


def test_keys_survive_a_restart(database_url: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        with running(tmp_path / "data", database_url=database_url) as server:
            hook = outgoing(server.admin(), receiver, signing="v1")
            before = keys(server.admin(), hook)
            server.kill()
        with running(tmp_path / "data", database_url=database_url) as server:
            say(server.admin(), "hello")
            [got] = receiver.wait_for(1)
            assert keys(server.admin(), hook) == before
    assert verifies(before[0], got)


def test_a_key_that_was_exchanged_on_one_node_is_used_on_the_other(postgres_url: str, tmp_path: Path) -> None:
    with (
        Receiver() as receiver,
        running(tmp_path / "one", database_url=postgres_url) as one,
        running(tmp_path / "two", database_url=postgres_url) as two,
    ):
        here, there = one.admin(), two.admin()
        hook = outgoing(here, receiver, signing="v1")
        [old] = keys(here, hook)
        until(
            lambda: (
                there.call(
                    "GET", "integrations.signingKeys", params={"integrationId": hook["_id"]}
                ).is_success
            ),
            "key",
        )
        say(there, "first")
        assert verifies(old, receiver.wait_for(1)[0])
        rotated = here.post("integrations.rotateSigningKey", integrationId=hook["_id"], overlapHours=0)
        until(lambda: keys(there, hook) == rotated["keys"], "new key")
        say(there, "second")
        second = receiver.wait_for(2)[1]
        assert verifies(rotated["keys"][0], second)
        assert not verifies(old, second)
        change(there, hook, signing="")
        until(lambda: keys(here, hook) == [], "end of signing")
        say(here, "third")
        assert "webhook-signature" not in receiver.wait_for(3)[2].headers
