"""The schema: one for both databases. Migrations bring a database to it; a test holds the two together.

Each table keeps in columns what queries look for, and in ``doc`` the whole value as JSON (``rules.model``).
Booleans are 0/1, times epoch milliseconds. ``updated_at`` grows with every write of a row: an update names
the one it read, and fails when somebody was faster.
Only migrations and tests import this package; running statements needs the SQL texts alone.
"""

from __future__ import annotations

from hookroom.storage.schema import chat, community, people, search, server, webhooks
from hookroom.storage.schema.columns import metadata

__all__ = ["chat", "community", "metadata", "people", "search", "server", "webhooks"]
