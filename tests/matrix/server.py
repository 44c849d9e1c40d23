"""Calls of what the server has of its own: pictures, emoji, statuses, commands, programs, methods."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from tests.matrix.world import Case, Sent, World, body, query
from tests.running import unique

_ADMIN: Final = "nnnny"
_USERS: Final = "nyyyy"
_DOT: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_PICTURE: Final = ("dot.png", _DOT, "image/png")


def emoji(w: World) -> str:
    """An emoji of the server's own."""
    name = unique("emoji").replace("-", "_")
    made = w.root.call(
        "POST", "emoji-custom.create", files={"emoji": _PICTURE}, data={"name": name, "aliases": ""}
    )
    assert made.status_code == 200, made.text
    found = w.root.get("emoji-custom.list")["emojis"]["update"]
    return next(str(one["_id"]) for one in found if one["name"] == name)


def new_emoji(w: World) -> Sent:
    data = {"name": unique("emoji").replace("-", "_"), "aliases": ""}
    return Sent(options={"files": {"emoji": _PICTURE}, "data": data})


def changed_emoji(w: World) -> Sent:
    data = {"_id": emoji(w), "name": unique("emoji").replace("-", "_"), "aliases": ""}
    return Sent(options={"files": {"emoji": _PICTURE}, "data": data})


def status(w: World) -> str:
    """A status that the server offers."""
    made = w.root.post("custom-user-status.create", name=unique("status"), statusType="busy")
    return str(made["customUserStatus"]["_id"])


def program(w: World) -> str:
    """A program that the server knows by a client id."""
    made = w.root.post(
        "oauth-apps.create", name=unique("app"), active=True, redirectUri="http://app.invalid/"
    )
    return str(made["application"]["_id"])


def changed_program(w: World) -> Sent:
    return body(appId=program(w), name=unique("app"), active=False, redirectUri="http://app.invalid/")


def method(name: str, *params: object) -> Sent:
    """A call of a method."""
    message = json.dumps({"msg": "method", "id": "1", "method": name, "params": params})
    return body(message=message)


def picture(w: World) -> Sent:
    w.as_new()
    return Sent(options={"files": {"image": _PICTURE}})


def drawn_again(w: World) -> Sent:
    w.as_new()
    return body(userId=w.caller.user_id) if w.role != "anonymous" else body(username="nobody")


def an_upload(w: World) -> Sent:
    """A file of the caller's that waits for its message."""
    return body(fileId="none" if w.role == "anonymous" else w.upload)


CALLS: Final[Mapping[str, Case]] = {
    "GET info": Case("yyyyy", lambda w: query()),
    "GET statistics": Case("nnnny", lambda w: query()),
    "GET statistics.list": Case("nnnny", lambda w: query()),
    "GET instances.get": Case("nnnny", lambda w: query()),
    "GET licenses.info": Case("nyyyy", lambda w: query()),
    "GET licenses.maxActiveUsers": Case("nyyyy", lambda w: query()),
    "GET licenses.isEnterprise": Case("nyyyy", lambda w: query()),
    "GET shield.svg": Case("yyyyy", lambda w: query(type="channel", channel="general", name="chat")),
    "POST fingerprint": Case("nnnny", lambda w: body(setDeploymentAs="updated-configuration")),
    "GET webdav.getMyAccounts": Case("nyyyy", lambda w: query()),
    "POST webdav.removeWebdavAccount": Case("nyyyy", lambda w: body(accountId="one")),
    # Translation is off.
    "GET autotranslate.getSupportedLanguages": Case("nnnnn", lambda w: query(targetLanguage="de")),
    "POST autotranslate.saveSettings": Case(
        "nnnnn", lambda w: body(roomId=w.channel, field="autoTranslate", value=True)
    ),
    "POST autotranslate.translateMessage": Case("nnnnn", lambda w: body(messageId=w.message)),
    "POST uploads.delete": Case("nyyyy", an_upload),
    "POST users.setAvatar": Case(_USERS, picture),
    "POST users.resetAvatar": Case(_USERS, drawn_again),
    "GET users.getAvatar": Case("yyyyy", lambda w: query(userId=w.somebody.user_id)),
    "GET users.getAvatarSuggestion": Case(_USERS, lambda w: query()),
    "GET avatar/{subject}": Case("yyyyy", lambda w: Sent(f"avatar/{w.somebody.username()}")),
    "GET emoji-custom.list": Case(_USERS, lambda w: query()),
    "GET emoji-custom.all": Case(_USERS, lambda w: query(count=3)),
    "POST emoji-custom.create": Case(_ADMIN, new_emoji),
    "POST emoji-custom.update": Case(_ADMIN, changed_emoji),
    "POST emoji-custom.delete": Case(_ADMIN, lambda w: body(emojiId=emoji(w))),
    "GET custom-user-status.list": Case(_USERS, lambda w: query(count=3)),
    "POST custom-user-status.create": Case(_ADMIN, lambda w: body(name=unique("status"), statusType="away")),
    "POST custom-user-status.update": Case(_ADMIN, lambda w: body(_id=status(w), name=unique("status"))),
    "POST custom-user-status.delete": Case(_ADMIN, lambda w: body(customUserStatusId=status(w))),
    "GET commands.get": Case(_USERS, lambda w: query(command="topic")),
    "GET commands.list": Case(_USERS, lambda w: query(count=3)),
    "POST commands.run": Case(_USERS, lambda w: body(command="shrug", roomId=w.channel, params="words")),
    "GET commands.preview": Case("nnnnn", lambda w: query(command="shrug", roomId=w.channel, params="words")),
    "POST commands.preview": Case(
        "nnnnn", lambda w: body(command="shrug", roomId=w.channel, params="words", previewItem={"id": "1"})
    ),
    "GET oauth-apps.list": Case(_ADMIN, lambda w: query()),
    "GET oauth-apps.get": Case(_USERS, lambda w: query(appId=program(w))),
    "POST oauth-apps.create": Case(
        _ADMIN, lambda w: body(name=unique("app"), active=True, redirectUri="http://app.invalid/")
    ),
    "POST oauth-apps.update": Case(_ADMIN, changed_program),
    "POST oauth-apps.delete": Case(_ADMIN, lambda w: body(appId=program(w))),
    "GET banners": Case(_USERS, lambda w: query(platform="web")),
    "GET banners/{banner_id}": Case(_USERS, lambda w: Sent("banners/none", query(platform="web").options)),
    "GET custom-sounds.list": Case(_USERS, lambda w: query()),
    "POST method.call/{method:path}": Case(
        _USERS, lambda w: Sent("method.call/rooms:get", method("rooms/get").options)
    ),
    "POST method.callAnon/{method:path}": Case(
        "yyyyy", lambda w: Sent("method.callAnon/public-settings:get", method("public-settings/get").options)
    ),
}
