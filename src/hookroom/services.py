"""What the edges (REST, hooks, command line) may use: the assembled parts of one server."""

from __future__ import annotations

from dataclasses import dataclass

from hookroom.config import Config
from hookroom.delivery.client import GuardedClient
from hookroom.exports.making import Exports
from hookroom.integrations.answered_calls import AnsweredCalls
from hookroom.integrations.chain import Chains
from hookroom.integrations.firing import Firing
from hookroom.integrations.incoming_records import IncomingRecords
from hookroom.integrations.refused_calls import RefusedCalls
from hookroom.integrations.registry import Registry
from hookroom.integrations.script_host import ScriptHost
from hookroom.live.hub import Hub
from hookroom.live.presence import Presence
from hookroom.messages.indexing import Indexing
from hookroom.messages.link_previews import LinkPreviews
from hookroom.scripting.port import Scripts
from hookroom.uploads.store import FileStore
from hookroom.workspace.workspace import Workspace


@dataclass(slots=True)
class Services:
    """The parts of a running server; ``assembly.assemble`` builds it."""

    config: Config
    ws: Workspace
    integrations: Registry
    firing: Firing
    script_host: ScriptHost
    files: FileStore
    chains: Chains
    answered_calls: AnsweredCalls
    refused_calls: RefusedCalls
    incoming_records: IncomingRecords
    hub: Hub
    client: GuardedClient
    """Calls out for people, not for webhooks: pictures that somebody names by their address."""
    node: str
    """Id of this process, as in the table of nodes."""
    presence: Presence
    search_index: Indexing
    link_previews: LinkPreviews
    exports: Exports

    @property
    def scripts(self) -> Scripts:
        """The sandbox."""
        return self.script_host.scripts
