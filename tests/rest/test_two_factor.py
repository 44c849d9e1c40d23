"""The second factor over REST, on a server that is not in test mode and has a mail server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from tests.mailboxes import Mailbox
from tests.running import Api, Server, running

PASSWORD = "Correct-horse-1"
LIMITS = {"Accounts_TwoFactorAuthentication_MaxDelta": 10, "API_Enable_Rate_Limiter": False}


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Server]:
    environment = {
        "ADMIN_USERNAME": "boss",
        "ADMIN_PASS": PASSWORD,
        "ADMIN_EMAIL": "boss@example.com",
        "HOOKROOM_SMTP_URL": mailbox.url,
    }
    folder = tmp_path_factory.mktemp("chat")
    with running(folder, test_mode=False, environment=environment) as server:
        yield server
        log = (folder / "server.log").read_text()
    # Nothing of it is logged, ever.
    assert PASSWORD not in log
    assert "otpauth" not in log


@pytest.fixture(scope="module")
def boss(chat: Server) -> Api:
    boss = Api.login(chat.url, "boss", PASSWORD)
    for name, value in LIMITS.items():
        boss.post(f"settings/{name}", value=value)
    return boss


class Person:
    """Somebody with an app; its codes are of ever later steps, for each is good once."""

    def __init__(self, boss: Api) -> None:
        self.api = boss.new_user(password=PASSWORD)
        self.name = self.api.username()
        self.secret = ""
        self._step = int(time.time()) // 30 - 9

    def code(self) -> str:
        self._step += 1
        return pyotp.TOTP(self.secret).generate_otp(self._step)

    def method(self, name: str, *params: Any, headers: dict[str, str] | None = None) -> Any:
        message = json.dumps({"msg": "method", "id": "1", "method": name, "params": params})
        answer = self.api.call(
            "POST", f"method.call/{name}", json={"message": message}, headers=headers or {}
        )
        return json.loads(answer.json()["message"])

    def turn_on(self) -> list[str]:
        prepared = self.method("2fa:enable")["result"]
        self.secret = prepared["secret"]
        assert f"secret={self.secret}" in prepared["url"]
        assert self.method("2fa:validateTempToken", "000000")["error"]["error"] == "invalid-totp"
        codes: list[str] = self.method("2fa:validateTempToken", self.code())["result"]["codes"]
        return codes

    def log_in(self, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        body = {"user": self.name, "password": PASSWORD, **more}
        return httpx.post(
            f"{self.api.url}/api/v1/login", json=body, headers=headers, timeout=30, trust_env=False
        )


@pytest.fixture
def person(boss: Api) -> Person:
    return Person(boss)


def test_an_app_is_asked_for_at_login(person: Person) -> None:
    other_login = Api.login(person.api.url, person.name, PASSWORD)
    codes = person.turn_on()
    assert len(set(codes)) == 12
    other_login.refused("GET", "me", 401)
    me = person.api.get("me")
    assert me["services"]["totp"] == {"enabled": True}
    assert person.secret not in str(me)
    assert person.secret not in str(person.api.get("users.info", userId=person.api.user_id))
    refused = person.log_in()
    assert refused.status_code == 401
    assert refused.json() == {
        "success": False,
        "status": "error",
        "error": "totp-required",
        "message": "TOTP Required",
        "details": {"method": "totp", "codeGenerated": False, "availableMethods": ["totp"]},
    }
    wrong = person.log_in(code="000000")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "totp-invalid")
    code = person.code()
    assert person.log_in(code=code).status_code == 200
    assert person.log_in(code=code).json()["error"] == "totp-invalid"
    assert person.log_in(headers={"x-2fa-code": person.code(), "x-2fa-method": "totp"}).status_code == 200
    # A wrong password is told first: nobody learns of the factor who does not know it.
    wrong = person.log_in(password="wrong", code=person.code())
    assert wrong.json()["error"] == "Unauthorized"


def test_the_realtime_api_asks_for_it_too(person: Person) -> None:
    person.turn_on()
    login = {"user": {"username": person.name}, "password": PASSWORD}
    error = person.method("login", login)["error"]
    assert (error["error"], error["details"]["method"]) == ("totp-required", "totp")
    wrong = person.method("login", {"totp": {"login": login, "code": "000000"}})
    assert wrong["error"]["error"] == "totp-invalid"
    session = person.method("login", {"totp": {"login": login, "code": person.code()}})["result"]
    assert (session["id"], session["type"]) == (person.api.user_id, "password")


def test_backup_codes_work_once_and_are_made_anew(person: Person) -> None:
    codes = person.turn_on()
    assert person.log_in(code=codes[0]).status_code == 200
    assert person.log_in(code=codes[0]).json()["error"] == "totp-invalid"
    assert person.method("2fa:checkCodesRemaining")["result"] == {"remaining": 11}
    assert person.method("2fa:regenerateCodes", "wrong").get("result") is None
    fresh = person.method("2fa:regenerateCodes", person.code())["result"]["codes"]
    assert person.log_in(code=codes[1]).json()["error"] == "totp-invalid"
    assert person.log_in(code=fresh[1]).status_code == 200


def test_routes_that_could_lock_somebody_out_ask_for_it_and_remember(boss: Api, person: Person) -> None:
    person.turn_on()
    new = {"tokenName": "ci", "bypassTwoFactor": True}
    refused = person.api.refused("POST", "users.generatePersonalAccessToken", json=new)
    assert refused["error"] == "TOTP Required [totp-required]"
    assert refused["errorType"] == "totp-required"
    assert refused["details"] == {"method": "totp", "codeGenerated": False, "availableMethods": ["totp"]}
    asked = person.method("personalAccessTokens:generateToken", new)
    assert asked["error"]["error"] == "totp-required"
    # A body that is refused uses up no code.
    code = {"x-2fa-code": person.code(), "x-2fa-method": "totp"}
    bad = person.api.refused("POST", "users.generatePersonalAccessToken", json={}, headers=code)
    assert bad["errorType"] == "invalid-params"
    made = person.api.call("POST", "users.generatePersonalAccessToken", json=new, headers=code).json()
    # Remembered for this login, from this place.
    person.api.post("users.generatePersonalAccessToken", tokenName="again")
    elsewhere = {"User-Agent": "another"}
    person.api.refused("POST", "users.removePersonalAccessToken", json={"tokenName": "ci"}, headers=elsewhere)
    # A token that was made so is never asked.
    script = Api(person.api.url, {"X-Auth-Token": made["token"], "X-User-Id": person.api.user_id})
    script.post("users.regeneratePersonalAccessToken", tokenName="again")
    fresh = person.log_in(code=person.code()).json()["data"]["authToken"]
    person.api = Api(person.api.url, {"X-Auth-Token": fresh, "X-User-Id": person.api.user_id})
    last = {"twoFactorCode": person.code(), "twoFactorMethod": "totp"}
    removed = person.method("personalAccessTokens:removeToken", {"tokenName": "ci"}, last)
    assert "error" not in removed
    # Nobody else is asked.
    boss.post("users.update", userId=person.api.user_id, data={"name": "New Name"})


def test_a_new_password_needs_the_factor_and_not_the_old_one(person: Person) -> None:
    data = {"newPassword": "Another-horse-22"}
    refused = person.api.refused("POST", "users.updateOwnBasicInfo", json={"data": data})
    assert refused["details"]["method"] == "password"
    person.turn_on()
    refused = person.api.refused("POST", "users.updateOwnBasicInfo", json={"data": data})
    assert refused["details"]["method"] == "totp"
    shown = {"x-2fa-code": person.code(), "x-2fa-method": "totp"}
    done = person.api.call("POST", "users.updateOwnBasicInfo", json={"data": data}, headers=shown)
    assert done.status_code == 200


def test_wrong_codes_are_counted_wherever_they_come_from(person: Person) -> None:
    person.turn_on()
    for _ in range(10):
        body = {"tokenName": "x"}
        person.api.refused(
            "POST", "users.removePersonalAccessToken", json=body, headers={"x-2fa-code": "000000"}
        )
    refused = person.log_in(code=person.code())
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_the_app_is_turned_off_by_its_code_or_by_an_administrator(boss: Api, person: Person) -> None:
    person.turn_on()
    assert person.method("2fa:disable", "000000")["result"] is False
    assert person.method("2fa:disable", person.code())["result"] is True
    assert person.log_in().status_code == 200
    person.turn_on()
    somebody = boss.new_user(password=PASSWORD)
    refused = somebody.refused("POST", "users.resetTOTP", json={"userId": person.api.user_id})
    assert refused["error"] == "Not allowed [error-not-allowed]"
    boss.post("users.resetTOTP", userId=person.api.user_id)
    person.api.refused("GET", "me", 401)
    assert person.log_in().status_code == 200


def test_codes_by_email(mailbox: Mailbox, person: Person) -> None:
    person.api.post("users.2fa.enableEmail")
    assert person.api.get("me")["services"]["email2fa"]["enabled"] is True
    count = len(mailbox.messages)
    details = person.log_in().json()["details"]
    assert (details["method"], details["codeGenerated"]) == ("email", True)
    text = mailbox.last_text(count + 1)
    found = re.search(r"\d{3}-\d{3}", text)
    assert found is not None
    assert mailbox.messages[-1]["To"] == f"{person.name}@example.com"
    details = person.log_in().json()["details"]
    assert details["codeGenerated"] is False
    assert details["codeExpires"].endswith("Z")
    assert (
        person.log_in(code="000-000" if found[0] != "000-000" else "111-111").json()["error"]
        == "totp-invalid"
    )
    assert person.log_in(code=found[0]).status_code == 200
    # It is used up, and another is not sent at once.
    assert person.log_in(code=found[0]).json()["error"] == "totp-invalid"
    httpx.post(
        f"{person.api.url}/api/v1/users.2fa.sendEmailCode",
        json={"emailOrUsername": person.name},
        trust_env=False,
    ).raise_for_status()
    person.api.refused("POST", "users.2fa.disableEmail")


def test_a_code_that_was_guessed_at_too_often_is_no_longer_good(mailbox: Mailbox, person: Person) -> None:
    person.api.post("users.2fa.enableEmail")
    count = len(mailbox.messages)
    person.log_in()
    found = re.search(r"\d{3}-\d{3}", mailbox.last_text(count + 1))
    assert found is not None
    wrong = f"{(int(found[0].replace('-', '')) + 1) % 1_000_000:06d}"
    errors = [person.log_in(code=wrong).json()["error"] for _ in range(5)]
    assert errors == ["totp-invalid"] * 4 + ["totp-max-attempts"]
    assert person.log_in(code=found[0]).status_code == 401


def test_what_needs_no_login_tells_nothing_of_users(chat: Server, boss: Api, mailbox: Mailbox) -> None:
    stranger = Api(chat.url)
    count = len(mailbox.messages)
    stranger.post("users.2fa.sendEmailCode", emailOrUsername="nobody")
    stranger.post("users.2fa.sendEmailCode", emailOrUsername="boss@example.com")
    refused = stranger.refused("POST", "users.2fa.sendEmailCode", json={})
    assert refused["errorType"] == "error-parameter-required"
    refused = stranger.refused(
        "POST", "twoFactorChallenges.verifyChallenge", json={"challengeId": "x", "code": "1"}
    )
    assert refused["errorType"] == "error-challenge-not-found"
    assert len(mailbox.messages) == count


def test_without_a_mail_server_nobody_depends_on_email(tmp_path: Path) -> None:
    environment = {"ADMIN_USERNAME": "boss", "ADMIN_PASS": PASSWORD, "ADMIN_EMAIL": "boss@example.com"}
    with running(tmp_path / "data", test_mode=False, environment=environment) as server:
        boss = Api.login(server.url, "boss", PASSWORD)
        refused = boss.refused("POST", "users.2fa.enableEmail")
        assert refused["error"] == "SMTP is not configured [error-email-send-failed]"
        assert boss.get("smtp.check")["isSMTPConfigured"] is False
        for route, body in (
            ("users.sendWelcomeEmail", {"email": "boss@example.com"}),
            ("sendInvitationEmail", {"emails": ["a@example.com"]}),
            ("users.sendConfirmationEmail", {"email": "boss@example.com"}),
            ("mailer", {"from": "a@example.com", "subject": "s", "body": "[unsubscribe]"}),
        ):
            assert boss.refused("POST", route, json=body)["errorType"] == "error-email-send-failed"
        boss.post("users.forgotPassword", email="boss@example.com")
