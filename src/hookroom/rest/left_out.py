"""Routes of the original that are left out for now: each answers 501 and says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hookroom.errors import LeftOut
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Handler, Method, Routes

routes = Routes("Left out")

_TABLE: Final = """
    previews of links: GET chat.getURLPreview
    who has read a message: GET chat.getMessageReadReceipts
    off-the-record conversations: POST chat.otr
    end-to-end encryption of a user: POST users.resetE2EKey
    logging in by other services: POST loginCode.redeem settings.addCustomOAuth
    devices and their sessions: GET sessions/list sessions/list.all sessions/info sessions/info.admin
    devices and their sessions: POST sessions/logout.me sessions/logout
    a download of one's own data: GET users.requestDataDownload
    end-to-end encryption: POST groups.setEncrypted
    removing a stretch of history: POST rooms.cleanHistory
    exporting a room: POST rooms.export
"""


def _table() -> Iterator[tuple[Method, str, str]]:
    for line in _TABLE.strip().splitlines():
        what, _, groups = line.strip().partition(": ")
        for group in groups.split("; "):
            method, *paths = group.split()
            for path in paths:
                yield "GET" if method == "GET" else "POST", path, what


def _handler(path: str, what: str) -> Handler:
    async def left_out(_call: Call) -> Answer:
        raise LeftOut(f"{path} is left out: {what}.")

    left_out.__doc__ = f"Left out: {what}."
    return left_out


for _method, _path, _what in _table():
    routes.add(_method, _path)(_handler(_path, _what))
