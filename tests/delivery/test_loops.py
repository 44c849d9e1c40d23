"""Webhooks that cause each other come to rest, on whatever way they do (docs/decisions/0012)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.loops import SELF, a_room, asking, called, cut, messages, proxy, rest, says, senders
from tests.delivery.webhooks import change, channel, finished, outgoing, say, until
from tests.hooks.hooks import Hook
from tests.receivers import Behaviour, Received, Receiver, reply, reply_json
from tests.running import Api, Server, running

from hookroom.integrations.chain_ends import CUT
from hookroom.rules.chain import CHAIN
from hookroom.rules.triggers import MAX_CHAIN_DEPTH


@pytest.fixture(scope="module")
def itself(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose webhooks may call it itself."""
    with running(tmp_path_factory.mktemp("itself"), environment=SELF) as server:
        yield server


@pytest.fixture(scope="module")
def api(itself: Server) -> Api:
    """Its administrator."""
    return itself.admin()


def into(api: Api, room: Any, **fields: Any) -> Hook:
    """An incoming webhook that posts in ``room``."""
    return Hook(api, channel=channel(room), **fields)


def url(hook: Hook) -> str:
    return hook.admin.url + hook.path


class TestAnswers:
    def test_an_answer_does_not_fire_its_own_integration(self, admin: Api, room: Any) -> None:
        with Receiver([reply_json({"text": "me again"})]) as receiver, Receiver() as other:
            hook = outgoing(admin, receiver, channel(room))
            outgoing(admin, other, channel(room))
            say(admin, "hello", channel(room))
            finished(admin, hook)
            # The other one hears both, the message and the answer.
            assert [one.json()["text"] for one in other.wait_for(2)] == ["hello", "me again"]
            assert len(receiver.requests) == 1

    def test_two_that_answer_each_other_end_and_say_so(self, own_server: Server, tmp_path: Path) -> None:
        admin = own_server.admin()
        room = a_room(admin)
        with (
            Receiver([reply_json({"text": "ping"})]) as one,
            Receiver([reply_json({"text": "pong"})]) as two,
        ):
            hooks = [outgoing(admin, receiver, channel(room)) for receiver in (one, two)]
            say(admin, "go", channel(room))
            histories = rest(*((admin, hook) for hook in hooks))
        # Each round one answer of each: five deep, none beyond.
        said = [message["msg"] for message in messages(admin, room)]
        assert sorted(said) == ["go"] + ["ping"] * 5 + ["pong"] * 5
        for entries in histories:
            assert len(called(entries)) == MAX_CHAIN_DEPTH
            [why] = cut(entries)
            assert why == CUT
            assert entries[0]["data"]["text"] in ("ping", "pong")
        log = (tmp_path / "data" / "server.log").read_text()
        assert log.count("chain of integrations ended") == 2

    def test_a_loop_that_is_begun_again_and_again_is_told_of_once(self, admin: Api, room: Any) -> None:
        with Receiver([reply_json({"text": "ping"})]) as one, Receiver([reply_json({"text": "pong"})]) as two:
            hooks = [outgoing(admin, receiver, channel(room)) for receiver in (one, two)]
            for _ in range(4):
                say(admin, "go", channel(room))
            for entries in rest(*((admin, hook) for hook in hooks)):
                assert len(called(entries)) == 4 * MAX_CHAIN_DEPTH
                # Two, where a minute ends meanwhile.
                assert 1 <= len(cut(entries)) <= 2

    def test_in_two_rooms(self, admin: Api) -> None:
        rooms = [a_room(admin) for _ in range(2)]
        with Receiver([reply_json({"text": "over to you"})]) as receiver:
            hooks = [
                outgoing(admin, receiver, channel(here), targetRoom=channel(there))
                for here, there in (rooms, reversed(rooms))
            ]
            say(admin, "go", channel(rooms[0]))
            first, second = rest(*((admin, hook) for hook in hooks))
        assert (len(called(first)), len(called(second))) == (3, 2)
        assert cut(first) == []
        assert cut(second) == [CUT]
        assert [len(messages(admin, room)) for room in rooms] == [3, 3]

    def test_a_hook_that_answers_a_bot(self, admin: Api, room: Any) -> None:
        """A bot's messages fire webhooks, the one that posts as that bot too; its answers do not fire it."""
        bot = admin.new_bot()
        admin.post("channels.invite", roomId=room["_id"], userId=bot.user_id)
        with Receiver([reply_json({"text": "answer"})]) as receiver, Receiver() as other:
            own = outgoing(admin, receiver, channel(room), username=bot.username())
            listener = outgoing(admin, other, channel(room))
            say(bot, "hello", channel(room))
            of_bot, of_other = rest((admin, own), (admin, listener))
        assert [one["data"]["text"] for one in of_bot] == ["hello"]
        assert [one["data"]["text"] for one in of_other] == ["answer", "hello"]
        assert [one["u"]["_id"] for one in messages(admin, room)] == [bot.user_id] * 2

    def test_programs_that_send_along_what_they_received(self, admin: Api, room: Any) -> None:
        """Two programs that answer through the API, each as a bot, with the header of the call they answer."""
        bots = [admin.new_bot() for _ in range(2)]

        def answering(bot: Api) -> Callable[[Received], Behaviour]:
            def answer(call: Received) -> Behaviour:
                message = {"channel": channel(room), "text": "answer"}
                # In the receiver's own thread: the call waits for its answer.
                posted = bot.call(
                    "POST", "chat.postMessage", json=message, headers={CHAIN: call.headers[CHAIN]}
                )
                return reply(posted.status_code)

            return answer

        with Receiver(answering(bots[0])) as one, Receiver(answering(bots[1])) as two:
            hooks = [outgoing(admin, receiver, channel(room)) for receiver in (one, two)]
            say(admin, "go", channel(room))
            for entries in rest(*((admin, hook) for hook in hooks)):
                assert len(called(entries)) == MAX_CHAIN_DEPTH
                assert cut(entries) == [CUT]

    def test_answers_in_the_name_of_who_wrote(self, admin: Api, room: Any) -> None:
        """``impersonateUser`` makes no answer a person's message: the chain goes on and ends."""
        person = admin.new_user()
        person.post("channels.join", roomId=room["_id"])
        with Receiver([reply_json({"text": "so said I"})]) as receiver:
            hooks = [outgoing(admin, receiver, channel(room), impersonateUser=True) for _ in range(2)]
            say(person, "go", channel(room))
            for entries in rest(*((admin, hook) for hook in hooks)):
                assert len(called(entries)) == MAX_CHAIN_DEPTH
                assert cut(entries) == [CUT]
        written = messages(admin, room)
        assert {one["u"]["_id"] for one in written} == {person.user_id}
        assert len(written) == 1 + 2 * MAX_CHAIN_DEPTH


