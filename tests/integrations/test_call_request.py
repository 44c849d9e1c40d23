"""What is kept of a request to a webhook, and the call that is made of it again."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookroom.errors import HookFailure
from hookroom.integrations.call_masking import LEAST, Masking
from hookroom.integrations.call_request import (
    BODY_SIZE,
    QUERY_SIZE,
    GivenRequest,
    can_run_again,
    received,
    replayed,
    reread,
)
from hookroom.integrations.recording import HEADER_SIZE, HEADERS
from hookroom.rules.incoming_body import decode
from hookroom.storage.tables.incoming_calls import ReceivedCall
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

ID = "a" * 24
TOKEN = "tokentoken" * 5
KEY = "whsec-of-the-integration"
HEADER = "x-house-mark"


def kept(
    body: bytes | None = b'{"n": 1}',
    content_type: str = "application/json",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    method: str = "POST",
    older_user: str | None = None,
    unread: bool = False,
) -> ReceivedCall:
    """A request as it is kept, and read back as it comes from the database."""
    given_headers = {"content-type": content_type, **(headers or {})} if content_type else dict(headers or {})
    request = GivenRequest(method=method, query=query.encode(), headers=given_headers, older_user=older_user)
    decoded = decode(content_type, body) if body is not None and not unread and method == "POST" else None
    seen = received(
        request, Masking([TOKEN, KEY, ""], HEADER), ID, user={"_id": "u"}, body=body, decoded=decoded
    )
    return msgspec.json.decode(msgspec.json.encode(seen), type=ReceivedCall)


SECRET_HEADERS = [
    *("authorization", "proxy-authorization", "cookie", "x-api-key", "apikey", "x-auth-token"),
    *("x-hub-signature", "x-hub-signature-256", "x-gitlab-token", "x-slack-signature", "stripe-signature"),
    *("x-shopify-hmac-sha256", "x-twilio-signature", "webhook-signature", "x-webhook-secret"),
    *("x-amz-security-token", "x-functions-key", "ocp-apim-subscription-key", "x-goog-channel-token"),
    *("x-csrf-token", "x-access-key", "x-session-id", "x-password", "x-client-credential", "php-auth-pw"),
    HEADER,
]
SECRET_PARAMETERS = [
    *("token", "access_token", "api_key", "apikey", "key", "sig", "signature", "secret", "client_secret"),
    *("password", "passwd", "pwd", "auth", "jwt", "X-Amz-Signature", "X-Amz-Credential", "session_id"),
]
PLAIN_NAMES = [
    *("x-github-event", "x-github-delivery", "idempotency-key", "webhook-id", "webhook-timestamp"),
    *("user-agent", "content-length", "x-forwarded-for", "x-author", "x-slack-request-timestamp"),
]

secrets = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=12, max_size=40
)


def shown(seen: ReceivedCall) -> str:
    """Everything that is kept but the body."""
    return msgspec.json.encode(replace(seen, body=None, content=msgspec.UNSET)).decode()


@given(
    secret=secrets, name=st.sampled_from(SECRET_HEADERS), form=st.sampled_from(["{}", "Bearer {}", "sha1={}"])
)
def test_secret_headers(secret: str, name: str, form: str) -> None:
    seen = kept(headers={name: form.format("SSS" + secret)})
    assert "SSS" + secret not in shown(seen)
    assert seen.headers[name] == "***"


@given(secret=secrets, name=st.sampled_from(SECRET_PARAMETERS), more=st.sampled_from(["", "a=1&", "b&&"]))
def test_secrets_in_the_query(secret: str, name: str, more: str) -> None:
    seen = kept(query=f"{more}{name}=SSS{secret}&last=1")
    assert "SSS" + secret not in shown(seen)
    assert seen.query == f"{more}{name}=***&last=1"


VALUES = [
    "https://ada:{}@example.com/x",
    "https://{}@example.com/x",
    "Basic {}",
    "Bearer {}",
    "https://example.com/?a=1&access_token={}&b=2",
    "/x?sig={}",
]


@given(
    secret=secrets, value=st.sampled_from(VALUES), name=st.sampled_from(["referer", "x-original-url", "x"])
)
def test_secrets_in_the_values_of_other_headers(secret: str, value: str, name: str) -> None:
    assert "SSS" + secret not in shown(kept(headers={name: value.format("SSS" + secret)}))


OWN = ["{}", "/hooks/x/{}", "https://h/hooks/x/{}?y", "a={}", "for=1; by={}", "{}{}", "%2Fhooks%2F{}"]


@given(
    own=st.sampled_from([TOKEN, KEY]),
    form=st.sampled_from(OWN),
    place=st.sampled_from(["header", "query", "name", "user"]),
    name=st.text("abcdefgh", min_size=1, max_size=5),
)
@example(own=TOKEN, form="{}", place="user", name="x")
def test_the_integrations_own_secrets_are_nowhere(own: str, form: str, place: str, name: str) -> None:
    text = form.format(own, own)
    if place == "header":
        seen = kept(headers={name: text})
    elif place == "query":
        seen = kept(query=f"{name}={text}")
    elif place == "name":
        seen = kept(query=text)
    else:
        seen = kept(older_user=text)
    assert own not in shown(seen)


def test_an_own_secret_that_is_escaped() -> None:
    escaped = "".join(f"%{ord(one):02x}" for one in TOKEN)
    assert escaped not in shown(kept(headers={"x-original-uri": f"/hooks/{escaped}"}))
    assert escaped not in shown(kept(query=f"to={escaped}"))


def test_what_is_no_secret_stays() -> None:
    headers = {name: f"value of {name}" for name in PLAIN_NAMES}
    seen = kept(headers=headers, query="a=1&b=x%20y&author=ada&=z&c", older_user="u1")
    assert {name: seen.headers[name] for name in PLAIN_NAMES} == headers
    assert seen.query == "a=1&b=x%20y&author=ada&=z&c"
    assert seen.path == f"/hooks/{ID}/u1/***"
    assert kept().path == f"/hooks/{ID}/***"


def test_bodies_are_kept_as_they_came() -> None:
    seen = kept(b'{"token": "' + TOKEN.encode() + b'"}')
    assert seen.body == '{"token": "' + TOKEN + '"}'


def test_it_is_bounded() -> None:
    headers = {f"x-{number}": "v" * 10 * HEADER_SIZE for number in range(10 * HEADERS)}
    seen = kept(headers=headers, query="q=" + "x" * 10 * QUERY_SIZE, older_user="u" * 10_000)
    assert len(seen.headers) == HEADERS
    assert max(map(len, seen.headers.values())) == HEADER_SIZE
    assert len(seen.query) == QUERY_SIZE
    assert len(seen.path) < 500
    # A secret is not left in part where something is cut.
    at_the_cut = "v" * (HEADER_SIZE - 20) + TOKEN
    assert TOKEN[:10] not in shown(kept(headers={"x": at_the_cut}))
    assert TOKEN[:10] not in shown(kept(query="q" * (QUERY_SIZE - 20) + TOKEN))


def test_the_header_of_chains_is_not_kept() -> None:
    assert "hookroom-chain" not in kept(headers={"hookroom-chain": "x"}).headers


def test_what_was_masked_is_masked_in_what_the_script_wrote() -> None:
    masking = Masking([TOKEN])
    masking.headers({"authorization": "Bearer of-this-message", "cookie": "a=1; theme=dark-and-long"})
    masking.query("key=the%20query-key")
    text = f"{TOKEN} of-this-message the query-key a=1 dark"
    [line] = masking.console([ConsoleLine("log", text)])
    assert line.text == "*** *** *** a=1 dark"
    failure = masking.failure(
        ScriptFailure(method="m", kind="throw", name="E", message=text, stack=f"E: {TOKEN}")
    )
    assert (failure.message, failure.stack) == (line.text, "E: ***")
    assert Masking(["x" * (LEAST - 1)]).written("xxxxxxxxx") == "xxxxxxxxx"


BODIES: list[tuple[bytes, str]] = [
    (b'{"n": 1.50, "a": [null]}', "application/json"),
    (b'\xef\xbb\xbf{"n": 1}', "application/json"),
    (b'[{"a": 1}, 2]', "application/json"),
    (b'{"a": 1}\n{"a": 2}', "application/x-ndjson"),
    (b"[1]\n[2]", "application/x-ndjson"),
    (b'"text"', "application/json"),
    (b"5", "application/json"),
    (b"null", "application/json"),
    (b"a=1&b=x+y", "application/x-www-form-urlencoded"),
    (b"payload=%7B%22n%22%3A1%7D", "application/x-www-form-urlencoded"),
    (b'{"n": 1}=', "application/x-www-form-urlencoded"),
    (b"just text", "text/plain"),
    ("{\u00e9".encode("latin-1"), "text/plain; charset=latin-1"),
    (b"<a><b/></a>", "application/xml"),
    (b"", ""),
]


@pytest.mark.parametrize(("body", "content_type"), BODIES)
@pytest.mark.parametrize("unread", [False, True])
def test_a_kept_request_is_read_again(body: bytes, content_type: str, unread: bool) -> None:
    seen = kept(body, content_type, query="a=1", unread=unread)
    expected = decode(content_type or None, body)
    again = reread(seen)
    assert again is not None
    assert (again.content, again.kind, again.raw) == (expected.content, expected.kind, expected.raw)
    assert can_run_again(seen)
    call = replayed(ID, seen)
    assert call is not None
    assert (call.path, call.query, call.token) == (f"/hooks/{ID}/***", "a=1", "***")
    assert call.is_form is (expected.kind == "form")
    assert seen.size == len(body)


def test_a_body_that_nobody_read_is_kept_as_it_came() -> None:
    packed = gzip.compress(b'{"n": 1}')
    seen = kept(packed, headers={"content-encoding": "gzip"}, unread=True)
    assert seen.is_base64
    assert base64.b64decode(seen.body or "") == packed
    again = reread(seen)
    assert again is not None
    assert again.content == {"n": 1}
    with pytest.raises(HookFailure, match="cannot be read"):
        reread(kept(b"{", unread=True))


def test_a_get_is_its_query() -> None:
    seen = kept(None, "", method="GET", query="text=x&token=very-secret")
    assert (seen.body, seen.size) == (None, 0)
    again = reread(seen)
    assert again is not None
    assert again.content == {"text": "x", "token": "***"}
    assert "very-secret" not in repr(seen)


@pytest.mark.parametrize("unread", [False, True])
def test_a_large_body_is_not_kept(unread: bool) -> None:
    seen = kept(b'["' + b"x" * BODY_SIZE + b'"]', unread=unread)
    assert (seen.body, seen.size) == (None, BODY_SIZE + 4)
    assert len(repr(seen)) < 1000
    assert not can_run_again(seen)
    assert reread(seen) is None
    assert kept(b'["' + b"x" * (BODY_SIZE - 4) + b'"]', unread=unread).body is not None


def test_records_of_before_are_read() -> None:
    """As they were written when only calls of scripts were kept."""
    old: dict[str, Any] = {
        "path": f"/hooks/{ID}/***",
        "headers": {"content-type": "application/json"},
        "user": {"_id": "u"},
        "size": 8,
        "body": '{"n": 1}',
        "json": True,
    }
    again = reread(msgspec.convert(old, ReceivedCall))
    assert again is not None
    assert (again.content, again.kind) == ({"n": 1}, "json")
    form = {**old, "body": "a=1", "json": False, "form": True, "content": {"a": "1"}}
    again = reread(msgspec.convert(form, ReceivedCall))
    assert again is not None
    assert (again.content, again.kind) == ({"a": "1"}, "form")
