"""A PostgreSQL server of the tests' own, started on a free port when its programs are at hand."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

HOW_TO_GET_IT = "PostgreSQL's programs were not found: apt-get install postgresql (or set POSTGRES_BIN)"


def programs() -> Path | None:
    """The directory of ``initdb`` and ``postgres``, if installed."""
    candidates = [Path(os.environ["POSTGRES_BIN"])] if "POSTGRES_BIN" in os.environ else []
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((c for c in candidates if (c / "initdb").exists()), None)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server in a directory of its own; yields the URL of its ``postgres`` database."""
    binaries = programs()
    assert binaries is not None, HOW_TO_GET_IT
    # Not pytest's directory: that one is closed to the user that PostgreSQL runs as under root.
    with tempfile.TemporaryDirectory(prefix="hookroom-postgres-") as name:
        yield from _server(Path(name), binaries)


def _server(directory: Path, binaries: Path) -> Iterator[str]:
    data = directory / "data"
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        shutil.chown(directory, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    port = free_port()
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", data, "-U", "hookroom", "-A", "trust", "-E", "UTF8", "-N"],
        check=True,
        capture_output=True,
        cwd=directory,
    )
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={directory}"
    subprocess.run(
        [*as_user, binaries / "pg_ctl", "-D", data, "-w", "-l", directory / "log", "-o", options, "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=directory,
    )
    try:
        yield f"postgresql://hookroom@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*as_user, binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=directory,
        )
