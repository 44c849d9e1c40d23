"""A run of many calls: each webhook once per round, so that a message tells which call it came from."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
from tests.hooks.fuzz.calls import call
from tests.hooks.fuzz.framing import Call
from tests.hooks.fuzz.judge import faults
from tests.hooks.fuzz.stored import News, Stored
from tests.hooks.fuzz.targets import House, Target
from tests.hooks.fuzz.wire import Answer, ask

CONNECTIONS: Final = 12
GROUP: Final = 6
"""Most calls that are sent on a connection at once."""
MOST_FAULTS: Final = 10


class Run:
    """Calls of one ``seed``: the same ones each time, but for ids and times.

    ``others`` are webhooks that somebody else calls meanwhile; requests that break a rule go to ``folder``.
    """

    def __init__(
        self, site: str, house: House, news: News, seed: str, folder: Path, others: Sequence[str]
    ) -> None:
        self.statuses: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()
        self.messages = 0
        self.calls = 0
        self.judged = 0
        self.faults: list[str] = []
        self._site = site
        self._port = int(site.rpartition(":")[2])
        self._house = house
        self._news = news
        self._seed = seed
        self._folder = folder
        self._others = {None, *others}
        self._by_id = {one.id: one for one in house.targets}

    async def until(self, calls: int) -> None:
        """Rounds until there were that many calls, or enough faults."""
        await self._news.read()
        while self.calls < calls and len(self.faults) < MOST_FAULTS:
            await self.round()

    async def round(self) -> None:
        """One call of each webhook."""
        began = time.time_ns() // 1_000_000
        random = Random(f"{self._seed}-{self.calls}")
        targets = list(self._house.targets)
        random.shuffle(targets)
        made = [self._call(one, self.calls + number) for number, one in enumerate(targets)]
        self.calls += len(made)
        self.judge(made, await self._sent(made), await self._news.read())
        self._news.forget(began - 1000)

    def _call(self, target: Target, number: int) -> Call:
        return call(Random(f"{self._seed}:{number}"), number, target, self._house, self._site)

    async def _sent(self, calls: Sequence[Call]) -> dict[int, Answer | None]:
        groups: asyncio.Queue[list[Call]] = asyncio.Queue()
        group: list[Call] = []
        for one in calls:
            if one.torn:
                # What was sent before it would get the answer that is meant for it.
                groups.put_nowait(group)
                group = []
            group.append(one)
            if one.ends or len(group) == GROUP:
                groups.put_nowait(group)
                group = []
        groups.put_nowait(group)
        answers: dict[int, Answer | None] = {}

        async def send() -> None:
            while not groups.empty():
                sent = groups.get_nowait()
                if sent:
                    got = await ask(self._port, sent)
                    answers.update(zip((one.number for one in sent), got, strict=True))

        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
        return answers

    async def one(self, made: Call) -> None:
        """A call by itself; raises ``AssertionError`` when it breaks a rule."""
        answers = await ask(self._port, [made])
        self.judge([made], {made.number: answers[0]}, await self._news.read())
        assert not self.faults, self.faults.pop()

    def judge(self, calls: Sequence[Call], answers: dict[int, Answer | None], new: Sequence[Stored]) -> None:
        """Note what is wrong with the answers to ``calls``, or with the ``new`` messages."""
        posted: dict[str, list[Stored]] = {one.target.id: [] for one in calls}
        for message in new:
            if message.integration in posted:
                posted[message.integration].append(message)
            elif message.integration not in self._others:
                self.faults.append(f"a message of a webhook that was not called: {message}")
        for one in calls:
            answer = answers[one.number]
            self.statuses[answer.status if answer else 0] += 1
            mine = posted[one.target.id]
            self.messages += len(mine)
            self.kinds[one.target.kind] += len(mine)
            self.judged += 1
            found = list(faults(self._house, one, answer, mine))
            if found and len(self.faults) < MOST_FAULTS:
                self.faults.append(self._reproduction(one, answer, mine, found))

    def _reproduction(
        self, made: Call, answer: Answer | None, posted: Sequence[Stored], found: list[str]
    ) -> str:
        file = self._folder / f"call-{made.number}.http"
        file.write_bytes(made.raw)
        return "\n".join(
            (
                f"{'; '.join(found)}: call {made.number} of seed {self._seed}",
                f"  webhook: {json.dumps(made.target.fields)[:3000]}",
                f"  again:   nc 127.0.0.1 <port> < {file}   (its path names a webhook of that run)",
                f"  request: {made.raw[:3000]!r}",
                f"  answer:  {answer}",
                f"  posted:  {[one.doc for one in posted]}"[:3000],
            )
        )


class Canary:
    """Somebody whose calls are right, and who wants an answer while all the others go on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.sent: list[str] = []
        self.slowest_s = 0.0

    async def sing(self, done: asyncio.Event) -> None:
        """Call until ``done``."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            while not done.is_set():
                text = f"canary {len(self.sent)}"
                began = time.perf_counter()
                # Behind the proxy an address of its own, which the limit of addresses is counted for.
                headers = {"Idempotency-Key": text, "X-Forwarded-For": f"10.{len(self.sent) % 256}.3.1"}
                answer = await http.post(self._url, json={"text": text}, headers=headers)
                self.slowest_s = max(self.slowest_s, time.perf_counter() - began)
                assert answer.json() == {"success": True}, answer.text
                self.sent.append(text)
                await asyncio.sleep(0.02)


async def beside(canary: Canary, run: Run, calls: int) -> Any:
    """``run`` with ``canary`` singing."""
    done = asyncio.Event()
    singing = asyncio.create_task(canary.sing(done))
    try:
        await run.until(calls)
    finally:
        done.set()
        await singing
