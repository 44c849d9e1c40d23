"""A mail server for tests, on a port of its own: keeps what it is sent, and fails as it is told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
import warnings
from collections.abc import Callable
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult

PATIENCE_S = 10.0


class Mailbox:
    """Runs while its ``with`` block does. ``answers``: what it says to each e-mail, the last one to all others."""

    def __init__(self, *answers: str, user: str = "", password: str = "") -> None:
        self._answers = list(answers) or ["250 OK"]
        self._changed = threading.Condition()
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.tries = 0
        self.logins: list[tuple[str, str]] = []
        self._options: dict[str, Any] = {}
        if user:
            check = self._login(user, password)
            self._options = {"auth_require_tls": False, "auth_required": True, "authenticator": check}
        self._port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="mailbox", daemon=True
        )

    @property
    def url(self) -> str:
        """``smtp://127.0.0.1:port``."""
        return f"smtp://127.0.0.1:{self._port}"

    def wait_for(self, count: int) -> list[EmailMessage]:
        """The messages so far, once there are ``count`` of them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.messages) >= count, PATIENCE_S):
                raise AssertionError(f"{len(self.messages)} e-mails of {count}, {self.tries} tries")
        return list(self.messages)

    def last_text(self, count: int) -> str:
        """The plain text of the newest message, once there are ``count``."""
        body = self.wait_for(count)[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        with self._changed:
            answer = self._answers[min(self.tries, len(self._answers) - 1)]
            self.tries += 1
            if answer.startswith("250"):
                message = email.message_from_bytes(envelope.content, policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                self.messages.append(message)
                self.recipients += envelope.rcpt_tos
            self._changed.notify_all()
        return answer

    def _login(self, user: str, password: str) -> Callable[..., AuthResult]:
        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            given = (data.login.decode(), data.password.decode())
            self.logins.append(given)
            return AuthResult(success=given == (user, password))

        return check

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await self._loop.create_server(self._session, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()

    def _session(self) -> SMTP:
        with warnings.catch_warnings():
            # It does not like passwords without TLS, which is what a relay on this machine is like.
            warnings.simplefilter("ignore")
            return SMTP(self, **self._options)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
