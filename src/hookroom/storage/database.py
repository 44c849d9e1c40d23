"""The port that use cases write to and read from; ``sqlite.py`` and ``postgres.py`` implement it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, Protocol

from hookroom.errors import HookroomError
from hookroom.storage.statement import Changes, Row, Statement, Touch

Kind = Literal["sqlite", "postgresql"]


class Conflict(HookroomError):
    """A unique value is taken; nothing of the change was written.

    ``constraint`` names what was violated, as the driver does.
    """

    status = 409

    def __init__(self, constraint: str) -> None:
        super().__init__("The value is taken.")
        self.constraint = constraint


class Stale(HookroomError):
    """A guarded statement found other rows than expected: somebody was faster, nothing was written."""

    status = 409

    def __init__(self) -> None:
        super().__init__("The data changed in the meantime; please try again.")


class Unavailable(HookroomError):
    """The database cannot be reached or is shutting down (503)."""

    status = 503


class Database(Protocol):
    """One database. All methods belong to the event loop that opened it."""

    @property
    def kind(self) -> Kind:
        """Which one it is. On ``sqlite`` this process is the only one that has it open."""
        ...

    async def commit(self, changes: Changes) -> list[Row]:
        """Write ``changes`` in one transaction; on disk (fsynced) when this returns.

        Answers the rows of the last statement with ``RETURNING``, if any. Concurrent calls share
        transactions; one that fails fails alone.

        Raises:
            Conflict: a unique value is taken.
            Stale: an expectation did not hold.
            Unavailable: the database is gone.
        """
        ...

    async def fetch(self, statement: Statement, **params: Any) -> Sequence[Row]:
        """All rows of a query, as of the last commit or later."""
        ...

    def on_touched(
        self, listener: Callable[[Sequence[Touch], bool], None], kinds: Collection[str] = ()
    ) -> None:
        """Call ``listener(touches, local)`` after every commit here (local) or on another node.

        With ``kinds`` only after those that touch one of them; it gets all touches even so.
        """
        ...

    def on_told(self, listener: Callable[[Sequence[object]], None]) -> None:
        """Call ``listener`` after every commit here with what its changes told."""
        ...

    async def close(self) -> None:
        """Finish what was handed over, then let go of the database."""
        ...


async def fetch_one(db: Database, statement: Statement, **params: Any) -> Row | None:
    """The first row of a query, or ``None``."""
    rows = await db.fetch(statement, **params)
    return rows[0] if rows else None
