"""The records of one node's calls of incoming webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from hookroom.integrations.call_ledger import CallCounts, CallLedger
from hookroom.integrations.call_request import Request
from hookroom.integrations.incoming_record import IncomingRecord, Rerun
from hookroom.integrations.registry import Registry
from hookroom.rules.model import Integration
from hookroom.workspace.workspace import Workspace


class IncomingRecords:
    """Begins records, and knows the counts. ``registry`` knows what calls are verified with."""

    def __init__(self, registry: Registry | None = None) -> None:
        self._registry = registry
        self._ledgers: dict[str, CallLedger] = {}
        if registry is not None:
            registry.on_removed(self._forget)

    def start(
        self,
        ws: Workspace,
        integration: Integration,
        request: Request,
        address: str,
        *,
        rerun: Rerun | None = None,
    ) -> IncomingRecord:
        """Begin the record of a call, made from ``address``, whose token is right.

        ``rerun`` is for one that is run again: it is always written, and not counted.
        """
        ledger = self._ledgers.get(integration.id)
        if ledger is None:
            ledger = self._ledgers[integration.id] = CallLedger()
        return IncomingRecord(ws, ledger, integration, request, address, self._secrets, rerun)

    def counts(self, integration_id: str) -> CallCounts:
        """How many calls an integration had since this node started."""
        ledger = self._ledgers.get(integration_id)
        return ledger.counts if ledger is not None else CallCounts()

    def _forget(self, integration_id: str) -> None:
        self._ledgers.pop(integration_id, None)

    def _secrets(self, integration: Integration, at: int) -> Sequence[str]:
        keys = self._registry.secrets.of(integration.id, at) if self._registry is not None else ()
        return [integration.token, integration.previous_token or "", *(one.key for one in keys)]
