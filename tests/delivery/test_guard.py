"""What webhooks and scripts may call, on a whole server: settings, certificates, proxy, its own address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.certificates import for_localhost, one_authority, self_signed
from tests.delivery.proxies import forward, refusing
from tests.delivery.webhooks import change, channel, finished, outgoing, say, texts, until
from tests.receivers import Receiver, reply
from tests.rest.integration_bodies import incoming
from tests.running import Api, Server, running

SELF_SIGNED = "Allow_Invalid_SelfSigned_Certs"


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose settings these tests change."""
    with running(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.fixture
def boss(guarded_server: Server) -> Iterator[Api]:
    """Its administrator; afterwards the settings are as they were."""
    api = guarded_server.admin()
    yield api
    api.post("settings/SSRF_Allowlist", value="")
    api.post("settings/SSRF_Denylist", value="")
    api.post(f"settings/{SELF_SIGNED}", value=False)


@pytest.fixture
def place(boss: Api) -> Any:
    room = boss.new_channel()
    boss.post("channels.invite", roomId=room["_id"], userId="rocket.cat")
    return room


def told(api: Api, place: Any, hook: Any, count: int) -> Any:
    """Say something, and the entry of what came of it, the ``count``-th."""
    say(api, "hello", channel(place))
    return finished(api, hook, count)[0]


def fetching(api: Api, out: Receiver, place: Any, call: str) -> Any:
    """An outgoing webhook whose script tells ``out`` what came of ``call``, an expression."""
    script = f"""class Script {{ async prepare_outgoing_request({{ request }}) {{
        let said;
        try {{ said = {call}; }} catch (error) {{ said = String(error); }}
        request.data = {{ said }};
        return request;
    }} }}"""
    return outgoing(api, out, channel(place), scriptEnabled=True, skipTranspile=True, script=script)


def test_lists_take_effect_at_once(boss: Api, place: Any) -> None:
    with Receiver() as receiver:
        hook = outgoing(boss, receiver, channel(place))
        assert told(boss, place, hook, 1)["error"] is False
        boss.post("settings/SSRF_Denylist", value="127.0.0.0/8")
        entry = told(boss, place, hook, 2)
        assert entry["error"] is True
        assert "denied network" in str(entry)
        boss.post("settings/SSRF_Denylist", value="")
        assert told(boss, place, hook, 3)["error"] is False
        assert len(receiver.requests) == 2


def test_the_server_does_not_call_itself(
    guarded_server: Server, boss: Api, place: Any, tmp_path: Path
) -> None:
    inner = boss.post("integrations.create", **incoming(username="rocket.cat", channel="#general"))[
        "integration"
    ]
    port = guarded_server.url.rpartition(":")[2]
    for number, host in enumerate(("127.0.0.1", "localhost", "127.0.0.2", "[::ffff:127.0.0.1]")):
        url = f"http://{host}:{port}/hooks/{inner['_id']}/{inner['token']}"
        hook = outgoing(boss, url, channel(place))
        entry = told(boss, place, hook, 1)
        assert "this server's own address" in str(entry), number
        boss.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])
    allowed = {"HOOKROOM_DELIVERIES_ALLOW_SELF": "true"}
    with running(tmp_path, environment=allowed) as server:
        api = server.admin()
        room = api.new_channel()
        inner = api.post("integrations.create", **incoming(username="rocket.cat", channel="#general"))[
            "integration"
        ]
        outgoing(api, f"{server.url}/hooks/{inner['_id']}/{inner['token']}", channel(room))
        say(api, "round we go", channel(room))
        until(lambda: "round we go" in texts(api), "message in #general")


