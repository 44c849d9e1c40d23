"""What a search finds: the same on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from tests.search.messages import BEGIN, message, until, with_index, write

from hookroom.messages.indexing import Indexing
from hookroom.rules import message_query
from hookroom.rules.message_query import Phrase
from hookroom.rules.model import Message, UserRef
from hookroom.rules.search_words import by_user, describing, having, mentioning, of_room, titled
from hookroom.rules.times import iso
from hookroom.storage.database import Database, fetch_one
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Changes, Statement
from hookroom.storage.tables import message_finding, message_marks, message_search, messages
from hookroom.storage.tables.message_finding import Search

TEXTS = [
    "Deployment of the API finished in 12 seconds",  # m0000
    "deploy failed: Straße und Müller, naïve café",
    "The DEPLOYMENT-42 failed again",
    "会议室在三楼 看板",
    "Привет, мир! Ёлка",
    "party 🎉 time :tada: for all_of_us",
    "it's v1.2.3 at https://example.com/docs/api?x=1",
    'quotes "within" and \\ back % _ like ** NEAR( AND OR NOT',
    "finished API of Deployment the",
    "mañana İstanbul ﬁnd ｆｕｌｌｗｉｄｔｈ",
    "कार्य पूरा हुआ",  # m0010
    "สวัสดีครับ",
]

FOUND = [
    ("deploy", [8, 2, 1, 0]),
    ("DEPLOYMENT", [8, 2, 0]),
    ("deploy failed", [2, 1]),
    ("failed deploy", [2, 1]),
    ('"of the API"', [0]),
    ('"of the"', [0]),
    ('"of th"', []),
    ('"API of deployment"', [8]),
    ("strasse", [1]),
    ("STRASSE", [1]),
    ("straße", [1]),
    ("muller naive cafe", [1]),
    ("müller naïve café", [1]),
    ("会议室", [3]),
    ("议室", [3]),
    ("室会", []),
    ("привет", [4]),
    ("елка", [4]),
    ("ёлк", [4]),
    ("🎉", [5]),
    ("tada", [5]),
    ("us", [5]),
    ("all_of_us", [5]),
    ("v1.2.3", [6]),
    ("v1.2", [6]),
    ("2.3", [6]),
    ("https://example.com/docs", [6]),
    ("example.com", [6]),
    ("within", [7]),
    ("near( and or not", [7]),
    ("12 sec", [0]),
    ("manana istanbul find fullwidth", [9]),
    ("ＦＵＬＬ", [9]),
    ("कार्य", [10]),
    ("สวัส", [11]),
    ("eploy", []),
    ("s", [6]),
    ("deploy nothing", []),
    ("order:asc deploy", [0, 1, 2, 8]),
    ("sort:descending deploy", [8, 2, 1, 0]),
]


def terms(text: str, *rooms: str) -> list[list[Phrase]]:
    """What the index is asked for when ``text`` is searched in ``rooms``."""
    query = message_query.read(text)
    return [[Phrase((of_room(one),)) for one in rooms], *([phrase] for phrase in query.phrases)]


async def found(db: Database, asked: list[list[Phrase]], *, count: int = 50, **more: object) -> list[int]:
    """The numbers of the messages that are found, in their order."""
    search = {"viewer": "ann", "room_id": "R1", "since": 0, "until": 2**42, "terms": asked, **more}
    hits = await message_finding.find(db, Search(**search), count)  # type: ignore[arg-type]
    return [int(msgspec.json.decode(raw)["_id"][1:]) for _, raw in hits]


def test_words_and_phrases(database_url: str) -> None:
    async def body(db: Database, index: Indexing) -> None:
        await write(db, *(message(i, text) for i, text in enumerate(TEXTS)))
        await write(db, message(100, TEXTS[0], "R2"), message(101, "deploy", type="uj"))
        assert await index.caught_up(10)
        for text, expected in FOUND:
            newest = message_query.read(text).order == "newest"
            assert await found(db, terms(text, "R1"), newest_first=newest) == expected, text
        assert await found(db, terms("deploy", "R2"), room_id="R2") == [100]
        assert await found(db, terms("deployment", "R1", "R2"), room_id=None) == [100, 8, 2, 0]
        assert await found(db, terms("deploy", "r1")) == []
        assert await found(db, terms("deploy", "R1"), count=2) == [8, 2]
        assert await found(db, terms("deploy", "R1"), since=BEGIN + 1000, until=BEGIN + 8000) == [2, 1]

    with_index(database_url, body)


def test_what_is_special_about_messages(database_url: str) -> None:
    picture = {"title": "Launch Plan.png", "description": "of the rocket", "image_url": "/x", "text": "notes"}
    bob = UserRef(id="bob", username="bob")
    written: Sequence[Message] = (
        message(1, "look at this", attachments=[picture], file={"_id": "f", "type": "image/png"}),
        message(2, "look https://x.example", urls=[{"url": "https://x.example"}], user=bob),
        message(3, "look @ann", mentions=[{"_id": "ann", "username": "ann"}], pinned=True),
        message(4, "look", user=UserRef(id="BOB", username="other")),
        message(5, "bob look"),
    )
    looked = [[Phrase((of_room("R1"),))], [Phrase(("look",), grows=True)]]

    async def body(db: Database, index: Indexing) -> None:
        await write(db, *written)
        changes = Changes()
        message_marks.put(changes, written[3], "star", ("ann",), 1)
        message_marks.put(changes, written[1], "star", ("bob",), 1)
        await db.commit(changes)
        assert await index.caught_up(10)
        for what, expected in (
            (by_user("bob"), [2]),
            (by_user("BOB"), [4]),
            (mentioning("ann"), [3]),
            (having("url"), [2]),
            (having("pin"), [3]),
            (having("file"), [1]),
            (having("image"), [1]),
            (having("location"), []),
            (titled("launch"), [1]),
            (describing("rocket"), [1]),
            (titled("rocket"), []),
        ):
            assert await found(db, [*looked, [Phrase((what,))]]) == expected, what
        either = [Phrase((by_user("bob"),)), Phrase((by_user("BOB"),))]
        assert await found(db, [*looked, either]) == [4, 2]
        assert await found(db, looked, starred=True) == [4]
        for said in ("notes", "launch", "rocket"):
            assert await found(db, terms(said, "R1")) == [1]
        # Words that follow each other in the text and in an attachment are no phrase.
        assert await found(db, terms('"this notes"', "R1")) == []

    with_index(database_url, body)


def test_the_index_follows_edits_and_removals(database_url: str) -> None:
    async def body(db: Database, index: Indexing) -> None:
        first, second = message(1, "apples"), message(2, "apples and pears")
        await write(db, first, second)
        assert await index.caught_up(10)
        assert await found(db, terms("apples", "R1")) == [2, 1]
        changes = Changes()
        edited = message(1, "oranges", updated_at=iso(BEGIN + 60_000))
        messages.update(changes, first, edited)
        messages.delete(changes, second, BEGIN)
        await db.commit(changes)
        assert await found(db, terms("pears", "R1")) == [], "gone at once, indexed or not"
        assert await index.caught_up(10)
        assert await found(db, terms("apples", "R1")) == []
        assert await found(db, terms("oranges", "R1")) == [1]
        # Without text it is no longer what somebody wrote.
        changes = Changes()
        messages.update(changes, edited, message(1, "", type="rm", updated_at=iso(BEGIN + 70_000)))
        await db.commit(changes)
        assert await index.caught_up(10)
        assert await found(db, terms("oranges", "R1")) == []
        assert await entries(db) == 0

    with_index(database_url, body)


def test_what_was_there_before_and_what_was_missed(database_url: str) -> None:
    async def body(db: Database, _index: Indexing) -> None:
        async def all_there() -> bool:
            return len(await found(db, terms("old", "R1"), count=1000)) == 450

        await until(all_there)
        # A server that died had not indexed these: nobody here hears of them.
        changes = Changes()
        messages.insert(changes, message(3500, "missed"))
        changes.touched.clear()
        await db.commit(changes)
        assert await found(db, terms("missed", "R1")) == []
        next_one = Indexing(db, lambda: BEGIN)
        next_one.start()

        async def found_it() -> bool:
            return await found(db, terms("missed", "R1")) == [3500]

        await until(found_it)
        await next_one.stop()

    with_index(database_url, body, *(message(i, f"old {i}") for i in range(450)))


def test_a_room_that_goes_leaves_no_entries(database_url: str) -> None:
    async def body(db: Database, index: Indexing) -> None:
        await write(db, *(message(i, "gone") for i in range(30)), message(50, "stays", "R2"))
        assert await index.caught_up(10)
        assert await entries(db) == 31
        changes = Changes()
        messages.delete_of_room(changes, "R1")
        await db.commit(changes)

        async def swept() -> bool:
            return await entries(db) == 1

        await until(swept)
        assert await found(db, terms("stays", "R2"), room_id="R2") == [50]

    with_index(database_url, body)


def test_rare_and_common_words_of_a_long_room(database_url: str) -> None:
    """PostgreSQL looks through the nearest messages first and then asks its index: no hit twice, none left out."""
    message_finding.WINDOW = 20  # type: ignore[misc]
    try:

        async def body(db: Database, index: Indexing) -> None:
            await write(db, *(message(i, "common rare" if i % 37 == 0 else "common") for i in range(150)))
            assert await index.caught_up(20)
            assert await found(db, terms("common", "R1"), count=5) == [149, 148, 147, 146, 145]
            assert await found(db, terms("rare", "R1")) == [148, 111, 74, 37, 0]
            assert await found(db, terms("rare", "R1"), newest_first=False) == [0, 37, 74, 111, 148]
            assert await found(db, terms("rare", "R1"), count=2) == [148, 111]
            assert await found(db, terms("common", "R1"), count=200) == list(range(149, -1, -1))

        with_index(database_url, body)
    finally:
        message_finding.WINDOW = 2000  # type: ignore[misc]


def test_messages_of_one_millisecond_with_one_number(database_url: str) -> None:
    assert message_search.number(BEGIN, "a") != message_search.number(BEGIN, "b")
    original = message_search.number

    def same(created_at: int, message_id: str, tries: int = 0) -> int:
        return original(created_at, message_id if tries else "x", tries)

    message_search.number = same
    try:

        async def body(db: Database, index: Indexing) -> None:
            at = iso(BEGIN)
            await write(db, *(message(i, "together", created_at=at) for i in range(3)))
            assert await index.caught_up(10)
            assert sorted(await found(db, terms("together", "R1"))) == [0, 1, 2]

        with_index(database_url, body)
    finally:
        message_search.number = original


async def entries(db: Database) -> int:
    """How many messages the index has."""
    row = await fetch_one(db, Statement("SELECT count(*) FROM message_search"))
    return int(row[0]) if row else 0


def test_texts_that_a_database_could_stumble_over(database_url: str) -> None:
    hostile = ['"', "a' | 'b':*", 'x" OR "y', "* NOT (", "a:b^c", "\0 a\0b", "%_\\ x\\", "🎉" * 30, "\ue000r x",
               "NEAR(a b, 3)", "é\u0301\u0327", "'':*", "<-> & !", "\ud7ff\uffff z", "{words}: x", "Ⅷ ½ ² ﷺ",
               "ab\u200dcd \u202e x", "𝔘𝔫𝔦 𝒸𝑜𝒹𝑒"]  # fmt: skip

    async def body(db: Database, index: Indexing) -> None:
        await write(db, *(message(i, text) for i, text in enumerate(hostile) if "\0" not in text))
        assert await index.caught_up(10)
        for i, text in enumerate(hostile):
            if len(asked := terms(text, "R1")) > 1:
                hits = await found(db, asked)
                assert "\0" in text or i in hits, text

    with_index(database_url, body)


def test_a_node_finds_what_another_one_just_wrote(postgres_url: str) -> None:
    async def body(db: Database, _index: Indexing) -> None:
        other = await open_database(postgres_url)
        index = Indexing(other, lambda: BEGIN)
        index.start()
        heard = asyncio.Event()
        other.on_touched(lambda _touched, _local: heard.set())
        try:
            await write(db, message(1, "fresh"))
            await asyncio.wait_for(heard.wait(), 10)
            assert await index.caught_up(10)
            assert await found(other, terms("fresh", "R1")) == [1]
        finally:
            await index.stop()
            await other.close()

    with_index(postgres_url, body)
