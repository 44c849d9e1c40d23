"""Fixtures of the webhook tests."""

from __future__ import annotations

import pytest
from tests.hooks.hooks import Hook
from tests.running import Api


@pytest.fixture
def hook(admin: Api) -> Hook:
    """An incoming webhook with a channel of its own."""
    return Hook(admin)


@pytest.fixture
def free_hook(admin: Api) -> Hook:
    """One whose senders may name the destination."""
    return Hook(admin, overrideDestinationChannelEnabled=True)
