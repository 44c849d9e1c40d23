"""``python -m hookroom.scripting.images``: makes the engine's machine code before anybody waits for it.

``make install`` does this. Where it was not done the first use does it, which takes some seconds once.
"""

from __future__ import annotations

import sys

from hookroom.config import ConfigError, load
from hookroom.scripting.worker import image
from hookroom.scripting.worker.engine import WasmEngine


def main() -> None:
    """Make both images where they are not there."""
    try:
        folder = load().script_cache
        for kind in ("runtime", "compiler"):
            image.load(WasmEngine(slots=1, memory_bytes=512 << 20), kind, folder)
    except (ConfigError, image.BadCache, OSError) as error:
        sys.exit(f"The script engine was not prepared: {error}")


if __name__ == "__main__":
    main()
