"""The secrets that calls of incoming integrations are verified with."""

from __future__ import annotations

from typing import Final

from hookroom.storage.tables.kept_keys import KeyTable

VERIFICATION_SECRETS: Final = KeyTable("verification_secrets")
