"""A browser for the tests of pages."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.browser import chromium
from tests.browser.chromium import Tab


@pytest.fixture
def tab() -> Iterator[Tab]:
    """An empty page of a browser of the test's own."""
    if chromium.program() is None and not os.environ.get("CI"):
        pytest.skip(chromium.HOW_TO_GET_IT)
    with chromium.browser() as tab:
        yield tab
