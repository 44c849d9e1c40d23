"""Deliveries in order: over retries, over a crash, and with two nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.delivery.gates import Balky, Gate
from tests.delivery.servers import serving
from tests.delivery.webhooks import RETRYING, channel, finished, outgoing, say, told, until
from tests.receivers import Behaviour, Received, Receiver, hang, reply
from tests.running import Api, tick


class TestOrder:
    def test_one_that_is_retried_holds_up_those_behind_it(self, admin: Api, room: Any) -> None:
        names = [str(number) for number in range(8)]
        with Receiver(Balky()) as receiver:
            hook = outgoing(admin, receiver, channel(room), ordered=True, **RETRYING)
            for name in names:
                say(admin, name, channel(room))
            finished(admin, hook, len(names))
            assert told(receiver) == [name for name in names for _ in range(2)]

    def test_one_that_fails_for_good_lets_the_next_one_go(self, admin: Api, room: Any) -> None:
        with Receiver([reply(404), reply(500), reply(500), reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room), ordered=True, **{**RETRYING, "retryCount": 1})
            for name in ("no", "dead", "well"):
                say(admin, name, channel(room))
            entries = finished(admin, hook, 3)
            assert told(receiver) == ["no", "dead", "dead", "well"]
        states = {entry["data"]["text"]: entry["state"] for entry in entries}
        assert states == {"no": "failed", "dead": "dead", "well": "succeeded"}

    def test_without_it_others_pass(self, admin: Api, room: Any) -> None:
        with Receiver(lambda one: hang() if one.json()["text"] == "first" else reply()) as receiver:
            hook = outgoing(admin, receiver, channel(room))
            say(admin, "first", channel(room))
            receiver.wait_for(1)
            say(admin, "second", channel(room))
            assert finished(admin, hook)[0]["data"]["text"] == "second"

    def test_after_a_crash(self, database_url: str, tmp_path: Path) -> None:
        data, gate = tmp_path / "data", Gate()
        balky = Balky()

        def script(request: Received) -> Behaviour:
            return gate.hold() if request.json()["text"] == "2" else balky(request)

        with Receiver(script) as receiver:
            with serving(data, database_url, lease_s=0.5) as server:
                hook = outgoing(server.admin(), receiver, ordered=True, **RETRYING)
                for number in range(6):
                    say(server.admin(), str(number))
                until(lambda: gate.running, "call of the third")
                server.kill()
            gate.open()
            with serving(data, database_url, lease_s=0.5) as server:
                admin = server.admin()
                for number in range(6, 9):
                    say(admin, str(number))
                finished(admin, hook, 9)
            # The one that was under way when the server died is sent again; nothing else is out of line.
            assert told(receiver) == [str(number) for number in range(9) for _ in range(2)]

    def test_with_two_nodes(self, postgres_url: str, tmp_path: Path) -> None:
        names = [str(number) for number in range(12)]
        with (
            Receiver(Balky()) as receiver,
            serving(tmp_path / "one", postgres_url) as one,
            serving(tmp_path / "two", postgres_url) as two,
        ):
            nodes = [one.admin(), two.admin()]
            hook = outgoing(nodes[0], receiver, ordered=True, **RETRYING)
            query = {"integrationId": hook["_id"]}
            until(
                lambda: nodes[1].call("GET", "integrations.get", params=query).status_code == 200,
                "integration on the other node",
            )
            for number, name in enumerate(names):
                say(nodes[number % 2], name)
                tick()
            finished(nodes[0], hook, len(names), timeout_s=20)
            assert told(receiver) == [name for name in names for _ in range(2)]
