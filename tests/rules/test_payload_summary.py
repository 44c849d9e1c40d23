"""A payload without text becomes something that a person can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.payload_summary import MAX_HEADLINE, MAX_HEADLINES, MAX_PAYLOAD, OWN_FIELDS, summary

PAYLOADS = Path(__file__).parents[2] / "docs" / "examples" / "payloads"


@pytest.mark.parametrize(
    ("sender", "first_line"),
    [
        ("alertmanager", "*status*: firing"),
        ("grafana", "*title*: [FIRING:1] Disk almost full (Infrastructure db1)"),
        ("github-push", "*ref*: refs/heads/main"),
        ("gitlab-push", "*object_kind*: push"),
    ],
)
def test_the_headline_comes_first(sender: str, first_line: str) -> None:
    text = summary(json.loads((PAYLOADS / f"{sender}.json").read_text()))
    assert text is not None
    assert text.splitlines()[0] == first_line


def test_a_message_without_content_has_no_summary() -> None:
    assert summary({"text": "", "channel": "#general", "alias": "x"}) is None


def test_a_fence_in_the_payload_does_not_end_ours() -> None:
    text = summary({"log": "``` @all"})
    assert text is not None
    assert text.count("```") == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text() | st.sampled_from(["title", "status", "text"]), JSON))
def test_every_payload_is_told_within_bounds(payload: dict[str, Any]) -> None:
    text = summary(payload)
    if set(payload) <= OWN_FIELDS:
        assert text is None
    else:
        assert text is not None
        assert text.strip()
        assert len(text) <= MAX_PAYLOAD + MAX_HEADLINES * (MAX_HEADLINE + 20) + 20