class TestOwnHooks:
    """Webhooks whose url is an incoming webhook of the same server."""

    def test_what_it_caused_itself_does_not_fire_it(self, api: Api) -> None:
        room = a_room(api)
        hook = into(api, room)
        out = outgoing(api, url(hook), channel(room))
        say(api, "hello", channel(room))
        [entries] = rest((api, out))
        assert len(entries) == 1
        assert entries[0]["httpResult"] == '{"success":true}'
        assert [one["msg"] for one in messages(api, room)] == ["hello", "hello"]

    @pytest.mark.parametrize("through", ["directly", "a proxy", "a script", "a proxy and a script"])
    def test_two_that_post_for_each_other_end(self, api: Api, through: str) -> None:
        room = a_room(api)
        script = says(
            "class Script { process_incoming_request({ request }) {"
            " return { content: { text: 'scripted ' + request.content.text } } } }"
        )
        hooks = [into(api, room, **(script if "script" in through else {})) for _ in range(2)]
        with proxy(api.url) as middle:
            base = middle.url if "proxy" in through else api.url
            outs = [outgoing(api, base + hook.path, channel(room)) for hook in hooks]
            say(api, "go", channel(room))
            for entries in rest(*((api, out) for out in outs)):
                assert len(called(entries)) == MAX_CHAIN_DEPTH
                assert all(one["httpResult"] == '{"success":true}' for one in called(entries))
                assert cut(entries) == [CUT]
        # Each message of one fires the other: five messages of each.
        assert senders(messages(api, room)) == {hook.id: MAX_CHAIN_DEPTH for hook in hooks}

    def test_a_script_that_posts_by_fetch(self, api: Api) -> None:
        """Two whose scripts post through the API, as somebody who is no integration."""
        room = a_room(api)
        body = f"{{ channel: {channel(room)!r}, text: data.text + '!' }}"
        outs = [
            outgoing(api, "http://127.0.0.1:9/", channel(room), **asking(api, "chat.postMessage", body))
            for _ in range(2)
        ]
        say(api, "go", channel(room))
        for entries in rest(*((api, out) for out in outs)):
            assert len(called(entries)) == MAX_CHAIN_DEPTH
            assert not any(one["error"] for one in called(entries))
            assert cut(entries) == [CUT]
        assert sorted(one["msg"] for one in messages(api, room)) == sorted(
            ["go", *("go" + "!" * depth for depth in range(1, 6) for _ in range(2))]
        )

    def test_a_script_that_calls_itself_is_refused_in_the_end(self, api: Api) -> None:
        room = a_room(api)
        hook = into(api, room)
        hook.update(**self.calling(url(hook), "fetch"))
        hook.post({"n": 0})
        self.check_refused_at_six(api, room)

    @pytest.mark.parametrize("by", ["fetch", "HTTP"])
    def test_scripts_that_call_one_another_are_refused_in_the_end(self, api: Api, by: str) -> None:
        room = a_room(api)
        hooks = [into(api, room)]
        for _ in range(8):
            hooks.append(into(api, room, **self.calling(url(hooks[-1]), by)))
        hooks[-1].post({"n": 0})
        self.check_refused_at_six(api, room)

    def calling(self, to: str, by: str) -> dict[str, Any]:
        """A script that calls ``to`` with the next number, and posts its own and what it was answered."""
        headers = '{ "Content-Type": "application/json", "Hookroom-Chain": "none" }'
        call = {
            "fetch": f"await fetch({to!r}, {{ method: 'POST', body: JSON.stringify(next), headers }})",
            "HTTP": f"HTTP('POST', {to!r}, {{ data: next, headers }})",
        }[by]
        return says(
            f"""class Script {{
              async process_incoming_request({{ request }}) {{
                const next = {{ n: request.content.n + 1 }}, headers = {headers};
                let said;
                try {{ const answer = {call}; said = answer.status ?? answer.result?.statusCode ?? answer.error; }}
                catch (error) {{ said = error; }}
                said = String(said).replace(/\\s/g, "_");
                const seen = Object.keys(request.headers).includes("hookroom-chain");
                return {{ content: {{ text: `${{request.content.n}} ${{said}} ${{seen}}` }} }};
              }} }}"""
        )

    def check_refused_at_six(self, api: Api, room: Any) -> None:
        said = [one["msg"].split() for one in messages(api, room)]
        assert [number for number, _, _ in said] == ["5", "4", "3", "2", "1", "0"]
        assert "508" in said[0][1]
        assert {answer for _, answer, _ in said[1:]} == {"200"}
        assert {seen for _, _, seen in said} == {"false"}


