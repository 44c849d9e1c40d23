"""Incoming webhooks for tests: made by an administrator, called as their senders call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from tests.running import Api, unique

PAYLOADS = Path(__file__).parents[2] / "docs" / "examples" / "payloads"
MISSING = "Invalid integration id or token provided."


def payload(sender: str) -> Any:
    """What a real service sends."""
    return json.loads((PAYLOADS / f"{sender}.json").read_text())


class Hook:
    """An incoming webhook on a new public channel, posting as ``rocket.cat`` unless ``fields`` say otherwise.

    A stranger calls it: no call carries a login.
    """

    def __init__(self, admin: Api, **fields: Any) -> None:
        self.admin = admin
        self.room: dict[str, Any] = {} if "channel" in fields else admin.new_channel()
        body = {
            "type": "webhook-incoming",
            "name": unique("hook"),
            "enabled": True,
            "username": "rocket.cat",
            "channel": f"#{self.room.get('name')}",
            "scriptEnabled": False,
            **fields,
        }
        self.integration: dict[str, Any] = admin.post("integrations.create", **body)["integration"]
        self.id: str = self.integration["_id"]
        self.token: str = self.integration["token"]
        self.path = f"/hooks/{self.id}/{self.token}"
        self.http = Api(admin.url).http

    def update(self, **fields: Any) -> None:
        """Change it."""
        kept = ("type", "name", "enabled", "username", "scriptEnabled")
        body = {name: self.integration[name] for name in kept}
        body["channel"] = ",".join(self.integration["channel"])
        changed = self.admin.put("integrations.update", **{**body, "integrationId": self.id, **fields})
        self.integration = changed["integration"]

    def call(self, method: str = "POST", path: str = "", **options: Any) -> httpx.Response:
        """Any call."""
        return self.http.request(method, path or self.path, **options)

    def post(self, content: Any, **options: Any) -> Any:
        """A call that must succeed; answers its body."""
        response = self.call(json=content, **options)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        assert response.json()["success"] is True
        return response.json()

    def posted(self, content: Any) -> Any:
        """A call that must post one message into its room; answers the message."""
        before = [one["_id"] for one in self.messages()]
        assert self.post(content) == {"success": True}
        new = [one for one in self.messages() if one["_id"] not in before]
        assert len(new) == 1
        return new[0]

    def refused(self, status: int, error: str | None = None, **options: Any) -> Any:
        """A call that must be refused and leave its room as it is; answers the error."""
        before = self.everything() if self.room else None
        response = self.call(**options)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/json"
        answer = response.json()
        assert answer["success"] is False
        assert answer["error"]
        if error is not None:
            assert answer["error"] == error
        if self.room:
            assert self.everything() == before
        return answer["error"]

    def messages(self, room_id: str = "") -> list[Any]:
        """Messages of its room that people and bots wrote, newest first."""
        return [one for one in self.everything(room_id) if "t" not in one]

    def everything(self, room_id: str = "") -> list[Any]:
        """All messages of its room."""
        found: list[Any] = self.admin.get("channels.messages", roomId=room_id or self.room["_id"])["messages"]
        return found
