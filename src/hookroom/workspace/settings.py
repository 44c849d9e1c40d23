"""Server settings in memory: defaults from the rules, changed values from the database."""

from __future__ import annotations

from typing import Any

import structlog

from hookroom.errors import Refused
from hookroom.rules.settings import DEFAULTS, SETTINGS, SettingValue, coerce
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import settings
from hookroom.workspace.reloading import Reloading

log = structlog.get_logger()


class Settings(Reloading):
    """Values by setting id. Use ``load`` before anything else.

    A change takes effect on this node before its ``commit`` returns and on others within a notification.
    """

    kinds = frozenset({"setting"})

    def __init__(self, db: Database) -> None:
        self._db = db
        self._values: dict[str, Any] = dict(DEFAULTS)
        self.changed_at: dict[str, int] = {}
        """Setting id -> epoch milliseconds, of those that were changed."""
        super().__init__(db)

    def __getitem__(self, setting: str) -> Any:
        """The value in force. Raises ``KeyError`` for an unknown setting."""
        return self._values[setting]

    def put(self, changes: Changes, setting: str, value: object, now: int) -> None:
        """Change a value. Raises ``Refused`` for a value that the setting does not take.

        Raises ``KeyError`` for an unknown setting.
        """
        kept = coerce(SETTINGS[setting], value)
        settings.put(changes, setting, kept, now)
        changes.then(lambda: self._changed(setting, kept, now))

    async def load(self) -> None:
        """Read everything anew; a stored value that the setting no longer takes counts as its default."""
        stored = await settings.changed(self._db)
        values: dict[str, SettingValue] = dict(DEFAULTS)
        for name, (value, _) in stored.items():
            if name not in values:
                continue
            try:
                values[name] = coerce(SETTINGS[name], value)
            except Refused:
                log.warning("stored setting does not fit; using the default", setting=name)
        self._values = values
        self.changed_at = {name: at for name, (_, at) in stored.items() if name in values}

    def _changed(self, setting: str, value: SettingValue, now: int) -> None:
        self._values[setting] = value
        self.changed_at[setting] = now