class TestTrust:
    def test_certificates_of_an_integration(self, boss: Api, place: Any) -> None:
        with Receiver(tls=for_localhost().server()) as receiver:
            hook = outgoing(boss, receiver, channel(place))
            assert "certificate" in str(told(boss, place, hook, 1)["error"] and finished(boss, hook)[0])
            hook = change(boss, hook, caCertificate=f"# Ours\n{one_authority().pem}")
            assert hook["caCertificate"].startswith("# Ours\n")
            assert told(boss, place, hook, 2)["error"] is False
            hook = change(boss, hook, caCertificate="")
            assert told(boss, place, hook, 3)["error"] is True
            assert len(receiver.requests) == 1

    @pytest.mark.parametrize(
        "pem",
        ["none", one_authority().pem[:-40], for_localhost().pem + for_localhost().key_pem, "#" * 70_000],
    )
    def test_what_is_no_certificate_is_refused(self, boss: Api, place: Any, pem: str) -> None:
        hook = outgoing(boss, "http://127.0.0.1:9/", channel(place))
        body = {
            key: hook[key]
            for key in ("type", "name", "enabled", "username", "event", "urls", "scriptEnabled")
        }
        body |= {"channel": channel(place), "caCertificate": pem}
        for method, path, more in (
            ("POST", "integrations.create", {}),
            ("PUT", "integrations.update", {"integrationId": hook["_id"]}),
        ):
            answer = boss.refused(method, path, json={**body, **more})
            assert answer["errorType"] == "error-invalid-ca-certificate"
            assert "caCertificate must hold certificates in PEM form: " in answer["error"]
            assert "BEGIN" not in answer["error"]

    def test_unverified_only_where_the_administrator_permits_it(self, boss: Api, place: Any) -> None:
        with Receiver(tls=self_signed("localhost").server()) as receiver:
            hook = outgoing(boss, receiver, channel(place))
            body = {"type": hook["type"], "name": "x", "enabled": True, "username": "rocket.cat"}
            body |= {
                "event": "sendMessage",
                "urls": hook["urls"],
                "channel": "#general",
                "scriptEnabled": False,
            }
            answer = boss.refused("POST", "integrations.create", json={**body, "allowSelfSigned": True})
            assert answer["errorType"] == "error-not-allowed"
            assert SELF_SIGNED in answer["error"]
            boss.post(f"settings/{SELF_SIGNED}", value=True)
            assert told(boss, place, hook, 1)["error"] is True  # It does not ask for it.
            hook = change(boss, hook, allowSelfSigned=True)
            assert told(boss, place, hook, 2)["error"] is False
            boss.post(f"settings/{SELF_SIGNED}", value=False)
            entry = told(boss, place, hook, 3)
            assert entry["error"] is True
            assert "certificate" in str(entry).lower()
            assert len(receiver.requests) == 1
            # What was permitted once can be taken back, and the rest changed.
            assert change(boss, hook, allowSelfSigned=False, name="other")["allowSelfSigned"] is False

    def test_fetch_of_scripts(self, boss: Api, place: Any) -> None:
        with (
            Receiver([reply(200, b"inside")], tls=self_signed("localhost").server()) as receiver,
            Receiver() as out,
        ):
            hook = fetching(boss, out, place, f"await (await fetch('{receiver.url}', {{}}, true)).text()")
            told(boss, place, hook, 1)
            boss.post(f"settings/{SELF_SIGNED}", value=True)
            told(boss, place, hook, 2)
            boss.post(f"settings/{SELF_SIGNED}", value=False)
            told(boss, place, hook, 3)
            said = [one.json()["said"] for one in out.requests]
        assert [one == "inside" for one in said] == [False, True, False]
        assert "certificate" in said[2]


