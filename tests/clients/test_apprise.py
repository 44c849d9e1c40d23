"""Apprise, the notification library: ``rocket://`` and ``rockets://`` by webhook, by token and by login."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from apprise import Apprise
from tests.clients import tls
from tests.running import Api, Server, unique

# It loads a module of Python that is old, and does not mind whose certificate a server shows.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Unverified HTTPS request")

PASSWORD = "Correct-horse-1"


@pytest.fixture(scope="module")
def bot(admin: Api) -> Api:
    """Whom the webhook posts as."""
    return admin.new_bot()


@pytest.fixture(params=["rocket", "rockets"])
def address(request: pytest.FixtureRequest, server: Server) -> Iterator[tuple[str, str]]:
    """The scheme, and where a server is that speaks it."""
    if request.param == "rocket":
        yield "rocket", urlsplit(server.url).netloc
        return
    with tls.before(server.url) as port:
        yield "rockets", f"localhost:{port}"


def notify(url: str, text: str) -> bool:
    """Send ``text`` with Apprise; whether it says that it went."""
    client = Apprise()
    assert client.add(url)
    return bool(client.notify(body=text))


def last(api: Api, room: Any) -> Any:
    """The newest message of a channel."""
    return api.get("channels.messages", roomId=room["_id"], count=1)["messages"][0]


def test_by_webhook(admin: Api, bot: Api, address: tuple[str, str]) -> None:
    scheme, host = address
    room, other = admin.new_channel(), admin.new_channel()
    hook = admin.post(
        "integrations.create",
        type="webhook-incoming",
        name=unique("apprise"),
        enabled=True,
        username=bot.username(),
        channel=f"#{room['name']}",
        scriptEnabled=False,
        overrideDestinationChannelEnabled=True,
    )["integration"]
    path = f"{hook['_id']}/{hook['token']}"
    assert notify(f"{scheme}://{path}@{host}/?verify=no", "by **webhook**")
    message = last(admin, room)
    assert (message["msg"], message["u"]["username"]) == ("by **webhook**", bot.username())
    assert message["avatar"].startswith("https://")
    assert message["bot"] == {"i": hook["_id"]}
    assert notify(f"{scheme}://{path}@{host}/%23{other['name']}?verify=no", "elsewhere")
    assert last(admin, other)["msg"] == "elsewhere"
    assert not notify(f"{scheme}://{hook['_id']}/wrong@{host}/?verify=no", "lost")


def test_by_login(admin: Api, address: tuple[str, str]) -> None:
    scheme, host = address
    user = admin.new_user()
    name, room = user.username(), user.new_channel()
    assert notify(f"{scheme}://{name}:{PASSWORD}@{host}/%23{room['name']}?verify=no", "by login")
    message = last(user, room)
    assert (message["msg"], message["u"]["username"]) == ("by login", name)
    assert notify(f"{scheme}://{name}:{PASSWORD}@{host}/{room['_id']}?verify=no", "by id of the room")
    assert last(user, room)["msg"] == "by id of the room"
    assert not notify(f"{scheme}://{name}:Wrong-horse-1@{host}/%23{room['name']}?verify=no", "lost")


def test_by_token(admin: Api, bot: Api, address: tuple[str, str]) -> None:
    scheme, host = address
    token = bot.headers["X-Auth-Token"]
    room = bot.new_channel()
    url = f"{scheme}://{bot.user_id}:{quote(token, safe='')}@{host}/%23{room['name']}?verify=no&mode=token"
    assert notify(url, "by token")
    message = last(bot, room)
    assert (message["msg"], message["u"]["username"]) == ("by token", bot.username())
    assert not notify(url.replace(bot.user_id, "nobody"), "lost")
