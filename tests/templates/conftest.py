"""The sandbox that templates run in."""

from __future__ import annotations

from tests.scripting.conftest import runner, sandbox, shared_sandbox

__all__ = ["runner", "sandbox", "shared_sandbox"]
