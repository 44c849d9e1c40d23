"""What the server says of itself."""

from __future__ import annotations

import httpx
import pytest
from tests.running import Api, Server


@pytest.mark.parametrize("path", ["/api/info", "/api/v1/info"])
def test_anybody_may_ask_for_the_version(server: Server, path: str) -> None:
    response = httpx.get(server.url + path, trust_env=False)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert answer["success"] is True
    assert answer["version"] == "8.8"
    # What clients on PyPI read before they log in.
    assert answer["info"]["version"].startswith(answer["version"])


def test_who_may_see_statistics_sees_more(admin: Api) -> None:
    answer = admin.get("info")
    assert answer["version"] == answer["info"]["version"]
    assert answer["info"]["hookroom"]["version"]
    assert "hookroom" not in admin.new_user().get("info")["info"]
