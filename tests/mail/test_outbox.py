"""The queue of e-mails and SMTP, against a real mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs
from tests.mailboxes import Mailbox

from hookroom.mail import texts
from hookroom.mail.opening import mailing
from hookroom.mail.outbox import Outbox
from hookroom.mail.port import Mail
from hookroom.mail.smtp import Smtp, written
from hookroom.rules.mail_server import mail_server

FROM = "Chat <chat@example.com>"
HELLO = texts.welcome("A & <B>\r\nBcc: x@example.com", "ann@example.com", "http://localhost/")


def sending(url: str, use: Callable[[Outbox], Awaitable[None]], *delays_s: float) -> None:
    async def send() -> None:
        outbox = Outbox(Smtp(mail_server(url), FROM), size=2, delays_s=delays_s)
        outbox.start()
        try:
            await use(outbox)
        finally:
            await outbox.stop()

    asyncio.run(send())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def test_an_email_arrives_in_two_forms_and_one_line_of_subject() -> None:
    with Mailbox() as box:

        async def use(outbox: Outbox) -> None:
            assert outbox.put(HELLO)
            await until(lambda: bool(box.messages))

        sending(box.url, use)
        (message,) = box.messages
    assert box.recipients == ["ann@example.com"]
    assert (message["From"], message["To"]) == (FROM, "ann@example.com")
    assert message["Subject"] == "Welcome to A & <B> Bcc: x@example.com"
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert "A & <B>" in text.get_content()
    assert page is not None
    assert "A &amp; &lt;B&gt;" in page.get_content()


def test_what_fails_for_now_is_sent_again_and_what_fails_for_good_is_not() -> None:
    with Mailbox("451 later", "250 OK", "550 never") as box, capture_logs() as logs:

        async def use(outbox: Outbox) -> None:
            outbox.put(HELLO)
            await until(lambda: box.tries == 2)
            outbox.put(HELLO)
            await until(lambda: any("could not be sent" in one["event"] for one in logs))

        sending(box.url, use, 0.01, 0.01)
        assert (box.tries, len(box.messages)) == (3, 1)
    assert "ann@example.com" not in str(logs)
    assert {one.get("reason") for one in logs} == {"SMTPDataError (451)", "SMTPDataError (550)"}


def test_only_so_many_wait_and_it_says_what_is_lost() -> None:
    with Mailbox("451 later") as box, capture_logs() as logs:

        async def use(outbox: Outbox) -> None:
            assert [outbox.put(HELLO) for _ in range(3)] == [True, True, False]
            await until(lambda: box.tries == 2)

        sending(box.url, use, 60.0)
    assert {"event": "e-mails that were not sent are lost", "mails": 2, "log_level": "warning"} in logs


@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")
def test_the_password_is_sent_and_is_in_no_log() -> None:
    with Mailbox(user="me", password="s3cr:t/") as box, capture_logs() as logs:

        async def send() -> None:
            url = box.url.replace("//", "//me:s3cr%3At%2F@")
            async with mailing(url, None, "https://chat.example.com") as mailer:
                mailer.put(HELLO)
                await until(lambda: bool(box.messages))

        asyncio.run(send())
    assert box.logins == [("me", "s3cr:t/")]
    assert box.messages[0]["From"] == "no-reply@chat.example.com"
    assert "s3cr" not in str(logs)


@pytest.mark.parametrize(
    "to", ["a,b@example.com", '"x" y@example.com', "a\nb@example.com", "<a@b>@example.com"]
)
def test_an_odd_address_is_one_address_or_none(to: str) -> None:
    mail = Mail(to=to, subject="s", text="t", html="h")
    try:
        message = written(mail, FROM)
    except ValueError:
        return
    assert len(message["To"].addresses) == 1
    assert "\nb@" not in message.as_string()
