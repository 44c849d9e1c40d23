"""Server settings in memory: defaults from the rules, changed values from the database."""

from __future__ import annotations

from typing import Any

from hookroom.rooms.reloading import Reloading
from hookroom.rules.settings import SETTINGS
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes
from hookroom.storage.tables import settings


class Settings(Reloading):
    """Values by setting id. Use ``load`` before anything else."""

    kinds = frozenset({"setting"})

    def __init__(self, db: Database) -> None:
        self._db = db
        self._values: dict[str, Any] = {}
        self.changed_at: dict[str, int] = {}
        super().__init__(db)

    def __getitem__(self, setting: str) -> Any:
        """The value in force. Raises ``KeyError`` for an unknown setting."""
        return self._values[setting]

    def put(self, changes: Changes, setting: str, value: Any, now: int) -> None:
        """Change a value (already checked against the setting's type)."""
        settings.put(changes, setting, value, now)
        changes.then(lambda: self._changed(setting, value, now))

    def _changed(self, setting: str, value: Any, now: int) -> None:
        self._values[setting] = value
        self.changed_at[setting] = now

    async def load(self) -> None:
        """Read everything anew."""
        changed = await settings.changed(self._db)
        values = {setting.id: setting.default for setting in SETTINGS.values()}
        values.update({name: value for name, (value, _) in changed.items() if name in values})
        self._values = values
        self.changed_at = {name: at for name, (_, at) in changed.items()}
