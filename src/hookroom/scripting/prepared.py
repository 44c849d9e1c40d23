"""What has to be known of a script before each of its calls, worked out once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from msgspec import Struct

from hookroom.rules.source_map import SourceMap, split_map
from hookroom.scripting.model import Script

MOST: Final = 1 << 14
"""Scripts that are kept prepared."""


class Prepared(Struct, frozen=True):
    """The code that runs, its map if it was compiled, and what tells its version from others."""

    code: str
    source_map: SourceMap | None
    version: bytes


def prepare(script: Script) -> Prepared:
    """``script`` prepared."""
    code, source_map = split_map(script.code)
    told = f"{script.legacy} {script.limits.memory_mb} {code}".encode("utf-8", "surrogatepass")
    return Prepared(code, source_map, hashlib.sha256(told).digest()[:16])


class Preparations:
    """What was made of each script of late: of its last version only, or those of one could fill the memory."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, tuple[Script, Prepared]] = OrderedDict()

    def of(self, script: Script) -> Prepared:
        """``script`` prepared."""
        found = self._of.get(script.key)
        if found is not None:
            then, prepared = found
            same = then.code == script.code and then.legacy == script.legacy
            if same and then.limits.memory_mb == script.limits.memory_mb:
                return prepared
        prepared = prepare(script)
        self._of[script.key] = script, prepared
        if len(self._of) > MOST:
            self._of.popitem(last=False)
        return prepared

    def forget(self, key: str) -> None:
        """The script ``key`` is gone."""
        self._of.pop(key, None)
