"""Who did what to which integration: a line of the log for each change that people make."""

from __future__ import annotations

from typing import Any

import structlog

from hookroom.rules.model import Integration, User
from hookroom.storage.statement import Changes

log = structlog.get_logger()


def audited(changes: Changes, what: str, integration: Integration, by: User, **more: Any) -> None:
    """Have the log say that ``by`` did ``what`` to ``integration``, once ``changes`` are stored.

    ``more`` is said beside it: never a secret.
    """
    changes.then(
        lambda: log.info(
            f"integration {what}",
            integration=integration.id,
            type=integration.type,
            by=by.username,
            **more,
        )
    )
