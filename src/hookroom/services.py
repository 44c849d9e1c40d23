"""What the edges (REST, hooks, command line) may use: the assembled parts of one server."""

from __future__ import annotations

from dataclasses import dataclass

from hookroom.config import Config
from hookroom.integrations.firing import Firing
from hookroom.integrations.registry import Registry
from hookroom.workspace.workspace import Workspace


@dataclass(slots=True)
class Services:
    """The parts of a running server; ``app.assemble`` builds it."""

    config: Config
    ws: Workspace
    integrations: Registry
    firing: Firing
