"""Integrations that do nobody any good are switched off, and who made them is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.servers import serving
from tests.delivery.webhooks import change, channel, finished, history, outgoing, say, until
from tests.receivers import Behaviour, Received, Receiver, reply, reply_json
from tests.running import Api, Server

SPAN_H = 0.0002
"""0.72 s."""
REASON = "All its calls failed for 0.72 seconds."
SECRETS = ("s3cret", "http://", "/path")

LATER: dict[str, Any] = {"retryFailedCalls": True, "retryCount": 1, "retryDelay": "powers-of-two"}
"""Called again once, after two seconds: longer than the span."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Server]:
    """A server of this module's own, whose patience is short."""
    with serving(tmp_path_factory.mktemp("off"), sqlite_template, disable_after_h=SPAN_H) as server:
        yield server


@pytest.fixture(scope="module")
def admin(server: Server) -> Api:
    return server.admin()


@pytest.fixture
def creator(admin: Api) -> Api:
    """Somebody who makes integrations, and hears what becomes of them."""
    return admin.new_user(roles=["user", "admin"])


def stored(api: Api, integration: Any) -> Any:
    return api.get("integrations.get", integrationId=integration["_id"])["integration"]


def switched_off(api: Api, integration: Any) -> Any:
    """The integration, once it is off."""
    return until(lambda: None if (one := stored(api, integration))["enabled"] else one, "switching off")


def letters(api: Api) -> list[str]:
    """What rocket.cat wrote to ``api``'s user."""
    room = api.post("im.create", username="rocket.cat")["room"]
    found = api.get("im.messages", roomId=room["_id"])["messages"]
    return [message["msg"] for message in found if message["u"]["username"] == "rocket.cat"]


def check_told(creator: Api, integration: Any, reason: str) -> None:
    [letter] = letters(creator)
    assert integration["name"] in letter
    assert integration["_id"] in letter
    assert reason in letter
    for secret in (*SECRETS, integration["token"]):
        assert secret not in letter


def by_text(request: Received) -> Behaviour:
    """Fails for what is bad."""
    return reply(500) if request.json()["text"] == "bad" else reply()