class TestOtherEvents:
    """Webhooks that edit, react and make rooms."""

    @pytest.mark.parametrize("event", ["sendMessage", "messageEdited"])
    def test_two_that_edit(self, api: Api, event: str) -> None:
        room = a_room(api)
        body = "{ roomId: data.channel_id, msgId: data.message_id, text: data.text + '!' }"
        fields = {"event": event, "runOnEdits": True, **asking(api, "chat.update", body)}
        outs = [outgoing(api, "http://127.0.0.1:9/", channel(room), **fields) for _ in range(2)]
        message = say(api, "go", channel(room))
        if event == "messageEdited":
            api.post("chat.update", roomId=room["_id"], msgId=message["_id"], text="go on")
        for entries in rest(*((api, out) for out in outs)):
            assert len(called(entries)) <= MAX_CHAIN_DEPTH
            assert not any(one["error"] for one in called(entries))
        [edited] = messages(api, room)
        assert 1 <= edited["msg"].count("!") <= 2 * MAX_CHAIN_DEPTH

    def test_its_own_edit_does_not_fire_it(self, api: Api) -> None:
        room = a_room(api)
        body = "{ roomId: data.channel_id, msgId: data.message_id, text: data.text + '!' }"
        out = outgoing(
            api, "http://127.0.0.1:9/", channel(room), runOnEdits=True, **asking(api, "chat.update", body)
        )
        say(api, "go", channel(room))
        [entries] = rest((api, out))
        assert len(entries) == 1
        assert [one["msg"] for one in messages(api, room)] == ["go!"]

    def test_two_that_react(self, api: Api) -> None:
        """Each reacts with an emoji of its own, again and again put on and taken away."""
        room = a_room(api)
        outs = [
            outgoing(
                api,
                "http://127.0.0.1:9/",
                channel(room),
                event="messageReacted",
                **asking(api, "chat.react", f"{{ messageId: data.message_id, emoji: {emoji!r} }}"),
            )
            for emoji in (":one:", ":two:")
        ]
        message = say(api, "go", channel(room))
        api.post("chat.react", messageId=message["_id"], emoji=":rocket:")
        for entries in rest(*((api, out) for out in outs)):
            assert 1 <= len(called(entries)) <= MAX_CHAIN_DEPTH
            assert not any(one["error"] for one in called(entries))

    def test_one_that_makes_a_room_for_each_room(self, api: Api) -> None:
        body = "{ name: data.channel_name + '-x' }"
        out = outgoing(
            api,
            "http://127.0.0.1:9/",
            event="roomCreated",
            triggerWords=[],
            **asking(api, "channels.create", body),
        )
        name = api.new_channel()["name"]
        [entries] = rest((api, out))
        change(api, out, enabled=False)
        assert len(entries) == 1
        api.get("channels.info", roomName=f"{name}-x")
        api.refused("GET", "channels.info", params={"roomName": f"{name}-x-x"})


