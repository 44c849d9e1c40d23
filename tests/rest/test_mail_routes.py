"""Routes and pages that send e-mail or are reached by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.mailboxes import Mailbox
from tests.running import Api, Server, running, unique

PASSWORD = "Correct-horse-1"
NEW = "Another-horse-22"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Server]:
    with running(
        tmp_path_factory.mktemp("chat"),
        environment={"HOOKROOM_SMTP_URL": mailbox.url, "HOOKROOM_MAIL_FROM": "Chat <chat@example.com>"},
    ) as server:
        yield server


@pytest.fixture(scope="module")
def admin(chat: Server) -> Api:
    return chat.admin()


@pytest.fixture
def person(admin: Api) -> Api:
    return admin.new_user(password=PASSWORD)


def link(mailbox: Mailbox, count: int, chat: Server) -> str:
    found = re.search(r"http://\S+", mailbox.last_text(count))
    assert found is not None
    assert found[0].startswith(chat.url)
    return found[0]


def page(method: str, url: str, **options: Any) -> httpx.Response:
    response = httpx.request(method, url, trust_env=False, timeout=30, **options)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    return response


def test_a_forgotten_password(chat: Server, mailbox: Mailbox, person: Api) -> None:
    name = person.username()
    personal = person.post("users.generatePersonalAccessToken", tokenName="x")["token"]
    stranger = Api(chat.url)
    count = len(mailbox.messages)
    stranger.post("users.forgotPassword", email=f" {name.upper()}@EXAMPLE.com ")
    # Another is not sent at once, and the answer is the same for everybody.
    stranger.post("users.forgotPassword", email=f"{name}@example.com")
    stranger.post("users.forgotPassword", email="nobody@example.com")
    assert (
        stranger.refused("POST", "users.forgotPassword", json={})["error"] == "The 'email' param is required"
    )
    url = link(mailbox, count + 1, chat)
    assert "<form" in page("GET", url).text
    refused = page("POST", url, data={"password": "short"})
    assert refused.status_code == 400
    assert "minimum length" in refused.text
    assert "You have a new password" in page("POST", url, data={"password": NEW}).text
    assert page("POST", url, data={"password": PASSWORD}).status_code == 404
    assert page("GET", url).status_code == 404
    person.refused("GET", "me", 401)
    assert Api.login(chat.url, name, NEW).get("me")["_id"] == person.user_id
    Api(chat.url, {"X-User-Id": person.user_id, "X-Auth-Token": personal}).refused("GET", "me", 401)
    assert len(mailbox.messages) == count + 1


def test_a_new_password_over_rest_too(chat: Server, mailbox: Mailbox, person: Api) -> None:
    count = len(mailbox.messages)
    stranger = Api(chat.url)
    stranger.post("users.forgotPassword", email=f"{person.username()}@example.com")
    token = link(mailbox, count + 1, chat).rpartition("/")[2]
    name = person.username()
    assert stranger.refused("POST", "users.verifyEmail", json={"token": token})["error"]
    stranger.post("users.resetPassword", token=token, password=NEW)
    refused = stranger.refused("POST", "users.resetPassword", json={"token": token, "password": NEW})
    assert refused["error"] == "Token expired"
    Api.login(chat.url, name, NEW)


@pytest.mark.parametrize("changed", ["password", "by another", "address"])
def test_a_link_ends_with_what_it_was_sent_for(
    chat: Server, mailbox: Mailbox, admin: Api, person: Api, changed: str
) -> None:
    """Who once read somebody's mail is let in by no link once they chose another password or address."""
    count = len(mailbox.messages)
    Api(chat.url).post("users.forgotPassword", email=f"{person.username()}@example.com")
    url = link(mailbox, count + 1, chat)
    assert page("GET", url).status_code == 200
    if changed == "by another":
        admin.post("users.update", userId=person.user_id, data={"password": NEW})
    else:
        data = {"newPassword": NEW} if changed == "password" else {"email": f"{unique('new')}@example.com"}
        person.post("users.updateOwnBasicInfo", data={**data, "currentPassword": PASSWORD})
    assert page("GET", url).status_code == 404
    assert page("POST", url, data={"password": "Stolen-horse-333"}).status_code == 404
    body = {"token": url.rpartition("/")[2], "password": "Stolen-horse-333"}
    assert Api(chat.url).refused("POST", "users.resetPassword", json=body)["error"] == "Token expired"


def test_an_address_is_proved_and_may_be_asked_for(chat: Server, mailbox: Mailbox, admin: Api) -> None:
    stranger = Api(chat.url)
    count = len(mailbox.messages)
    admin.post("settings/Accounts_EmailVerification", value=True)
    try:
        name = unique("new")
        email = f"{name}@example.com"
        stranger.post("users.register", username=name, email=email, **{"pass": PASSWORD})
        url = link(mailbox, count + 1, chat)
        refused = stranger.refused("POST", "login", 401, json={"user": name, "password": PASSWORD})
        assert refused["error"] == "error-invalid-email"
        # A mail program that looks at the link proves nothing.
        assert page("GET", url).status_code == 200
        stranger.refused("POST", "login", 401, json={"user": name, "password": PASSWORD})
        assert "verified" in page("POST", url).text
        assert page("POST", url).status_code == 400
        user = Api.login(chat.url, name, PASSWORD)
        assert user.get("me")["emails"] == [{"address": f"{name}@example.com", "verified": True}]
    finally:
        admin.post("settings/Accounts_EmailVerification", value=False)
    refused = stranger.refused("POST", "users.verifyEmail", json={"token": url.rpartition("/")[2]})
    assert refused["error"] == "Verify email link expired"
    assert "errorType" not in refused


