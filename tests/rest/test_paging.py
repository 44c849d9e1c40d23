"""count, offset, sort, fields and query, as every listing takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.running import Api


def test_count_and_offset(admin: Api) -> None:
    everything = [one["_id"] for one in admin.get("settings", count=0)["settings"]]
    page = admin.get("settings", count=3, offset=2)
    assert [one["_id"] for one in page["settings"]] == everything[2:5]
    assert (page["count"], page["offset"], page["total"]) == (3, 2, len(everything))
    assert admin.get("settings")["count"] == 50
    assert admin.get("settings", count=1000)["count"] == 100
    assert admin.get("settings", offset=100_000)["settings"] == []
    assert admin.get("settings", offset=10**30)["count"] == 0
    assert admin.get("settings", count="", offset="")["count"] in (50, len(everything))


def test_the_counts_are_settings(admin: Api) -> None:
    changed = {"API_Default_Count": 4, "API_Upper_Count_Limit": 6, "API_Allow_Infinite_Count": False}
    try:
        for name, value in changed.items():
            admin.post(f"settings/{name}", value=value)
        assert admin.get("settings")["count"] == 4
        assert admin.get("settings", count=50)["count"] == 6
        assert admin.get("settings", count=0)["count"] == 4
    finally:
        for name, value in (
            ("Default_Count", 50),
            ("Upper_Count_Limit", 100),
            ("Allow_Infinite_Count", True),
        ):
            admin.post(f"settings/API_{name}", value=value)


@pytest.mark.parametrize("name", ["count", "offset"])
@pytest.mark.parametrize("value", ["-1", "x", "1e999", "NaN", "Infinity", "[]", "1;DROP TABLE users"])
def test_what_is_no_number_is_refused(admin: Api, name: str, value: str) -> None:
    assert admin.refused("GET", "settings", params={name: value})["errorType"] == "invalid-params"


def test_a_parameter_given_twice_is_refused(admin: Api) -> None:
    assert admin.refused("GET", "settings?count=1&count=2")["errorType"] == "invalid-params"
    assert admin.refused("GET", "settings?sort={}&sort={}")["errorType"] == "invalid-params"


DEEP = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "{"),
        ("sort", "[]"),
        ("sort", "name"),
        ("sort", '{"nope": 1}'),
        ("sort", '{"_id": 2}'),
        ("sort", '{"_id": "1"}'),
        ("sort", '{"_id": {"$gt": 1}}'),
        ("sort", DEEP),
        ("fields", "{"),
        ("fields", '{"nope": 1}'),
        ("fields", '{"value": 5}'),
        ("fields", '{"value": 1, "type": 0}'),
        ("fields", DEEP),
        ("query", "{"),
        ("query", "[]"),
        ("query", "1"),
        ("query", '{"nope": 1}'),
        ("query", '{"$where": "sleep(9999)"}'),
        ("query", '{"value": {"$where": "1"}}'),
        ("query", '{"value": {"$function": {"body": "x"}}}'),
        ("query", '{"value": {"$regex": "(a*)*b"}}'),
        ("query", '{"value": {"$gt": {"$gt": 1}}}'),
        ("query", '{"__proto__": {"x": 1}}'),
        ("query", '{"$or": [' + '{"$or": [' * 40 + '{"value": 1}' + "]}" * 41),
        ("query", '{"value": ' + DEEP + "}"),
        ("query", json.dumps({"value": {"$in": list(range(1000))}})),
        ("query", '{"value": "' + "x" * 9000 + '"}'),
    ],
)
def test_hostile_parameters_are_a_clear_400(admin: Api, name: str, value: str) -> None:
    answer = admin.refused("GET", "settings", params={name: value})
    assert answer["errorType"] == f"error-invalid-{name}"
    assert answer["error"].startswith(f"Invalid {name} parameter provided: ")
    assert len(answer["error"]) < 300


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"_id": "Site_Name"}, ["Site_Name"]),
        ({"_id": {"$in": ["Site_Name", "Site_Url", "x"]}}, ["Site_Name", "Site_Url"]),
        ({"$and": [{"type": "string"}, {"_id": {"$regex": "^site_n", "$options": "i"}}]}, ["Site_Name"]),
        ({}, None),
    ],
)
def test_queries_that_are_answered(admin: Api, query: Any, found: list[str] | None) -> None:
    answer = admin.get("settings", query=json.dumps(query), count=0)
    assert found is None or [one["_id"] for one in answer["settings"]] == found
