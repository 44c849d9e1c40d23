"""Passwords and tokens are in no log line, no answer that has no need of them, and nowhere on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.running import Api, running

PASSWORD = "Correct-horse-battery-1"
NEW = "Another-horse-battery-2"
LOOKS = ("me", "users.info?username=ada", "users.list?count=0", "users.getPersonalAccessTokens")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_secret_is_logged_stored_or_told(tmp_path: Path, log_format: str) -> None:
    environment = {
        "HOOKROOM_LOG_LEVEL": "debug",
        "HOOKROOM_LOG_FORMAT": log_format,
        "ADMIN_USERNAME": "ada",
        "ADMIN_PASS": PASSWORD,
    }
    answers: list[str] = []
    with running(tmp_path, test_mode=False, environment=environment) as server:
        ada = Api.login(server.url, "ada", PASSWORD)
        ada.post("settings/API_Enable_Rate_Limiter", value=False)
        personal = ada.post("users.generatePersonalAccessToken", tokenName="ci")["token"]
        script = Api(server.url, {"X-Auth-Token": personal, "X-User-Id": ada.user_id})
        for api in (ada, script):
            answers += [api.call("GET", path).text for path in LOOKS]
        for path, body in (
            ("users.create", {"username": "bob", "name": "Bob", "email": "bob@example.com", "password": NEW}),
            ("users.create", {"username": "bob", "name": "Bob", "email": "bob@example.com", "password": NEW}),
            ("users.update", {"userId": "bob", "data": {"password": NEW}}),
            ("users.update", {"userId": ada.user_id, "data": {"password": [NEW]}}),
            ("users.register", {"username": "eve", "email": "eve@example.com", "pass": NEW, "x": PASSWORD}),
            ("users.updateOwnBasicInfo", {"data": {"newPassword": NEW, "currentPassword": NEW}}),
            ("login", {"user": "ada", "password": NEW}),
            ("login", {"user": "ada", "password": {"digest": [NEW]}}),
            ("login", {"resume": f"{personal}x"}),
        ):
            answers.append(script.call("POST", path, json=body).text)
        for broken in (f'{{"password": "{PASSWORD}"', f'["{PASSWORD}"]', f"password={PASSWORD}"):
            sent = httpx.post(f"{server.url}/api/v1/login", content=broken, trust_env=False)
            answers.append(sent.text)
        secrets = [PASSWORD, NEW, personal, ada.headers["X-Auth-Token"]]
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for secret in secrets:
        assert secret not in "\n".join(answers)
        assert secret not in "".join(server.greeting)
        assert secret.encode() not in kept


def test_a_failure_is_logged_without_the_values_of_its_variables() -> None:
    program = f"""
import structlog
from hookroom import logs
logs.configure("info", "json")
def log_in(password):
    raise ValueError("no")
try:
    log_in({PASSWORD!r})
except ValueError as error:
    structlog.get_logger().error("request failed", exc_info=error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    line: dict[str, Any] = json.loads(done.stderr)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert PASSWORD not in done.stderr
