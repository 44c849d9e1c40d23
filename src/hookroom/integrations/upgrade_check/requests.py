"""What the upgrade check runs a script on: the newest recorded requests, or samples where there are none.

Of more recorded ones than are run, each shape is taken before one is taken twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from hookroom.integrations.call_request import replayed
from hookroom.integrations.recording import MASK
from hookroom.integrations.script_samples.incoming import incoming_call, sample_calls
from hookroom.integrations.script_samples.outgoing import ANSWERS, TEXT, sample_data, with_trigger
from hookroom.rules.model import Integration
from hookroom.rules.outgoing_payload import payload
from hookroom.rules.script_requests import incoming_argument, outgoing_request
from hookroom.storage.database import Database
from hookroom.storage.tables import attempts, delivery_history, incoming_calls
from hookroom.storage.tables.attempts import Attempt

MOST: Final = 20
"""Requests that a script is run on."""
LOOKED_AT: Final = 50
"""The newest recorded requests that these are chosen from."""

_AGENT: Final = {"User-Agent": "Hookroom"}
_NOBODY: Final = {"_id": "rocket.cat", "name": "Rocket.Cat", "username": "rocket.cat"}

T = TypeVar("T")


class Answer(Struct, frozen=True, kw_only=True):
    """What a receiver answered; ``name`` says which one, for people."""

    name: str
    status: int
    headers: Mapping[str, str]
    text: str


class CheckRequest(Struct, frozen=True, kw_only=True):
    """One request; ``name`` says which one, for people.

    ``incoming`` is the argument of ``process_incoming_request``; ``outgoing`` the request that
    ``prepare_outgoing_request`` is told of, with the ``answers`` that ``process_outgoing_response`` is tried on.
    """

    name: str
    recorded: bool
    incoming: dict[str, Any] | None = None
    outgoing: dict[str, Any] | None = None
    answers: Sequence[Answer] = ()


async def check_requests(db: Database, integration: Integration) -> Sequence[CheckRequest]:
    """At most ``MOST`` requests for the script of ``integration``: recorded ones, else samples."""
    recorded = _calls if integration.is_incoming else _events
    return await recorded(db, integration) or sample_requests(integration)


def sample_requests(integration: Integration) -> Sequence[CheckRequest]:
    """Requests of the usual shapes."""
    if integration.is_incoming:
        return [
            CheckRequest(
                name=f"sample: {sample.name}",
                recorded=False,
                incoming=incoming_argument(
                    incoming_call(sample, integration_id=integration.id, token=MASK, poster=_NOBODY)
                ),
            )
            for sample in sample_calls()
        ]
    fired, word = with_trigger(integration)
    texts = {fired: word, TEXT: None} if word is not None else {TEXT: None, f"!say {TEXT}": "!say"}
    return [
        _told(
            integration,
            name=f"sample: {integration.event or 'sendMessage'}" + (" with a trigger word" if one else ""),
            recorded=False,
            data=sample_data(integration, text=text),
            word=one,
            url=next(iter(integration.urls or ()), "https://receiver.example/hook"),
            answers=_SAMPLE_ANSWERS,
        )
        for text, one in texts.items()
    ]


async def _calls(db: Database, integration: Integration) -> Sequence[CheckRequest]:
    found: list[tuple[object, CheckRequest]] = []
    for record in await incoming_calls.page(db, integration.id, count=LOOKED_AT):
        if record.request.is_unread or record.request.method != "POST":
            # No script was asked.
            continue
        call = replayed(integration.id, record.request)
        if call is None:
            continue
        request = CheckRequest(
            name=f"recorded call {record.id}", recorded=True, incoming=incoming_argument(call)
        )
        found.append((_shape(call.content), request))
    return _chosen(found)


async def _events(db: Database, integration: Integration) -> Sequence[CheckRequest]:
    entries = await delivery_history.newest(db, integration.id, LOOKED_AT)
    if not entries:
        return []
    made: dict[str, Attempt] = {}
    for attempt in await attempts.of_deliveries(db, [one.id for one in entries]):
        if attempt.response is not None and not attempt.response.truncated:
            made[attempt.delivery_id] = attempt
    found = []
    for entry in entries:
        answers = _answers(made.get(entry.id))
        request = _told(
            integration,
            name=f"recorded delivery {entry.id}",
            recorded=True,
            data=entry.event.data,
            word=entry.trigger_word,
            url=entry.url,
            answers=answers,
        )
        found.append(((_shape(entry.event.data), bool(entry.trigger_word), _kinds(answers)), request))
    chosen = _chosen(found)
    if not any(one.answers for one in chosen):
        # Nobody has answered yet, or nothing of it was kept whole.
        chosen = [replace(chosen[0], answers=_SAMPLE_ANSWERS), *chosen[1:]]
    return chosen


def _told(
    integration: Integration,
    *,
    name: str,
    recorded: bool,
    data: Mapping[str, Any],
    word: str | None,
    url: str,
    answers: Sequence[Answer],
) -> CheckRequest:
    told = payload(replace(integration, token=MASK), data, word)
    return CheckRequest(
        name=name, recorded=recorded, outgoing=outgoing_request(url, told, _AGENT), answers=answers
    )


def _answers(attempt: Attempt | None) -> Sequence[Answer]:
    if attempt is None or attempt.response is None or attempt.status is None:
        return ()
    seen = attempt.response
    return (
        Answer(
            name=f"its answer {attempt.status}", status=attempt.status, headers=seen.headers, text=seen.body
        ),
    )


def _kinds(answers: Sequence[Answer]) -> object:
    return tuple(one.status for one in answers)


def _chosen(found: Iterable[tuple[object, T]]) -> list[T]:
    """``MOST`` of ``found``, which is in the order of preference: each shape once before any twice."""
    first: list[T] = []
    others: list[T] = []
    seen: set[object] = set()
    for shape, one in found:
        (others if shape in seen else first).append(one)
        seen.add(shape)
    return [*first, *others][:MOST]


def _shape(content: object) -> object:
    """What tells two kinds of payload apart: the fields at the top, and what is in them."""
    if not isinstance(content, dict):
        return type(content).__name__
    return tuple(sorted((name, type(value).__name__) for name, value in content.items()))


_SAMPLE_ANSWERS: Final[Sequence[Answer]] = tuple(
    Answer(name=f"sample answer {one.name}", status=one.status, headers=one.headers, text=one.text)
    for one in ANSWERS
)
