"""Samples are what the documentation shows, and what a server would hand over."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.rules.values import an_integration

from hookroom.integrations.script_samples import incoming, outgoing
from hookroom.integrations.upgrade_check.requests import sample_requests
from hookroom.rules.triggers import EVENTS

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "payloads"


def test_payloads_are_those_of_the_documentation() -> None:
    bodies = {one.name: one.body for one in incoming.sample_calls()}
    examples = {path.stem: path.read_bytes() for path in EXAMPLES.glob("*.json")}
    assert examples
    assert {name: bodies[name] for name in examples} == examples


def test_every_call_can_be_read() -> None:
    kinds = set()
    for sample in incoming.sample_calls():
        call = incoming.incoming_call(sample, integration_id="i", token="***", poster={"_id": "p"})
        kinds.add(type(call.content))
        assert call.headers["content-length"] == str(len(sample.body))
    assert kinds == {dict, list, str}


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_a_sample(event: str) -> None:
    data = outgoing.sample_data(an_integration(event=event))
    assert data["user_id"] == outgoing.PERSON.id
    assert "emails" not in str(data)


def test_outgoing_samples_come_with_and_without_a_trigger_word() -> None:
    requests = sample_requests(an_integration(trigger_words=("deploy!",), token="secret"))
    words = [one.outgoing["data"].get("trigger_word") for one in requests if one.outgoing]
    assert words == ["deploy!", None]
    assert all(one.answers for one in requests)
    assert "secret" not in str(requests)
