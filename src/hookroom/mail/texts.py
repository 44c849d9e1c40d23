"""The texts of the e-mails, in plain text and in simple HTML. What users gave is escaped there."""

from __future__ import annotations

import html
from typing import Final

from hookroom.mail.port import Mail

MAX_SUBJECT: Final = 200
"""Characters of a subject."""


def login_code(site: str, to: str, code: str, minutes: int) -> Mail:
    """A code to show when logging in; good for so many minutes."""
    return _mail(
        to,
        "Authentication code",
        [
            f"Here is your authentication code for {site}:",
            f"{code[:3]}-{code[3:]}",
            f"It is good for {minutes} minutes. Give it to nobody.",
            "If you did not try to log in, ignore this e-mail.",
        ],
    )


def reset_password(site: str, to: str, link: str) -> Mail:
    """The link to a new password."""
    return _mail(
        to,
        f"{site} - Password recovery",
        [
            f"Somebody, hopefully you, asked for a new password on {site}.",
            "If it was not you, ignore this e-mail: nothing changes.",
        ],
        link=("Choose a new password", link),
    )


def verify_email(site: str, to: str, name: str, link: str) -> Mail:
    """The link that proves who reads an address."""
    return _mail(
        to,
        f"{site} - Verify your email address",
        [f"Hi {name},", f"please confirm that this address is yours on {site}."],
        link=("Verify the address", link),
    )


def welcome(site: str, to: str, url: str) -> Mail:
    """A first e-mail to a user."""
    return _mail(
        to, f"Welcome to {site}", [f"Welcome to {site}.", "Your account is ready."], link=("Log in", url)
    )


def invitation(site: str, to: str, url: str) -> Mail:
    """An e-mail to somebody without an account."""
    return _mail(
        to,
        f"You have been invited to {site}",
        [f"You have been invited to {site}."],
        link=("Join the chat", url),
    )


def app_reset(site: str, to: str) -> Mail:
    """Tells somebody that an administrator turned off their second factor."""
    return _mail(
        to,
        "TOTP Reset",
        [
            f"The second factor of your account on {site} has been turned off by an administrator.",
            "Log in and turn it on again. If you did not ask for this, talk to your administrator.",
        ],
    )


def export_ready(site: str, to: str, what: str, link: str, days: int) -> Mail:
    """The link to a file that somebody asked for; good for so many days, after a login."""
    return _mail(
        to,
        f"{site} - Your export is ready",
        [f"The export of {what} on {site} is ready. It can be downloaded for {days} days, after logging in."],
        link=("Download it", link),
    )


def messages(to: str, subject: str, text: str, page: str, reply_to: str | None) -> Mail:
    """Messages of a room, which somebody sends to others."""
    return Mail(to=to, subject=_line(subject), text=text, html=page, reply_to=reply_to)


def newsletter(to: str, subject: str, body: str, sender: str) -> Mail:
    """What an administrator writes to everybody: ``body`` is their HTML, sent as it is."""
    return Mail(to=to, subject=_line(subject), text=plain(body), html=body, sender=sender)


def plain(body: str) -> str:
    """The text of HTML, roughly: for readers that show no HTML."""
    out: list[str] = []
    inside = False
    for character in body:
        if character == "<":
            inside = True
        elif character == ">":
            inside = False
        elif not inside:
            out.append(character)
    return html.unescape("".join(out)).strip()


def _mail(to: str, subject: str, paragraphs: list[str], link: tuple[str, str] | None = None) -> Mail:
    lines = [*paragraphs]
    blocks = [f"<p>{html.escape(one)}</p>" for one in paragraphs]
    if link is not None:
        title, url = link
        lines.append(f"{title}: {url}")
        blocks.append(f'<p><a href="{html.escape(url)}">{html.escape(title)}</a></p>')
    page = "\n".join(["<!DOCTYPE html>", "<html><body>", *blocks, "</body></html>"])
    return Mail(to=to, subject=_line(subject), text="\n\n".join(lines) + "\n", html=page)


def _line(text: str) -> str:
    # A header is one line, whatever an administrator called the site.
    return " ".join(text.split())[:MAX_SUBJECT]
