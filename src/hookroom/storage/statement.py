"""SQL statements as values, and the changes that a use case wants written.

A statement is written once, in the SQL that SQLite and PostgreSQL share, with ``:name`` parameters; each
driver compiles it for itself. A use case gathers statements with their parameters in ``Changes`` and hands
them over in one piece: all of them are written, in order, in one transaction, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Column = Literal["text", "bigint"]
"""The two column types in use. Booleans are 0/1, times epoch milliseconds, documents JSON text."""

Params = Mapping[str, Any]
Row = Sequence[Any]

_PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Any statement; ``sql`` has ``:name`` parameters, ``parameters`` lists them in order of first use."""

    sql: str
    parameters: tuple[str, ...] = field(init=False)
    returns: bool = field(init=False)

    def __post_init__(self) -> None:
        names = dict.fromkeys(_PARAMETER.findall(self.sql))
        object.__setattr__(self, "parameters", tuple(names))
        object.__setattr__(self, "returns", " RETURNING " in self.sql)


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """New rows of a table that no other pending write reads or changes.

    Appends of concurrent requests are therefore written together, many rows in one statement.
    """

    table: str
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True, eq=False)
class Merge:
    """An update whose concurrent uses add up: ``combine`` turns their parameters into fewer."""

    statement: Statement
    combine: Callable[[Sequence[Params]], Sequence[Params]]


@dataclass(frozen=True, slots=True, eq=False)
class Revise:
    """New values for rows that nobody else writes at the same time, each found by its ``id``.

    Those of concurrent requests are written together, many rows in one statement. ``columns`` has ``id`` first;
    ``unless`` is a condition on the row as it is, under which it stays so.
    """

    table: str
    columns: Mapping[str, Column]
    unless: str = "FALSE"


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a change. ``expect`` is the number of rows it must touch, if any."""

    statement: Statement
    params: Params
    expect: int | None = None


Touch = tuple[str, str]
"""Kind and key of something that caches hold: ``("room", "GENERAL")``."""


class Changes:
    """Everything that one use case writes, and what follows once it is on disk."""

    __slots__ = ("after", "appends", "merges", "revisions", "steps", "told", "touched")

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.appends: list[tuple[Append, Params]] = []
        self.merges: list[tuple[Merge, Params]] = []
        self.revisions: list[tuple[Revise, Params]] = []
        self.touched: list[Touch] = []
        self.told: list[object] = []
        self.after: list[Callable[[], None]] = []

    def run(self, statement: Statement, *, expect: int | None = None, **params: Any) -> None:
        """Add a statement. With ``expect``, another number of rows raises ``Stale`` and writes nothing."""
        self.steps.append(Step(statement, params, expect))

    def append(self, table: Append, **params: Any) -> None:
        """Add a row."""
        self.appends.append((table, params))

    def merge(self, merge: Merge, **params: Any) -> None:
        """Add an update that adds up with those of others."""
        self.merges.append((merge, params))

    def revise(self, table: Revise, **params: Any) -> None:
        """Add new values for a row."""
        self.revisions.append((table, params))

    def touch(self, kind: str, key: str) -> None:
        """Say that caches of ``kind`` must forget ``key``, on every node, once this is written."""
        self.touched.append((kind, key))

    def tell(self, what: object) -> None:
        """Hand ``what`` to those who listen on this node once this is written (``Database.on_told``).

        Other nodes have only the touch that goes with it, and load what they need.
        """
        self.told.append(what)

    def then(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` on the event loop once this is written, before ``commit`` returns."""
        self.after.append(callback)

    @property
    def commutes(self) -> bool:
        """Whether this may be written together with others, in any order."""
        return not self.steps
