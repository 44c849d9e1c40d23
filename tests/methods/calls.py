"""Calling methods of the realtime API through REST."""

from __future__ import annotations

import json
from typing import Any

import httpx
from tests.running import Api


def send(api: Api, name: str, params: list[Any], *, path: str | None = None) -> httpx.Response:
    """Call a method, as anybody where ``api`` is nobody."""
    route = "method.call" if api.headers else "method.callAnon"
    message = json.dumps({"msg": "method", "id": "7", "method": name, "params": params})
    return api.call("POST", f"{route}/{path or name}", json={"message": message})


def method(api: Api, name: str, *params: Any) -> Any:
    """The result of a call that must succeed; ``None`` where there is none."""
    response = send(api, name, list(params))
    answer = response.json()
    assert response.status_code == 200, answer
    assert answer.keys() == {"message", "success"}
    assert answer["success"] is True
    reply = json.loads(answer["message"])
    assert (reply["msg"], reply["id"]) == ("result", "7")
    return reply.get("result")


def refused(api: Api, name: str, *params: Any) -> Any:
    """The ``error`` of a call that must be refused."""
    response = send(api, name, list(params))
    answer = response.json()
    assert response.status_code == 400, answer
    assert answer["success"] is False
    return json.loads(answer["message"])["error"]
