"""Integrations of a server that runs, asked of it over HTTP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from hookroom.cli.integrations_at import LISTED, Document
from hookroom.errors import HookroomError

PAGE: Final = 100
PATIENCE_S: Final = 60.0

_WHO_ASKS: Final = (
    "A server is asked with the token of an administrator:"
    " give --token and --user-id, or set HOOKROOM_TOKEN and HOOKROOM_USER_ID."
)


class IntegrationsThere:
    """See ``Integrations``. ``server`` is the server's URL, which ``session`` is logged in to."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    @property
    def address(self) -> str:
        """See ``Integrations``."""
        return self._server

    async def templates(self) -> Sequence[Document]:
        """See ``Integrations``."""
        found: Sequence[Document] = (await self._call("GET", "templates"))["templates"]
        return found

    async def create(self, body: Document) -> Document:
        """See ``Integrations``."""
        answer = await self._call("POST", "create", body)
        return {name: answer[name] for name in ("integration", "setup") if name in answer}

    async def listed(self) -> Sequence[Document]:
        """See ``Integrations``."""
        found: list[Document] = []
        fields = json.dumps(dict.fromkeys(LISTED, 1))
        while True:
            query = {"count": str(PAGE), "offset": str(len(found)), "fields": fields}
            page = await self._call("GET", "list", query=query)
            found += page["integrations"]
            if not page["integrations"] or len(found) >= page["total"]:
                return found

    async def with_id(self, integration_id: str) -> Document | None:
        """See ``Integrations``."""
        try:
            found: Document = (await self._call("GET", "get", query={"integrationId": integration_id}))[
                "integration"
            ]
        except _Refused as refused:
            if refused.status == 400:
                return None
            raise
        return found

    async def set_enabled(self, integration_id: str, enabled: bool) -> Document:
        """See ``Integrations``."""
        body = {"integrationId": integration_id, "enabled": enabled}
        changed: Document = (await self._call("POST", "setEnabled", body))["integration"]
        return changed

    async def update(self, body: Document) -> Document:
        """See ``Integrations``."""
        changed: Document = (await self._call("PUT", "update", body))["integration"]
        return changed

    async def remove(self, integration: Document) -> None:
        """See ``Integrations``."""
        await self._call("POST", "remove", {"type": integration["type"], "integrationId": integration["_id"]})

    async def _call(
        self,
        method: str,
        operation: str,
        body: Document | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        url = f"{self._server}/api/v1/integrations.{operation}"
        try:
            # Not followed: the token is for this server.
            async with self._session.request(
                method, url, json=body, params=query, allow_redirects=False
            ) as response:
                status, content = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise HookroomError(
                f"{self._server} cannot be asked: {str(error) or 'no answer in time'}."
            ) from None
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "success" not in answer:
            raise HookroomError(f"{self._server} answers {status}, not as Hookroom does.")
        if not answer["success"]:
            raise _Refused(status, str(answer.get("error")))
        return answer


class _Refused(HookroomError):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@contextlib.asynccontextmanager
async def integrations_there(
    server: str, token: str | None, user_id: str | None
) -> AsyncIterator[IntegrationsThere]:
    """Those of the server at the URL ``server``. Raises ``HookroomError``."""
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HookroomError(f"{server} is no address of a server: it begins with http:// or https://.")
    if not token or not user_id:
        raise HookroomError(_WHO_ASKS)
    if not all(text.isascii() and text.isprintable() for text in (token, user_id)):
        raise HookroomError("The token and the user id cannot be sent in a header.")
    async with aiohttp.ClientSession(
        headers={"X-Auth-Token": token, "X-User-Id": user_id},
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
    ) as session:
        yield IntegrationsThere(session, server.rstrip("/"))
