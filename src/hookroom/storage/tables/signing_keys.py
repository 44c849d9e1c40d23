"""The keys that outgoing integrations sign with."""

from __future__ import annotations

from typing import Final

from hookroom.storage.tables.kept_keys import KeyTable

SIGNING_KEYS: Final = KeyTable("signing_keys")
