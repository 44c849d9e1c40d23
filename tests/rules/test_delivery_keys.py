"""What tells that a call is one that came before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hookroom.rules.delivery_keys import (
    BODY_SOURCES,
    SOURCES,
    DeliveryKey,
    delivery_key,
    digest,
    fingerprint,
    may_name,
)


def key_of(headers: dict[str, str], content: Any = None) -> DeliveryKey | None:
    return delivery_key(headers, lambda: content)


def test_every_source_names_a_delivery() -> None:
    for source in SOURCES:
        key = key_of({source.header: " x1 "})
        assert key is not None
        assert key.parts[:2] == (source.header, "x1")
        assert may_name([source.header.encode()])
    for inside in BODY_SOURCES:
        content: Any = "x1"
        for name in reversed(inside.path):
            content = {name: content}
        key = key_of({inside.marker: "signed"}, content)
        assert key is not None
        assert key.parts == (inside.marker, "x1")
        assert may_name([inside.marker.encode()])


@pytest.mark.parametrize(
    "name",
    [
        "x-request-id",
        "request-id",
        "x-hook-uuid",
        "x-gitlab-webhook-uuid",
        "x-wc-webhook-delivery-id",
        "x-correlation-id",
        "traceparent",
    ],
)
def test_ids_of_something_else_do_not(name: str) -> None:
    assert key_of({name: "x1"}) is None
    assert not may_name([name.encode()])


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({}, {"id": "evt_1"}),
        ({"idempotency-key": ""}, None),
        ({"idempotency-key": " \t"}, None),
        ({"stripe-signature": "t=1"}, None),
        ({"stripe-signature": "t=1"}, "evt_1"),
        ({"stripe-signature": "t=1"}, ["evt_1"]),
        ({"stripe-signature": "t=1"}, {"id": 5}),
        ({"stripe-signature": "t=1"}, {"id": ""}),
        ({"x-trello-webhook": "x"}, {"action": "x"}),
        ({"x-trello-webhook": "x"}, {"action": {"id": None}}),
        ({"x-slack-signature": "v0=x"}, {"type": "url_verification"}),
    ],
)
def test_no_name(headers: dict[str, str], content: Any) -> None:
    assert key_of(headers, content) is None


def test_the_body_is_read_only_where_the_name_is_in_there() -> None:
    def never() -> Any:
        raise AssertionError

    assert delivery_key({"x-github-delivery": "a", "stripe-signature": "b"}, never) is not None
    assert delivery_key({"content-type": "application/json"}, never) is None


def test_which_one_counts() -> None:
    both = key_of({"x-gitlab-event-uuid": "shared", "idempotency-key": "own"})
    assert both is not None
    assert both.parts == ("idempotency-key", "own")
    assert both.exact
    assert not both.with_body


def test_a_webhook_id_of_standard_webhooks_is_a_delivery_and_another_may_be_a_subscription() -> None:
    standard = key_of({"webhook-id": "msg_1", "webhook-timestamp": "1"})
    alone = key_of({"webhook-id": "msg_1"})
    assert standard is not None
    assert not standard.with_body
    assert alone is not None
    assert alone.with_body


def test_what_two_headers_name_together() -> None:
    one = key_of({"ce-id": "1", "ce-source": "a"})
    other = key_of({"ce-id": "1", "ce-source": "b"})
    assert one is not None
    assert other is not None
    assert digest("i", one, "") != digest("i", other, "")


names = st.text(min_size=1)
keys = st.builds(
    DeliveryKey,
    st.lists(names, min_size=1, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
)


@given(names, keys, st.binary())
def test_what_is_stored_is_bounded_and_always_the_same(
    integration: str, key: DeliveryKey, body: bytes
) -> None:
    stored = digest(integration, key, fingerprint(body))
    assert len(stored) == 64
    assert stored == digest(integration, key, fingerprint(body))


@given(names, keys, names, keys)
def test_nothing_else_is_stored_the_same(
    integration: str, key: DeliveryKey, other_integration: str, other: DeliveryKey
) -> None:
    assume((integration, key.parts) != (other_integration, other.parts))
    assert digest(integration, key, "") != digest(other_integration, other, "")


@given(keys, st.binary(), st.binary())
def test_another_body_is_another_delivery_where_it_must_be(
    key: DeliveryKey, one: bytes, other: bytes
) -> None:
    assume(one != other)
    same = digest("i", key, fingerprint(one)) == digest("i", key, fingerprint(other))
    assert same is not key.with_body


def test_long_and_odd_keys_are_fine() -> None:
    for value in ("x" * 100_000, "\udcff", "\0", "a\nb"):
        key = key_of({"idempotency-key": value})
        assert key is not None
        assert len(digest("i", key, "")) == 64
