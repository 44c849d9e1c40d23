"""The pages behind the links of e-mails: ``/reset-password/…``, ``/verify-email/…``, ``/mailer/unsubscribe/…``.

Plain HTML without scripts. Opening a page changes nothing, for mail programs open links too: a button does.
"""

from __future__ import annotations

import html
from typing import Final
from urllib.parse import parse_qs

import falcon.asgi

from hookroom.errors import HookroomError
from hookroom.people import mail_links, mailing
from hookroom.rest import bodies
from hookroom.rest.failures import failure_body
from hookroom.services import Services

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # The address of the page is the secret.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_MAX_FORM: Final = 16_384

_RESET_FORM: Final = (
    '<form method="post"><p><label>New password <input type="password" name="password" required'
    ' autocomplete="new-password"></label></p><p><button>Set the password</button></p></form>'
)
_VERIFY_FORM: Final = '<form method="post"><p><button>Yes, this address is mine</button></p></form>'
_UNSUBSCRIBE_FORM: Final = '<form method="post"><p><button>No more of these e-mails</button></p></form>'
_GONE: Final = "This link is no longer good. Please ask for a new one."


class _Page:
    title: str

    def __init__(self, services: Services) -> None:
        self._services = services

    def _show(self, response: falcon.asgi.Response, content: str, status: int = 200) -> None:
        site = html.escape(str(self._services.ws.settings["Site_Name"]))
        for name, value in _HEADERS.items():
            response.set_header(name, value)
        response.status = status
        response.content_type = "text/html; charset=utf-8"
        response.data = (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{self.title} - {site}</title>'
            '<meta name="viewport" content="width=device-width"></head>'
            f"<body><h1>{self.title}</h1>{content}</body></html>\n"
        ).encode()

    def _say(self, response: falcon.asgi.Response, text: str, status: int = 200, *, form: str = "") -> None:
        self._show(response, f"<p>{html.escape(text)}</p>{form}", status)

    def _refuse(self, response: falcon.asgi.Response, error: Exception, form: str = "") -> None:
        if isinstance(error, HookroomError):
            self._say(response, getattr(error, "reason", "") or str(error), error.status, form=form)
        else:
            failure_body(error, self.title)
            self._say(response, "Something went wrong on the server; its log says more.", 500)


class ResetPassword(_Page):
    """Choosing the new password that a link is for."""

    title = "New password"

    async def on_get(self, _request: falcon.asgi.Request, response: falcon.asgi.Response, token: str) -> None:
        """The form."""
        try:
            if not await mail_links.is_good(self._services.ws, token, "reset-password"):
                self._say(response, _GONE, 404)
                return
            self._show(response, _RESET_FORM)
        except Exception as error:
            self._refuse(response, error)

    async def on_post(self, request: falcon.asgi.Request, response: falcon.asgi.Response, token: str) -> None:
        """The form as it was filled in."""
        ws = self._services.ws
        try:
            if not await mail_links.is_good(ws, token, "reset-password"):
                self._say(response, _GONE, 404)
                return
            content = (await bodies.read(request, _MAX_FORM)).decode("utf-8", "replace")
            password = parse_qs(content, keep_blank_values=True).get("password", [""])[0]
            await mail_links.reset_password(ws, token, password)
            self._say(response, "You have a new password. Please log in with it.")
        except HookroomError as error:
            details = getattr(error, "details", None) or {}
            rules = "".join(f"<li>{html.escape(one['message'])}</li>" for one in details.get("reasons", ()))
            self._refuse(response, error, f"<ul>{rules}</ul>{_RESET_FORM}" if rules else _RESET_FORM)
        except Exception as error:
            self._refuse(response, error)


class VerifyEmail(_Page):
    """Proving who reads an address."""

    title = "Your address"

    async def on_get(self, _request: falcon.asgi.Request, response: falcon.asgi.Response, token: str) -> None:
        """The question."""
        try:
            if not await mail_links.is_good(self._services.ws, token, "verify-email"):
                self._say(response, _GONE, 404)
                return
            self._show(response, _VERIFY_FORM)
        except Exception as error:
            self._refuse(response, error)

    async def on_post(
        self, _request: falcon.asgi.Request, response: falcon.asgi.Response, token: str
    ) -> None:
        """The answer."""
        try:
            await mail_links.verify_email(self._services.ws, token)
            self._say(response, "Thank you: your address is verified.")
        except Exception as error:
            self._refuse(response, error)


class Unsubscribe(_Page):
    """No more letters to everybody."""

    title = "Unsubscribe"

    async def on_get(
        self, _request: falcon.asgi.Request, response: falcon.asgi.Response, user_id: str, created_at: str
    ) -> None:
        """The question; the same for every link."""
        del user_id, created_at
        self._show(response, _UNSUBSCRIBE_FORM)

    async def on_post(
        self, _request: falcon.asgi.Request, response: falcon.asgi.Response, user_id: str, created_at: str
    ) -> None:
        """The answer; the same whether there is such a user."""
        try:
            await mailing.unsubscribe(self._services.ws, user_id, created_at)
            self._say(response, "You will get no more of these e-mails.")
        except Exception as error:
            self._refuse(response, error)


def mount(app: falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response], services: Services) -> None:
    """Add the pages to ``app``."""
    app.add_route(f"/{mail_links.RESET_PATH}/{{token}}", ResetPassword(services))
    app.add_route(f"/{mail_links.VERIFY_PATH}/{{token}}", VerifyEmail(services))
    app.add_route(f"/{mailing.UNSUBSCRIBE_PATH}/{{user_id}}/{{created_at}}", Unsubscribe(services))
