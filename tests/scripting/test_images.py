"""Machine code is made once on a machine, whoever needs it first."""

from __future__ import annotations

from pathlib import Path

from tests.scripting.sandboxes import Runner, bench, method


def test_one_image_serves_sandboxes_of_every_size(runner: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    for megabytes in (16, 64, 512):
        with bench(runner, folder=folder, max_memory_mb=megabytes) as sandbox:
            assert sandbox.value(method("return 1"), transpile=True) == 1
        made = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.cwasm")}
        assert sorted(name.partition("-")[0] for name in made) == ["compiler", "runtime"]
        if megabytes == 16:
            first = made
        assert made == first
