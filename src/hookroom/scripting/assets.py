"""Where the engine's parts that come from npm lie. `hatch_build.py` puts them there when the package is built.

Imported by the script workers before they lock themselves in: it needs nothing but `pathlib` and `typing`.
"""

from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parents[1] / "vendor"

ENGINE: Final = _FOLDER / "quickjs.wasm"
"""QuickJS-ng as a WebAssembly module (npm `quickjs-wasi`): binary."""

BABEL: Final = _FOLDER / "babel.min.js"
"""Babel 7 (npm `@babel/standalone`): UTF-8; as a plain script it defines the global `Babel`."""

UNDERSCORE: Final = _FOLDER / "underscore-umd-min.js"
"""Underscore: UTF-8; as a plain script it defines the global `_`."""


def require() -> None:
    """See that all of them are there.

    Raises:
        FileNotFoundError: one is missing; the message says which, and what to run.
    """
    for asset in (ENGINE, BABEL, UNDERSCORE):
        if not asset.is_file():
            raise FileNotFoundError(
                f"The script engine is not complete: {asset} is missing. In a checkout, remove .venv/installed "
                "and run `make install`; elsewhere, install the hookroom wheel again."
            )
