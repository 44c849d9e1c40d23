"""How many calls are made at once, what integrations may say of that, and the standard schedule, end to end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.gates import Balky, Gate
from tests.delivery.servers import serving
from tests.delivery.webhooks import RETRYING, channel, finished, history, outgoing, say, told, until
from tests.receivers import Receiver, reply
from tests.running import Api, unique


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Api]:
    """Of a server of this module's own. A host takes 8 calls at once, an integration 3, the server 20."""
    limits = {"concurrency": 20, "per_host": 8, "per_integration": 3, "timeout_s": 60}
    with serving(tmp_path_factory.mktemp("limits"), sqlite_template, **limits) as server:
        yield server.admin()


class TestLimits:
    """A single lane leaves some of its host's places to others."""

    def check(
        self, admin: Api, room: Any, gate: Gate, hooks: Sequence[Any], most: int, each: int = 6
    ) -> None:
        """``most`` calls are there at once, no more while others wait; once they may, all of them come."""
        for number in range(each):
            say(admin, f"message {number}", channel(room))
        until(lambda: gate.running >= most, f"{most} calls at once")
        with Receiver() as other:
            # A delivery of later has its place all the same, and those of before had their chance.
            private = admin.new_channel()
            beside = outgoing(admin, other, channel(private))
            if most < 20:
                say(admin, "beside", channel(private))
                finished(admin, beside)
            assert gate.running == gate.most == most
            gate.open()
            for hook in hooks:
                entries = finished(admin, hook, each * len(hook["urls"]))
                assert {entry["state"] for entry in entries} == {"succeeded"}
                assert {len(entry["attempts"]) for entry in entries} == {1}
        assert gate.most == most

    @pytest.mark.parametrize(("own", "most"), [(None, 3), (1, 1), (2, 2), (1000, 4)])
    def test_of_an_integration(self, admin: Api, room: Any, own: int | None, most: int) -> None:
        gate = Gate()
        with Receiver([gate.hold()]) as receiver:
            hook = outgoing(admin, receiver, channel(room), concurrency=own)
            self.check(admin, room, gate, [hook], most)

    def test_of_an_integration_with_several_receivers(self, admin: Api, room: Any) -> None:
        gate = Gate()
        with contextlib.ExitStack() as stack:
            urls = [stack.enter_context(Receiver([gate.hold()])).url for _ in range(4)]
            hook = outgoing(admin, urls[0], channel(room), urls=urls)
            self.check(admin, room, gate, [hook], 3)

    def test_of_a_host(self, admin: Api, room: Any) -> None:
        gate = Gate()
        with Receiver([gate.hold()]) as receiver:
            hooks = [outgoing(admin, f"{receiver.url}/{number}", channel(room)) for number in range(12)]
            self.check(admin, room, gate, hooks, 8, each=2)

    def test_of_the_server(self, admin: Api, room: Any) -> None:
        gate = Gate()
        with contextlib.ExitStack() as stack:
            receivers = [stack.enter_context(Receiver([gate.hold()])) for _ in range(24)]
            hooks = [outgoing(admin, receiver, channel(room)) for receiver in receivers]
            self.check(admin, room, gate, hooks, 20, each=1)

    def test_one_at_a_time_may_be_out_of_order_but_never_two(self, admin: Api, room: Any) -> None:
        gate = Gate()
        gate.open()
        balky = Balky()
        with Receiver(lambda request: gate.hold(balky(request))) as receiver:
            hook = outgoing(admin, receiver, channel(room), concurrency=1, **RETRYING)
            for number in range(6):
                say(admin, str(number), channel(room))
            finished(admin, hook, 6)
        assert gate.most == 1
        assert Counter(told(receiver)) == {str(number): 2 for number in range(6)}


class TestFields:
    @pytest.mark.parametrize("value", [0, -1, 1001, 5000, 10**30])
    def test_concurrency_out_of_bounds(self, admin: Api, value: int) -> None:
        answer = admin.refused("POST", "integrations.create", json=body(concurrency=value))
        assert answer == {
            "success": False,
            "error": "concurrency must be 1 to 1000 [error-invalid-concurrency]",
            "errorType": "error-invalid-concurrency",
            "details": {"function": "validateOutgoing"},
        }

    @pytest.mark.parametrize(
        ("fields", "kind"),
        [
            *(({"concurrency": value}, "integer") for value in ("x", 1.5, [1], {"a": 1})),
            *(({"ordered": value}, "boolean") for value in ("x", 2, [True], {"a": 1})),
        ],
    )
    def test_what_is_no_value_at_all(self, admin: Api, fields: dict[str, Any], kind: str) -> None:
        answer = admin.refused("POST", "integrations.create", json=body(**fields))
        assert answer == {
            "success": False,
            "error": "must NOT have additional properties\n "
            f"must be {kind}\n must match exactly one schema in oneOf [invalid-params]",
            "errorType": "invalid-params",
        }

    def test_a_refused_change_changes_nothing(self, admin: Api) -> None:
        made = admin.post("integrations.create", **body(concurrency=7, ordered=True))["integration"]
        assert (made["concurrency"], made["ordered"]) == (7, True)
        changed = body(integrationId=made["_id"], name="another", concurrency=0)
        assert admin.refused("PUT", "integrations.update", json=changed)["errorType"] == (
            "error-invalid-concurrency"
        )
        stored = admin.get("integrations.get", integrationId=made["_id"])["integration"]
        assert stored == made


def body(**fields: Any) -> dict[str, Any]:
    return {
        "type": "webhook-outgoing",
        "name": unique("hook"),
        "enabled": True,
        "username": "rocket.cat",
        "event": "sendMessage",
        "channel": "#general",
        "urls": ["http://127.0.0.1:9/"],
        "scriptEnabled": False,
        "token": "outgoing-token",
        **fields,
    }


def test_the_standard_schedule(admin: Api, room: Any) -> None:
    with Receiver([reply(500)]) as receiver:
        hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True, retryDelay="standard")
        assert hook["retryCount"] == 7
        say(admin, "hello", channel(room))
        entry = until(
            lambda: next((one for one in history(admin, hook) if one["state"] == "waiting"), None), "failure"
        )
    assert entry["step"] == "going-to-retry-1"
    assert entry["finished"] is False
    [attempt] = entry["attempts"]
    ended = datetime.fromisoformat(attempt["startedAt"]).timestamp() + attempt["durationMs"] / 1000
    ahead = datetime.fromisoformat(entry["nextAttemptAt"]).timestamp() - ended
    # With a tenth of jitter at most, and what it takes to write it down.
    assert 4.99 <= ahead <= 5.5 + 1