class TestFailingForTooLong:
    def test_it_is_switched_off_and_may_be_switched_on_again(self, creator: Api, room: Any) -> None:
        script = {"behaviour": reply_json({"text": "no"}, 500)}
        creator.post("channels.join", roomId=room["_id"])
        with Receiver(lambda _: script["behaviour"]) as receiver:
            url = f"{receiver.url.replace('//', '//user:s3cret@')}/path?s3cret"
            retrying = {"retryFailedCalls": True, "retryCount": 10, "retryDelay": "powers-of-ten"}
            hook = outgoing(creator, url, channel(room), token="s3cret-token", **retrying)
            assert "disabledReason" not in hook
            for text in ("one", "two", "three"):
                say(creator, text, channel(room))
            assert switched_off(creator, hook)["disabledReason"] == REASON
            check_told(creator, hook, REASON)

            # Each was tried again after 0.1 s and, if that was not the last, after 1 s.
            entries = history(creator, hook)
            assert [entry["state"] for entry in entries] == ["cancelled"] * 3
            assert all(entry["errorStack"] == "The integration was disabled." for entry in entries)
            assert all("nextAttemptAt" not in entry for entry in entries)
            calls = len(receiver.requests)
            assert 4 <= calls <= 9
            say(creator, "nobody is told", channel(room))

            script["behaviour"] = reply()
            enabled = change(creator, hook, enabled=True)
            assert enabled["enabled"] is True
            assert "disabledReason" not in stored(creator, hook)
            say(creator, "here again", channel(room))
            entry, *_ = finished(creator, hook, 4)
            assert entry["state"] == "succeeded"
            assert [one.json()["text"] for one in receiver.requests[calls:]] == ["here again"]
            assert len(letters(creator)) == 1

    def test_one_success_in_between_is_enough(self, creator: Api, room: Any) -> None:
        creator.post("channels.join", roomId=room["_id"])
        with Receiver(by_text) as receiver:
            hook = outgoing(creator, receiver, channel(room), **LATER)
            say(creator, "bad", channel(room))
            until(lambda: history(creator, hook)[0]["state"] == "waiting", "failure")
            say(creator, "good", channel(room))
            entries = finished(creator, hook, 2)
        assert sorted(entry["state"] for entry in entries) == ["dead", "succeeded"]
        assert stored(creator, hook)["enabled"] is True
        assert letters(creator) == []

    def test_without_one_the_same_switches_it_off(self, creator: Api, room: Any) -> None:
        creator.post("channels.join", roomId=room["_id"])
        with Receiver(by_text) as receiver:
            hook = outgoing(creator, receiver, channel(room), **LATER)
            say(creator, "bad", channel(room))
            [entry] = finished(creator, hook)
        assert (entry["state"], len(entry["attempts"])) == ("dead", 2)
        assert stored(creator, hook)["disabledReason"] == REASON
        check_told(creator, hook, REASON)

    def test_a_creator_who_is_gone_is_not_told(self, admin: Api, creator: Api, room: Any) -> None:
        with Receiver([reply(500)]) as receiver:
            hook = outgoing(creator, receiver, channel(room), **LATER)
            admin.post("users.setActiveStatus", userId=creator.user_id, activeStatus=False)
            say(admin, "bad", channel(room))
            assert switched_off(admin, hook)["disabledReason"] == REASON

    def test_the_span_goes_on_after_a_crash(self, database_url: str, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with Receiver([reply(500)]) as receiver:
            with serving(data, database_url, disable_after_h=SPAN_H) as server:
                hook = outgoing(server.admin(), receiver, **LATER)
                say(server.admin(), "bad")
                until(lambda: history(server.admin(), hook)[0]["state"] == "waiting", "failure")
                server.kill()
            with serving(data, database_url, disable_after_h=SPAN_H) as server:
                admin = server.admin()
                [entry] = finished(admin, hook)
                # A span that began anew would not be over with this one.
                assert len(entry["attempts"]) == len(receiver.requests) == 2
                assert stored(admin, hook)["disabledReason"] == REASON
                check_told(admin, hook, REASON)


@pytest.mark.parametrize("behaviour", [reply(410), reply_json({"text": "not to be posted"}, 410)])
def test_gone(creator: Api, room: Any, behaviour: Behaviour) -> None:
    creator.post("channels.join", roomId=room["_id"])
    with Receiver([behaviour]) as receiver:
        url = f"{receiver.url}/path?s3cret"
        hook = outgoing(creator, url, channel(room), token="s3cret-token", retryFailedCalls=True)
        say(creator, "hello", channel(room))
        off = switched_off(creator, hook)
        host = receiver.url.removeprefix("http://")
        assert off["disabledReason"] == f"{host} answered 410 Gone: it wants no more calls."
        check_told(creator, hook, off["disabledReason"])
        [entry] = finished(creator, hook)
        assert (entry["state"], entry["step"]) == ("failed", "after-process-http-status-410")
        said = creator.get("channels.messages", roomId=room["_id"])["messages"]
        assert [message["msg"] for message in said if "t" not in message] == ["hello"]


def test_the_user_that_it_posts_as_is_deactivated(admin: Api, creator: Api, room: Any) -> None:
    poster = admin.new_bot()
    poster.post("channels.join", roomId=room["_id"])
    with Receiver([reply(500)]) as receiver:
        hook = outgoing(creator, receiver, channel(room), username=poster.username(), **LATER)
        say(admin, "hello", channel(room))
        until(lambda: history(creator, hook)[0]["state"] == "waiting", "failure")
        admin.post("users.setActiveStatus", userId=poster.user_id, activeStatus=False)
        off = stored(creator, hook)
        assert off["enabled"] is False
        assert off["disabledReason"] == "The user it posts as was deactivated or deleted."
        [entry] = history(creator, hook)
        assert entry["state"] == "cancelled"
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("succeeds", [True, False])
def test_what_another_node_sees_counts(postgres_url: str, tmp_path: Path, succeeds: bool) -> None:
    with (
        Receiver(by_text) as receiver,
        serving(tmp_path / "one", postgres_url, disable_after_h=SPAN_H) as one,
        serving(tmp_path / "two", postgres_url, disable_after_h=SPAN_H) as two,
    ):
        here, there = one.admin(), two.admin()
        hook = outgoing(here, receiver, **LATER)
        query = {"integrationId": hook["_id"]}
        until(
            lambda: there.call("GET", "integrations.get", params=query).status_code == 200,
            "the other to hear",
        )
        say(here, "bad")
        until(lambda: history(here, hook)[0]["state"] == "waiting", "failure")
        if succeeds:
            say(there, "good")
        entries = finished(here, hook, 2 if succeeds else 1)
        assert {entry["state"] for entry in entries} == ({"dead", "succeeded"} if succeeds else {"dead"})
        assert stored(here, hook)["enabled"] is succeeds
        if not succeeds:
            until(lambda: not stored(there, hook)["enabled"], "the other to hear")
            assert stored(there, hook)["disabledReason"] == REASON
