"""What a listing's query, order and projection mean."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.document_query import QueryError, condition, order, projection, sorted_by, values
from hookroom.rules.text_pattern import text_pattern

USER = {
    "_id": "1",
    "name": "Ann Bee",
    "active": True,
    "logins": 3,
    "roles": ["admin", "user"],
    "emails": [{"address": "ann@example.com", "verified": True}],
    "createdAt": "2026-01-02T03:04:05.000Z",
}
KNOWN = ("name", "active", "logins", "roles", "emails", "createdAt", "nickname")


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"name": "Ann Bee"}, True),
        ({"name": "Ann"}, False),
        ({"name": {"$ne": "Ann"}}, True),
        ({"active": True}, True),
        ({"active": 1}, False),
        ({"logins": 3.0}, True),
        ({"logins": {"$gt": 2, "$lt": 4}}, True),
        ({"logins": {"$gte": 4}}, False),
        ({"logins": {"$gt": "2"}}, False),
        ({"roles": "admin"}, True),
        ({"roles": {"$in": ["bot", "user"]}}, True),
        ({"roles": {"$nin": ["admin"]}}, False),
        ({"roles": {"$ne": "user"}}, False),
        ({"nickname": None}, True),
        ({"nickname": {"$exists": False}}, True),
        ({"nickname": {"$ne": "x"}}, True),
        ({"name": {"$exists": True}}, True),
        ({"emails.address": {"$regex": "ANN@", "$options": "i"}}, True),
        ({"emails.address": {"$regex": "ANN@"}}, False),
        ({"emails.verified": True}, True),
        ({"name": {"$regex": "^Ann.*e$"}}, True),
        ({"createdAt": {"$gt": {"$date": "2026-01-01"}}}, True),
        ({"createdAt": {"$lt": {"$date": 0}}}, False),
        ({"$or": [{"name": "x"}, {"active": True}]}, True),
        ({"$nor": [{"name": "x"}, {"active": True}]}, False),
        ({"$and": [{"name": "Ann Bee"}, {"$or": [{"logins": 1}, {"logins": 3}]}]}, True),
        ({"name": "Ann Bee", "active": False}, False),
    ],
)
def test_conditions(query: Any, holds: bool) -> None:
    assert condition(query, KNOWN)(USER) is holds


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ([], "object"),
        ("x", "object"),
        ({"services": {}}, "Invalid attribute: services"),
        ({"names": 1}, "Invalid attribute: names"),
        ({"services.password.bcrypt": {"$regex": "^a"}}, "Invalid attribute"),
        ({"$where": "sleep(1000)"}, "Invalid operation: $where"),
        ({"$or": [{"$where": "1"}]}, "Invalid operation: $where"),
        ({"name": {"$where": "1"}}, "Invalid operation: $where"),
        ({"name": {"$function": {}}}, "Invalid operation: $function"),
        ({"name": {"$expr": {}}}, "Invalid operation: $expr"),
        ({"name": {"$options": "i"}}, "Invalid operation: $options"),
        ({"$or": []}, "Invalid parameter for operation: $or"),
        ({"$or": {"name": "x"}}, "Invalid parameter for operation: $or"),
        ({"$or": ["x"]}, "object"),
        ({"name": {"first": "x"}}, "compared with"),
        ({"name": {"$in": "x"}}, "Invalid parameter for operation: $in"),
        ({"name": {"$in": ["x"] * 1000}}, "Invalid parameter for operation: $in"),
        ({"name": {"$regex": "(a+)+$"}}, "Invalid parameter for operation: $regex"),
        ({"name": {"$regex": 1}}, "Invalid parameter for operation: $regex"),
        ({"name": {"$regex": "a" * 300}}, "Invalid parameter for operation: $regex"),
        ({"name": {"$regex": "a", "$options": "x"}}, "Invalid parameter for operation: $regex"),
        ({"createdAt": {"$gt": {"$date": "soon"}}}, "Invalid parameter for operation: $date"),
        ({"$or": [{"name": "x"}] * 200}, "conditions"),
    ],
)
def test_queries_that_are_refused(query: Any, says: str) -> None:
    with pytest.raises(QueryError, match=re.escape(says)):
        condition(query, KNOWN)


def test_a_deep_query_is_refused() -> None:
    query: Any = {"name": "x"}
    for _ in range(50):
        query = {"$or": [query]}
    with pytest.raises(QueryError, match="deeply"):
        condition(query, KNOWN)


def test_order_of_several_fields_and_of_what_is_absent() -> None:
    documents: list[dict[str, Any]] = [{"a": 1, "b": "x"}, {"b": "z"}, {"a": 1, "b": "y"}, {"a": 0, "b": "w"}]
    by = order({"a": 1, "b": -1}, ("a", "b"))
    assert [one["b"] for one in sorted_by(documents, by)] == ["z", "w", "y", "x"]
    assert [one["b"] for one in sorted_by(documents, order({"a": -1, "b": 1}, ("a", "b")))] == list("xywz")


def test_a_list_is_sorted_by_its_elements() -> None:
    documents: list[dict[str, Any]] = [{"a": ["c", "e"]}, {"a": []}, {"a": ("d",)}, {"a": ["b", "f"]}]
    assert sorted_by(documents, (("a", 1),)) == [documents[i] for i in (1, 3, 0, 2)]
    assert sorted_by(documents, (("a", -1),)) == [documents[i] for i in (3, 0, 2, 1)]


@pytest.mark.parametrize(
    "value", [[], 1, "name", {"x": 1}, {"a": 2}, {"a": "1"}, {"a": True}, {"a": [1]}, {"a": None}]
)
def test_orders_that_are_refused(value: Any) -> None:
    with pytest.raises(QueryError):
        order(value, ("a",))


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, USER),
        ({"name": 1}, {"_id": "1", "name": "Ann Bee"}),
        ({"name": True, "_id": 0}, {"name": "Ann Bee"}),
        ({"_id": 1}, {"_id": "1"}),
        ({"emails.address": 1}, {"_id": "1", "emails": [{"address": "ann@example.com"}]}),
        ({"nickname": 1}, {"_id": "1"}),
        ({"emails.verified": 0}, USER | {"emails": [{"address": "ann@example.com"}]}),
        ({"name": 0, "_id": 0}, {k: v for k, v in USER.items() if k not in ("_id", "name")}),
    ],
)
def test_projections(fields: Any, shown: Any) -> None:
    assert projection(fields, KNOWN).of(USER) == shown


@pytest.mark.parametrize(
    "fields", [[], 1, {"services": 1}, {"name": 2}, {"name": "1"}, {"name": 1, "active": 0}]
)
def test_projections_that_are_refused(fields: Any) -> None:
    with pytest.raises(QueryError):
        projection(fields, KNOWN)


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["a", "a.b", "b", "$or", "$and", "$gt", "$in", "$regex", "$date", "$options", "$exists"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(json, st.dictionaries(st.sampled_from(["a", "b"]), json))
def test_any_json_is_refused_or_gives_an_answer(query: Any, document: dict[str, Any]) -> None:
    try:
        test = condition(query, ("a", "b"))
    except QueryError:
        return
    assert test(document) in (True, False)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), json)))
def test_any_values_have_an_order(documents: list[dict[str, Any]]) -> None:
    once = sorted_by(documents, (("a", 1), ("b.a", -1)))
    assert len(once) == len(documents)
    assert sorted_by(once, (("a", 1), ("b.a", -1))) == once or any(
        value != value for one in documents for path in ("a", "b.a") for value in values(one, path)
    )


pattern_parts = st.lists(st.sampled_from(["a", "b", "\\.", ".", ".*", "A"]), max_size=6).map("".join)


@given(pattern_parts, st.booleans(), st.booleans(), st.booleans(), st.text("abAB.", max_size=8))
def test_a_text_pattern_means_what_a_regular_expression_means(
    inner: str, start: bool, end: bool, ignore_case: bool, text: str
) -> None:
    source = f"{'^' * start}{inner}{'$' * end}"
    # Python's `$` also matches before a last line end; `\Z` is the end alone.
    same = re.compile(
        f"{'^' * start}{inner}" + r"\Z" * end, re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    )
    assert text_pattern(source, ignore_case=ignore_case).found_in(text) is (same.search(text) is not None)


@pytest.mark.parametrize("source", ["a+", "a*", "(a)", "[a]", "a|b", "a{2}", "\\d", "a^", "$a", "\\"])
def test_patterns_that_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        text_pattern(source)


def test_no_pattern_is_slow() -> None:
    pattern = text_pattern(".*a" * 80 + "b")
    began = time.process_time()
    assert not pattern.found_in("a" * 100_000)
    assert time.process_time() - began < 5