class TestRedirects:
    def test_to_metadata_are_not_followed(self, boss: Api, place: Any) -> None:
        there = [("Location", "http://169.254.169.254/latest/meta-data/")]
        with Receiver([reply(302, b"", there)]) as receiver:
            hook = outgoing(boss, receiver, channel(place))
            entry = told(boss, place, hook, 1)
            assert entry["error"] is True
            assert "302" in str(entry)
            assert len(receiver.requests) == 1

    @pytest.mark.parametrize(
        "there",
        ["http://169.254.169.254/", "http://[::ffff:a9fe:a9fe]/", "http://10.0.0.1/", "file:///etc/passwd"],
    )
    def test_of_a_script_are_checked_at_each_hop(self, boss: Api, place: Any, there: str) -> None:
        with (
            Receiver() as out,
            Receiver([reply(302, b"", [("Location", there)])]) as last,
            Receiver([reply(307, b"", [("Location", last.url)])]) as first,
        ):
            hook = fetching(boss, out, place, f"await fetch('{first.url}')")
            told(boss, place, hook, 1)
            assert len(last.requests) == 1
            said = out.requests[0].json()["said"]
        assert said.startswith("TypeError: ")
        assert "refused" in said or "http and https" in said

    def test_of_a_script_take_no_credentials_to_another_host(self, boss: Api, place: Any) -> None:
        with (
            Receiver() as out,
            Receiver() as last,
            Receiver([reply(307, b"", [("Location", last.url)])]) as first,
        ):
            url = first.url.replace("://", "://user:pass@")
            options = "{ method: 'POST', headers: { Cookie: 'a=b', 'X-Kept': '1' }, body: 'text' }"
            told(boss, place, fetching(boss, out, place, f"await fetch('{url}', {options})"), 1)
            assert first.requests[0].headers["authorization"] == "Basic dXNlcjpwYXNz"
            assert first.requests[0].headers["cookie"] == "a=b"
            [received] = last.requests
        assert (received.method, received.body) == ("POST", b"text")
        assert received.headers["x-kept"] == "1"
        assert not {"authorization", "cookie"} & set(received.headers)


class TestProxy:
    def test_webhooks_go_through_it(self, tmp_path: Path) -> None:
        with Receiver() as receiver, forward({"out.invalid": ("127.0.0.1", receiver.port)}) as through:
            environment = {
                "HOOKROOM_DELIVERIES_PROXY": f"http://user:s3cret@127.0.0.1:{through.port}",
                "http_proxy": "http://127.0.0.1:9",
                "no_proxy": "*",
            }
            with running(tmp_path, environment=environment) as server:
                api = server.admin()
                room = api.new_channel()
                hook = outgoing(api, "http://out.invalid/x", channel(room))
                entry = told(api, room, hook, 1)
                assert entry["error"] is False
                assert "s3cret" not in str(entry)
                [asked] = through.requests
                assert asked.headers["proxy-authorization"] == "Basic dXNlcjpzM2NyZXQ="
                assert "proxy-authorization" not in receiver.requests[0].headers
        log = (tmp_path / "server.log").read_text()
        assert f"http://127.0.0.1:{through.port}" in log
        assert "s3cret" not in log
        assert "dXNlcjpzM2NyZXQ" not in log

    def test_its_failures_are_tried_again_and_say_so(self, tmp_path: Path) -> None:
        with refusing(503) as through:
            environment = {"HOOKROOM_DELIVERIES_PROXY": f"http://user:s3cret@127.0.0.1:{through.port}"}
            with running(tmp_path, environment=environment) as server:
                api = server.admin()
                room = api.new_channel()
                retrying = {"retryFailedCalls": True, "retryCount": 1, "retryDelay": "powers-of-ten"}
                hook = outgoing(api, "https://out.invalid/x", channel(room), **retrying)
                entry = told(api, room, hook, 1)
                assert len(through.requests) == 2
        assert "The proxy did not connect to out.invalid:443 (status 503)" in str(entry)
        assert "s3cret" not in str(entry)


def test_the_log_says_what_may_be_called(tmp_path: Path) -> None:
    environment = {"HOOKROOM_DELIVERIES_ALLOW_PRIVATE": "true", "HOOKROOM_LOG_FORMAT": "json"}
    with running(tmp_path, environment=environment) as server:
        api = server.admin()
        api.post("settings/SSRF_Denylist", value="a.example b.example")
        api.post(f"settings/{SELF_SIGNED}", value=True)
    for flags, loopback, lists in ((), "true", 0), (("--host", "0.0.0.0"), "false", 2):
        with running(tmp_path, *flags, environment=environment):
            pass
        log = (tmp_path / "server.log").read_text().splitlines()
        said = [line for line in log if "outgoing webhooks may call" in line][-1 if lists else 0]
        assert f'"this_machine": {loopback}' in said
        assert '"private_networks": true' in said
        assert '"this_server": false' in said
        assert '"proxy": null' in said
        assert f'"denylist": {lists}' in said
        assert f'"self_signed": {"true" if lists else "false"}' in said