def test_a_new_address_of_ones_own_is_to_be_proved(chat: Server, mailbox: Mailbox, person: Api) -> None:
    count = len(mailbox.messages)
    address = f"{unique('other')}@example.com"
    person.post("users.updateOwnBasicInfo", data={"email": address, "currentPassword": PASSWORD})
    token = link(mailbox, count + 1, chat).rpartition("/")[2]
    assert mailbox.messages[-1]["To"] == address
    Api(chat.url).post("users.verifyEmail", token=token)
    assert person.get("me")["emails"][0] == {"address": address, "verified": True}
    # Proved already: nothing is sent.
    Api(chat.url).post("users.sendConfirmationEmail", email=address)
    assert len(mailbox.messages) == count + 1


def test_welcomes_and_invitations(mailbox: Mailbox, admin: Api, person: Api) -> None:
    count = len(mailbox.messages)
    address = f"{person.username()}@example.com"
    person.refused("POST", "users.sendWelcomeEmail", 403, json={"email": address})
    admin.post("users.sendWelcomeEmail", email=address)
    mailbox.wait_for(count + 1)
    assert (
        admin.refused("POST", "users.sendWelcomeEmail", json={"email": "x@y"})["errorType"]
        == "error-invalid-user"
    )
    admin.post("sendInvitationEmail", emails=["one@example.com", "one@example.com", "no address"])
    assert mailbox.wait_for(count + 2)[-1]["To"] == "one@example.com"
    refused = person.refused("POST", "sendInvitationEmail", json={"emails": ["a@example.com"]})
    assert refused["errorType"] == "error-not-allowed"
    assert admin.get("smtp.check")["isSMTPConfigured"] is True


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"from": "nobody"}, "Invalid from address [error-invalid-from-address]"),
        ({"body": "hello"}, "You must provide the [unsubscribe] link. [error-missing-unsubscribe-link]"),
        ({"query": "{"}, "Invalid query: not valid JSON [error-invalid-query]"),
        ({"query": '{"services.password": 1}'}, None),
    ],
)
def test_letters_that_are_refused(admin: Api, change: dict[str, str], error: str | None) -> None:
    body = {"from": "a@example.com", "subject": "s", "body": "[unsubscribe]", **change}
    refused = admin.refused("POST", "mailer", json=body)
    assert refused["details"] == {"function": "Mailer.sendMail"}
    assert error is None or refused["error"] == error


def test_a_letter_to_everybody(mailbox: Mailbox, admin: Api) -> None:
    name = unique("reader")
    readers = [
        admin.new_user(username=f"{name}-{n}", email=f"{name}-{n}@example.com", name="A & B") for n in "ab"
    ]
    count = len(mailbox.messages)
    letter = {
        "from": "News <news@example.com>",
        "subject": "News",
        "body": "<p>Dear [name] ([lname]), [unsubscribe]</p>",
        "query": f'{{"username": {{"$regex": "^{name}"}}}}',
    }
    admin.post("mailer", **letter)
    messages = mailbox.wait_for(count + 2)[count:]
    assert {one["To"] for one in messages} == {f"{name}-{n}@example.com" for n in "ab"}
    body = messages[0].get_body(("html",))
    assert body is not None
    content = body.get_content()
    assert "Dear A &amp; B (B)" in content
    found = re.search(r"http://\S+/mailer/unsubscribe/(\w+)/(\d+)", content)
    assert found is not None
    assert "<form" in page("GET", found[0]).text
    assert page("POST", found[0]).status_code == 200
    admin.post("mailer", **letter)
    left = next(one for one in readers if one.user_id != found[1])
    assert mailbox.wait_for(count + 3)[-1]["To"] == f"{left.username()}@example.com"
    left.post("mailer.unsubscribe", _id=left.user_id, createdAt="1")
    admin.post("mailer", **letter)
    mailbox.wait_for(count + 4)
    admin.post("mailer", **{**letter, "dryrun": True})
    assert len(mailbox.messages) == count + 4


def test_small_routes_around_accounts(admin: Api, person: Api) -> None:
    anybody = Api(admin.url)
    assert anybody.get("settings.oauth")["services"] == []
    assert anybody.get("service.configurations")["configurations"] == []
    assert person.get("users.getUsernameSuggestion")["result"]
    answer = anybody.refused("POST", "login", 501, json={"serviceName": "facebook", "accessToken": "x"})
    assert "facebook" in answer["error"]
    person.refused("POST", "users.deactivateIdle", 403, json={"daysIdle": 1})
    refused = admin.refused("POST", "users.deactivateIdle", json={})
    assert refused["error"] == "must have required property 'daysIdle' [invalid-params]"
    assert admin.post("users.deactivateIdle", daysIdle=1)["count"] == 0
