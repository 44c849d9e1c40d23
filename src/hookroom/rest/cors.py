"""Calls from web pages of other sites (settings ``API_Enable_CORS`` and ``API_CORS_Origin``; off at first)."""

from __future__ import annotations

from typing import Final

import falcon.asgi
import msgspec

from hookroom.rules.settings import SettingValues

_PREFIX: Final = "/api/"
_METHODS: Final = "GET, POST, PUT, DELETE, HEAD, PATCH"
_HEADERS: Final = (
    "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, x-visitor-token, Authorization,"
    " x-2fa-code, x-2fa-method"
)
_OFF: Final = 'CORS not enabled. Go to "Admin > General > REST Api" to enable it.'


class Cors:
    """Falcon middleware: answers preflights, and tells browsers who may read the other answers."""

    def __init__(self, settings: SettingValues) -> None:
        self._settings = settings

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Answer ``OPTIONS`` that a browser asks before its call, and nothing else."""
        origin = req.get_header("Origin")
        asks = origin or req.get_header("Access-Control-Request-Method")
        if req.method != "OPTIONS" or not asks or not req.path.startswith(_PREFIX):
            return
        resp.complete = True
        if not self._settings["API_Enable_CORS"]:
            resp.status = 405
            resp.content_type = "application/json"
            resp.data = msgspec.json.encode({"success": False, "error": _OFF})
            return
        resp.status = 200
        resp.content_type = "text/plain"
        resp.data = b""

    async def process_response(
        self,
        req: falcon.asgi.Request,
        resp: falcon.asgi.Response,
        _resource: object,
        _req_succeeded: bool,
    ) -> None:
        """Say which site may read the answer."""
        if not self._settings["API_Enable_CORS"] or not req.path.startswith(_PREFIX):
            return
        allowed = self._allowed(req.get_header("Origin"))
        if self._settings["API_CORS_Origin"].strip() != "*":
            resp.append_header("Vary", "Origin")
        if allowed is None:
            return
        resp.set_header("Access-Control-Allow-Origin", allowed)
        resp.set_header("Access-Control-Allow-Methods", _METHODS)
        resp.set_header("Access-Control-Allow-Headers", _HEADERS)
        resp.set_header(
            "Access-Control-Expose-Headers", "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
        )

    def _allowed(self, origin: str | None) -> str | None:
        setting = self._settings["API_CORS_Origin"].strip()
        if setting == "*":
            return "*"
        listed = {one.strip() for one in setting.split(",")}
        return origin if origin in listed else None
