"""``python -m hookroom.storage.migrations``: upgrades the database whose URL is on standard input."""

from __future__ import annotations

import sys

from hookroom.storage.migrations import upgrade

upgrade(sys.stdin.read())
