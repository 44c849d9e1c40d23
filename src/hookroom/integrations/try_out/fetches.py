"""What a script in a try-out asks of the outside: noted, and answered from what was given, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from hookroom.delivery.exchange import OutgoingRequest
from hookroom.integrations.recording import MASK, sent
from hookroom.scripting.model import Fetch, Fetched, FetchFailed

NOT_CARRIED_OUT: Final = "not carried out in a try-out"


class GivenAnswer(Struct, frozen=True, kw_only=True):
    """How requests to ``url`` are answered; ``method`` in capitals, every one without it."""

    url: str
    method: str | None = None
    status: int = 200
    headers: Mapping[str, str] = {}
    body: str = ""


class AskedFetch(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that the script made, as histories show requests; ``answered`` says whether one was given."""

    method: str
    url: str
    headers: dict[str, str]
    body_size: int
    body: str | UnsetType = UNSET
    answered: bool


class Asked:
    """Takes the requests of one run. ``list`` has them in their order."""

    def __init__(self, answers: Sequence[GivenAnswer] = ()) -> None:
        self._answers = answers
        self.list: list[AskedFetch] = []

    def clear(self) -> None:
        """Forget what was asked: the run begins again."""
        self.list.clear()

    async def fetch(self, asked: Fetch) -> Fetched:
        """See ``scripting.model.Fetcher``."""
        answer = next((one for one in self._answers if _is_for(one, asked)), None)
        self.list.append(_shown(asked, answered=answer is not None))
        if answer is None:
            raise FetchFailed(NOT_CARRIED_OUT)
        return Fetched(
            status=answer.status, headers=tuple(answer.headers.items()), body=answer.body, url=asked.url
        )


def given_answer(document: Mapping[str, Any]) -> GivenAnswer:
    """An answer from its fields; a ``body`` that is no text goes out as JSON."""
    body = document.get("body", "")
    headers = {str(name).lower(): str(value) for name, value in (document.get("headers") or {}).items()}
    if not isinstance(body, str):
        body = msgspec.json.encode(body).decode()
        headers.setdefault("content-type", "application/json")
    method = document.get("method")
    return GivenAnswer(
        url=document["url"],
        method=method.upper() if method else None,
        status=int(document.get("status") or 200),
        headers=headers,
        body=body,
    )


def _is_for(answer: GivenAnswer, asked: Fetch) -> bool:
    return answer.url == asked.url and answer.method in (None, asked.method.upper())


def _shown(asked: Fetch, *, answered: bool) -> AskedFetch:
    headers = [*asked.headers, *([("authorization", MASK)] if asked.auth is not None else [])]
    seen = sent(
        OutgoingRequest(
            url=asked.url,
            method=asked.method.upper(),
            headers=tuple(headers),
            body=(asked.body or "").encode("utf-8", "replace"),
        ),
        scripted=True,
    )
    return AskedFetch(
        method=seen.method,
        url=seen.url,
        headers=seen.headers,
        body_size=seen.body_size,
        body=seen.body if asked.body is not None and seen.body is not None else UNSET,
        answered=answered,
    )
