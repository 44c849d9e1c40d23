"""Clients from npm: installed once, by the lock beside this file, and run as processes of their own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hatch_build import find_node
from tests.node import node

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".test-clients"
"""Ignored by git; what is in it may be deleted at any time."""

_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")


def packages() -> Path:
    """The folder with ``node_modules`` as the lock has them. Without Node or a registry the test is skipped."""
    node()
    files = [HERE / "package.json", HERE / "package-lock.json"]
    key = hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()[:16]
    folder = CACHE / key
    if folder.is_dir():
        return folder
    CACHE.mkdir(exist_ok=True)
    # Beside the target, so that the last step is a rename: tests may run side by side.
    with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE) as work:
        for one in files:
            shutil.copy(one, work)
        found = find_node()
        assert found is not None
        done = subprocess.run(
            [*found.npm, "ci", *_FLAGS], cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            message = f"npm cannot install the clients of tests/clients: {done.stderr.strip()[-300:]}"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        # Another run may have been as far.
        with contextlib.suppress(OSError):
            Path(work).rename(folder)
        Path(work).mkdir(exist_ok=True)
    return folder


class Client:
    """A client under way: what it says in lines, and when it ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def heard(self, event: str, *, timeout: float = 30) -> dict[str, Any]:
        """The next line of JSON with that ``event``."""
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                line = None
            assert line is not None, f"the client did not say {event}:\n" + "".join(self.said)
            with contextlib.suppress(ValueError):
                said: dict[str, Any] = json.loads(line)
                assert said.get("event") != "failed", said
                if said.get("event") == event:
                    return said

    def ended(self) -> int:
        """Wait for its end; its exit code."""
        return self.process.wait(20)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            self._lines.put(line)
        self._lines.put(None)


@contextlib.contextmanager
def started(script: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[Client]:
    """Run ``script`` (below ``node_modules``, or beside this file) until it ends, or the test does."""
    folder = packages()
    path = folder / "node_modules" / script
    if not path.is_file():
        path = folder / script
        # Modules are looked for beside the script.
        shutil.copy(HERE / script, path)
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [str(node()), str(path), *arguments],
        cwd=folder,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Client(process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdout is not None
        process.stdout.close()
