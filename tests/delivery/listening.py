"""Outgoing webhooks that listen for one event, and what they are told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tests.delivery.webhooks import history, outgoing
from tests.receivers import Receiver
from tests.running import Api

Body = dict[str, Any]


class Ear:
    """What one integration is told."""

    def __init__(self, api: Api, integration: Any, receiver: Receiver) -> None:
        self._api = api
        self.integration = integration
        self._receiver = receiver

    def bodies(self, count: int) -> list[Body]:
        """All bodies, oldest first by the deliveries' ids; fails unless just ``count`` were caused so far.

        A delivery is written with what causes it: one too many is in the history already.
        """
        assert len(history(self._api, self.integration)) == count
        requests = self._receiver.wait_for(count) if count else []
        return [one.json() for one in sorted(requests, key=lambda one: one.headers["webhook-id"])]

    def one(self) -> Body:
        """The body, of which there is just one."""
        [body] = self.bodies(1)
        return body

    def nothing(self) -> None:
        """Fails if anything was caused."""
        assert self.bodies(0) == []


@contextlib.contextmanager
def listening(api: Api, event: str, channel: str = "", **fields: Any) -> Iterator[Ear]:
    """An integration for ``event`` in ``channel``; it is removed on leaving."""
    with Receiver() as receiver:
        integration = outgoing(api, receiver, channel, event=event, targetRoom="#general", **fields)
        yield Ear(api, integration, receiver)
        api.post("integrations.remove", type="webhook-outgoing", integrationId=integration["_id"])
