"""Where tests find Node: what runs scripts beside ours, to compare with."""

import os
from pathlib import Path

import pytest
from hatch_build import OLDEST_NODE, find_node


def node() -> Path:
    """The Node program that the build would use; without one the test is skipped, in CI it fails."""
    found = find_node()
    if found is not None:
        return found.program
    message = (
        f"needs Node {OLDEST_NODE} or newer with npm on the PATH, or from PyPI: "
        ".venv/bin/python -m pip install --require-hashes -r requirements-node.lock"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
