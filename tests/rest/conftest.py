"""People and rooms that several families of endpoints are tested with: new ones for each file."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, unique


@pytest.fixture(scope="module")
def room(user: Api) -> Any:
    """A public channel of ``user``'s."""
    return user.new_channel()


@pytest.fixture(scope="module")
def group(user: Api) -> Any:
    """A private group of ``user``'s."""
    return user.post("groups.create", name=unique("group"))["group"]
