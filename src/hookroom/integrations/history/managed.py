"""Who may clear a history and replay from it (contract, section 2)."""

from __future__ import annotations

from hookroom.errors import Refused
from hookroom.integrations.checks import check_managed, check_permission
from hookroom.integrations.registry import Registry
from hookroom.rules.model import Integration, User
from hookroom.workspace.workspace import Workspace


def managed(ws: Workspace, registry: Registry, caller: User, integration_id: str, method: str) -> Integration:
    """The integration, which is the caller's to manage.

    Raises ``Refused``: ``not_authorized``, ``error-invalid-integration``.
    """
    check_permission(ws, caller, "outgoing", method)
    integration = registry.get(integration_id)
    if integration is None:
        raise Refused("error-invalid-integration", "Invalid integration", method=method)
    check_managed(ws, caller, integration, method)
    return integration


def replayable(
    ws: Workspace, registry: Registry, caller: User, integration_id: str, method: str
) -> Integration:
    """``managed``, and it is an outgoing one: else ``integration-type-must-be-outgoing``."""
    integration = managed(ws, registry, caller, integration_id, method)
    if integration.is_incoming:
        raise Refused(
            "integration-type-must-be-outgoing",
            "The integration type to replay must be an outgoing webhook.",
            method=method,
        )
    return integration
