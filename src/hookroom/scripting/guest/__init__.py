"""What runs inside the sandbox in front of every user script: its globals, and the calls of its methods.

Each file is a JavaScript function expression. To load the runtime, evaluate the files in their order as global
scripts under their names and call each with one and the same empty object, ``runtime``. Stacks shown to users
leave out frames of these names. What is left on that object is held by the worker; no script can reach it.

Before: ``underscore`` (npm) evaluated as a global script; the runtime takes its ``_`` off the global object.
After: ``runtime.host`` set, a function from JSON text to JSON text (``http.js``). How calls are driven is in
``calls.js``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = Path(__file__).parent

ORDER: Final = (
    "primordials.js",
    "limits.js",
    "inspect.js",
    "errors.js",
    "console.js",
    "globals.js",
    "strings.js",
    "locales.js",
    "dates.js",
    "numbers.js",
    "request.js",
    "fetch.js",
    "http.js",
    "content.js",
    "calls.js",
)
"""The files of the runtime, in the order in which they are evaluated: later ones use what earlier ones define."""

COMPILER: Final[dict[str, tuple[str, ...]]] = {
    "compile.js": ("compile",),
    "analysis.js": (),
    "analysis_syntax.js": (),
    "analysis_names.js": (),
    "analysis_order.js": (),
    "analysis_receivers.js": (),
    "analysis_writes.js": (),
    "analysis_functions.js": (),
    "check.js": ("check", "mend"),
}
"""The files of the compiler in their order, each a function expression, with the functions on what it answers.

They are evaluated after Babel, and take and give JSON text.
"""

TYPES: Final = _FOLDER / "hookroom-script.d.ts"
"""Type definitions of the script API, for editors."""


class Source(NamedTuple):
    """A file of the runtime: what stacks call it (``hookroom:calls``), and a function expression."""

    name: str
    code: str


def source(file: str) -> Source:
    """One file of the runtime or the compiler. Raises ``OSError`` when it is missing."""
    return Source(f"hookroom:{Path(file).stem}", (_FOLDER / file).read_text(encoding="utf-8"))


def sources() -> tuple[Source, ...]:
    """The files of the runtime, in order. Raises ``OSError`` when one is missing."""
    return tuple(source(file) for file in ORDER)