class TestOtherServers:
    def test_two_servers_that_call_each_other(self, api: Api, tmp_path: Path) -> None:
        """Neither believes the other; each passes on what the other said, and believes itself."""
        with running(tmp_path / "other", environment=SELF) as other:
            there = other.admin()
            rooms = [a_room(api), a_room(there)]
            hooks = [into(api, rooms[0]), into(there, rooms[1])]
            outs = [
                (api, outgoing(api, url(hooks[1]), channel(rooms[0]))),
                (there, outgoing(there, url(hooks[0]), channel(rooms[1]))),
            ]
            say(api, "go", channel(rooms[0]))
            here, away = rest(*outs)
            assert (len(here), len(away)) == (1, 1)
            assert [len(messages(*of)) for of in ((api, rooms[0]), (there, rooms[1]))] == [2, 1]
            # With two on each side nobody hears only of itself, and the chains go on to their ends.
            outs += [
                (api, outgoing(api, url(hooks[1]), channel(rooms[0]))),
                (there, outgoing(there, url(hooks[0]), channel(rooms[1]))),
            ]
            say(there, "go", channel(rooms[1]))
            for entries in rest(*outs):
                assert len(called(entries)) < 40

    def test_a_chain_outlives_a_restart_and_a_stranger_cannot_make_one(self, tmp_path: Path) -> None:
        with Receiver([reply(200)]) as first, Receiver([reply(200)]) as second:
            with running(tmp_path / "data") as server:
                admin = server.admin()
                room = a_room(admin)
                hook = into(admin, room)
                outs = [outgoing(admin, receiver, channel(room)) for receiver in (first, second)]
                say(admin, "go", channel(room))
                sent = first.wait_for(1)[0].headers[CHAIN]
                second.wait_for(1)
                [shown] = finished(admin, outs[0])[0]["attempts"]
                assert shown["request"]["headers"][CHAIN] == "***"
            with running(tmp_path / "data") as server:
                hook.http = Api(server.url).http
                # It is believed: the first one caused this itself. Who has it can do no more than that.
                hook.post({"text": "caused by the first"}, headers={CHAIN: sent})
                second.wait_for(2)
                for forged in (sent.replace(".1.", ".5.", 1), sent[:-1] + "-", "", "5", ", ," * 2000):
                    hook.post({"text": "forged"}, headers={CHAIN: forged})
                told = [one.json()["text"] for one in first.wait_for(6)]
                assert told == ["go"] + ["forged"] * 5
                until(lambda: len(second.requests) == 7, "seven calls")
