"""Which mail server the configuration names."""

from __future__ import annotations

import pytest

from hookroom.rules.mail_server import mail_server, sender


@pytest.mark.parametrize(
    ("text", "host", "port", "encryption"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, "offered"),
        ("smtp://u:p@mail.example.com:2525", "mail.example.com", 2525, "starttls"),
        ("starttls://mail.example.com", "mail.example.com", 587, "starttls"),
        ("smtps://u:p@mail.example.com", "mail.example.com", 465, "tls"),
        ("smtp://u:p@127.0.0.1:25/", "127.0.0.1", 25, "none"),
        ("smtp://[::1]:25", "::1", 25, "none"),
    ],
)
def test_servers(text: str, host: str, port: int, encryption: str) -> None:
    server = mail_server(text)
    assert (server.host, server.port, server.encryption) == (host, port, encryption)


def test_credentials_are_decoded_and_not_printed() -> None:
    server = mail_server("smtps://me%40x:p%3Aw%2F@mail.example.com")
    assert (server.user, server.password) == ("me@x", "p:w/")
    assert "p:w" not in repr(server)


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com:25",
        "http://mail.example.com",
        "smtp://",
        "smtp://u@h",
        "smtp://h/x",
        "smtp://a b",
        "x",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be smtp://"):
        mail_server(text)


@pytest.mark.parametrize(
    ("text", "good"), [("a@b.c", True), ("A B <a@b.c>", True), ("a", False), ("a@b\nc", False)]
)
def test_senders(text: str, good: bool) -> None:
    if good:
        assert sender(text) == text
    else:
        with pytest.raises(ValueError, match="must be an address"):
            sender(text)
