"""Integrations in the database of a server that does not run, or that is told of changes by its database."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from hookroom.cli.integrations_at import LISTED, Document
from hookroom.cli.opened import Opened, administrator, opened
from hookroom.config import Config
from hookroom.errors import HookroomError
from hookroom.integrations import editing, manage_incoming, removal
from hookroom.integrations.from_template import completed, setup
from hookroom.integrations.service_templates import described, service_templates
from hookroom.integrations.visibility import visible
from hookroom.rules.integration_fields import shown
from hookroom.rules.model import User
from hookroom.storage.database import Unavailable


class IntegrationsHere:
    """See ``Integrations``. Changes are made as ``actor``."""

    def __init__(self, parts: Opened, actor: User) -> None:
        self._ws, self._registry, self._host = parts
        self._actor = actor

    @property
    def address(self) -> str:
        """See ``Integrations``."""
        return self._ws.site_url

    async def templates(self) -> Sequence[Document]:
        """See ``Integrations``."""
        return [described(one) for one in service_templates().values()]

    async def create(self, body: Document) -> Document:
        """See ``Integrations``."""
        whole = completed(dict(body))
        made = await manage_incoming.create(self._ws, self._registry, self._host, self._actor, whole)
        answer = {"integration": shown(made)}
        return (
            answer
            if made.template is None
            else {**answer, "setup": setup(self._ws, self._registry, made, whole)}
        )

    async def listed(self) -> Sequence[Document]:
        """See ``Integrations``."""
        documents = map(shown, visible(self._ws, self._registry, self._actor))
        return [{name: one[name] for name in LISTED if name in one} for one in documents]

    async def with_id(self, integration_id: str) -> Document | None:
        """See ``Integrations``."""
        found = self._registry.get(integration_id)
        return shown(found) if found is not None else None

    async def set_enabled(self, integration_id: str, enabled: bool) -> Document:
        """See ``Integrations``."""
        return shown(
            await editing.set_enabled(self._ws, self._registry, self._actor, integration_id, enabled)
        )

    async def update(self, body: Document) -> Document:
        """See ``Integrations``."""
        changed = await manage_incoming.update(self._ws, self._registry, self._host, self._actor, body)
        return shown(changed)

    async def remove(self, integration: Document) -> None:
        """See ``Integrations``."""
        incoming = integration["type"] == "webhook-incoming"
        use_case = removal.remove_incoming if incoming else removal.remove_outgoing
        await use_case(self._ws, self._registry, self._actor, {"integrationId": integration["_id"]})


@contextlib.asynccontextmanager
async def integrations_here(config: Config) -> AsyncIterator[IntegrationsHere]:
    """Those of the database that ``config`` names. Raises ``HookroomError``."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            parts = await stack.enter_async_context(opened(config))
        except Unavailable as error:
            if config.database_url is not None:
                raise
            raise HookroomError(f"{error} Ask it with --server and the token of an administrator.") from None
        yield IntegrationsHere(parts, await administrator(parts.ws))
