"""The tutorial works: its commands are run as they stand, and print what it says they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)


def test_the_tutorial_runs(tmp_path: Path) -> None:
    server_port, receiver_port = str(free_port()), str(free_port())
    text = (ROOT / "docs" / "tutorial.md").read_text()
    text = text.replace("3000", server_port).replace("9000", receiver_port)
    blocks = BLOCK.findall(text)
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "hookroom").symlink_to(Path(sys.executable).parent / "hookroom")
    script = ["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, (kind, content) in enumerate(blocks):
        if kind == "sh":
            script.append(f"{content}echo; echo '=== {number}'")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HOOKROOM_", "ADMIN_", "TEST_MODE"))}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**clean, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    log = tmp_path / "tutorial.log"
    assert done.returncode == 0, done.stdout + done.stderr + (log.read_text() if log.exists() else "")
    printed = {
        int(number): output.strip() for output, number in re.findall(r"(.*?)\n=== (\d+)\n", done.stdout, re.S)
    }
    for number, (kind, content) in enumerate(blocks):
        if kind == "text":
            assert printed[number - 1].splitlines() == content.strip().splitlines()
