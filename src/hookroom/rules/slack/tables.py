"""Block Kit's ``table`` and ``data_table``, in columns: our Markdown has no tables, so they are preformatted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.rules.slack.canvas import Canvas
from hookroom.rules.slack.rich_text import plain_rich_text

MAX_ROWS: Final = 101
MAX_COLUMNS: Final = 20
"""Most that are shown, which is most that Slack takes."""

MAX_PADDED: Final = 40
"""Characters up to which a column is filled up; a longer cell is written whole, and what follows it moves on."""


def table(block: Mapping[str, Any], canvas: Canvas) -> str:
    """The table in our Markdown."""
    given = block.get("rows")
    rows = [one for one in given if isinstance(one, list)] if isinstance(given, list) else []
    if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
        canvas.warn(f"a table is shown up to {MAX_ROWS} rows and {MAX_COLUMNS} columns")
    cells = [[_cell(one, canvas) for one in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]]
    if not any(any(row) for row in cells):
        return ""
    widths = [
        min(max((len(row[i]) for row in cells if i < len(row)), default=0), MAX_PADDED)
        for i in range(max(map(len, cells)))
    ]
    right = _right_aligned(block.get("column_settings"))
    lines = [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in cells
    ]
    return "```\n" + "\n".join(lines).replace("```", "'''") + "\n```"


def _cell(cell: object, canvas: Canvas) -> str:
    if not isinstance(cell, dict):
        return ""
    if cell.get("type") == "rich_text":
        return plain_rich_text(cell, canvas)
    for value in (cell.get("text"), cell.get("value"), cell.get("number")):
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return " ".join(str(value).split())
    return ""


def _right_aligned(settings: object) -> set[int]:
    if not isinstance(settings, list):
        return set()
    return {
        i
        for i, one in enumerate(settings[:MAX_COLUMNS])
        if isinstance(one, dict) and one.get("align") == "right"
    }
