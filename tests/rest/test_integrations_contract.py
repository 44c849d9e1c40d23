"""Every case of the validation contract, through HTTP: validity, error text, and what the handler sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.contract.cases import Case, cases
from tests.running import Api, running

URL = "http://127.0.0.1:9/hook"
PLACEHOLDER = "x3tPXa9XXRqW6Xp2M"
"""The id that the cases of integrations.update name."""

INCOMING = {
    "type": "webhook-incoming",
    "name": "kept",
    "enabled": True,
    "username": "rocket.cat",
    "channel": "#general",
    "scriptEnabled": False,
}
OUTGOING = {**INCOMING, "type": "webhook-outgoing", "event": "sendMessage", "urls": [URL]}

DERIVED = {"type", "channel", "integrationId", "target_url", "targetChannel", "unexpected", "username"}
"""Fields of a body that are not answered as they were sent."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The administrator of a server where no integration has the URL of the cases."""
    with running(tmp_path_factory.mktemp("contract")) as server:
        yield server.admin()


def _of(endpoint: str) -> list[Case]:
    found = [case for case in cases() if case.endpoint == endpoint]
    assert found
    return found


def _send(api: Api, case: Case, body: dict[str, Any]) -> httpx.Response:
    method, path = case.endpoint.split()
    if method == "GET":
        return api.http.request(method, path, params=body)
    return api.http.request(method, path, json=body)


def _differences(
    api: Api, endpoint: str, check: Callable[[Case, httpx.Response], str | None], **changed: str
) -> list[str]:
    """What is wrong with the answers to the cases of ``endpoint``."""
    wrong: list[str] = []
    for case in _of(endpoint):
        body = dict(case.input)
        for name, value in changed.items():
            if body.get(name) == PLACEHOLDER:
                body[name] = value
        answer = _send(api, case, body)
        if answer.headers["content-type"] != "application/json":
            wrong.append(f"{case.name}: {answer.headers['content-type']}")
        elif not case.valid:
            expected = {"success": False, "error": case.error, "errorType": "invalid-params"}
            if (answer.status_code, answer.json()) != (400, expected):
                wrong.append(f"{case.name}: {answer.status_code} {answer.text}")
        elif answer.json().get("errorType") == "invalid-params":
            wrong.append(f"{case.name}: is valid, but {answer.text}")
        elif problem := check(case, answer):
            wrong.append(f"{case.name}: {problem}, but {answer.text}")
    return wrong


def _first_rule_broken(body: dict[str, Any], *, update: bool) -> str | None:
    """The code that an administrator's valid body must be refused with, of either kind."""
    incoming = body["type"] == "webhook-incoming"
    channel, username = body["channel"], body.get("username", "rocket.cat")
    no_channel = "error-invalid-channel" if not channel.strip() else None
    bad_start = None if channel.startswith("#") else "error-invalid-channel-start-with-chars"
    no_name = None if isinstance(username, str) and username.strip() else "error-invalid-username"
    known = username == "rocket.cat"
    if incoming and update:
        rules = [no_channel, bad_start, None if known else "error-invalid-post-as-user"]
    elif incoming:
        rules = [no_channel, bad_start, no_name, None if known else "error-invalid-user"]
    else:
        rules = [
            None if body["event"] == "sendMessage" else "error-invalid-event-type",
            no_name,
            None if body.get("urls") else "error-invalid-urls",
            no_channel,
            bad_start,
            None if known else "error-invalid-user",
        ]
        if update and "token" in body and not (body["token"] or "").strip():
            rules.append("error-invalid-token")
    return next((rule for rule in rules if rule is not None), None)


def _integration_difference(seen: dict[str, Any], stored: dict[str, Any]) -> str | None:
    """Where ``stored`` is not what a handler that sees ``seen`` must make of it."""
    retries = seen.get("retryFailedCalls")
    for name, value in seen.items():
        got = stored.get(name, "absent")
        match name:
            case _ if name in DERIVED:
                continue
            case "skipTranspile":
                good = got is (value is True)
            case "overrideDestinationChannelEnabled":
                good = got is bool(value) or (value is None and got == "absent")
            case "retryCount" if retries:
                good = got == (value if value and value >= 1 else 4)
            case "retryCount" if value is not None:
                good = got == max(-1, int(value))
            case "retryDelay" if retries:
                good = got == ((value or "").strip().lower() or "powers-of-ten")
            case _:
                good = got == ("absent" if value is None else value)
        if not good:
            return f"{name} is {got!r} after {value!r}"
    if stored["channel"] != [seen["channel"]] or stored["type"] != seen["type"]:
        return "channel or type differs"
    return None


def _check_integration(case: Case, answer: httpx.Response) -> str | None:
    assert case.coerced is not None
    broken = _first_rule_broken(case.coerced, update=case.endpoint.startswith("PUT"))
    if broken is not None:
        good = answer.status_code == 400 and answer.json()["errorType"] == broken
        return None if good else f"expected {broken}"
    if answer.status_code != 200:
        return "must succeed"
    return _integration_difference(case.coerced, answer.json()["integration"])


def test_create(fresh: Api) -> None:
    made: list[dict[str, Any]] = []

    def check(case: Case, answer: httpx.Response) -> str | None:
        if answer.status_code == 200:
            made.append(answer.json()["integration"])
        return _check_integration(case, answer)

    assert _differences(fresh, "POST /api/v1/integrations.create", check) == []
    assert len(made) > 100
    for integration in made:
        fresh.post("integrations.remove", type=integration["type"], integrationId=integration["_id"])


@pytest.mark.parametrize(("kind", "fields"), [("incoming", INCOMING), ("outgoing", OUTGOING)])
def test_update(fresh: Api, kind: str, fields: dict[str, Any]) -> None:
    integration = fresh.post("integrations.create", **fields)["integration"]
    updated = 0

    def check(case: Case, answer: httpx.Response) -> str | None:
        nonlocal updated
        assert case.coerced is not None
        seen = case.coerced
        # Bodies of the other kind, and those with another id, name nothing that there is.
        found = seen["type"] == f"webhook-{kind}" and (
            seen.get("integrationId") == PLACEHOLDER
            if kind == "incoming" or not seen.get("target_url")
            else seen["target_url"] == URL
        )
        if not found:
            good = answer.json() == {"success": False, "error": "No integration found."}
            return None if good else "expected no integration"
        if answer.status_code == 200:
            updated += 1
        # The case before may have left another URL.
        if kind == "outgoing":
            fresh.put("integrations.update", **OUTGOING, integrationId=integration["_id"])
        return _check_integration(case, answer)

    differences = _differences(
        fresh, "PUT /api/v1/integrations.update", check, integrationId=integration["_id"]
    )
    assert differences == []
    assert updated > 100
    fresh.post("integrations.remove", type=integration["type"], integrationId=integration["_id"])


def _check_remove(case: Case, answer: httpx.Response) -> str | None:
    assert case.coerced is not None
    named = case.coerced.get("integrationId") or case.coerced.get("target_url")
    outgoing = case.coerced["type"] == "webhook-outgoing"
    nothing = "An integrationId or target_url needs to be provided."
    expected = nothing if outgoing and not named else "No integration found."
    good = answer.status_code == 400 and answer.json() == {"success": False, "error": expected}
    return None if good else f"expected {expected}"


def _check_get(case: Case, answer: httpx.Response) -> str | None:
    assert case.coerced is not None
    blank = 'The query parameter "integrationId" is required.'
    expected = "The integration does not exists." if case.coerced["integrationId"] else blank
    return None if answer.json() == {"success": False, "error": expected} else f"expected {expected}"


def _check_list(case: Case, answer: httpx.Response) -> str | None:
    assert case.coerced is not None
    refused = (400, f"error-invalid-{_unreadable(case.coerced)}")
    got = (answer.status_code, answer.json().get("errorType"))
    return None if got in ((200, None), refused) else "must succeed or name the bad parameter"


def _unreadable(query: dict[str, Any]) -> str:
    if query.get("offset") == "true":
        return "offset"
    return "sort" if query.get("sort", "{}") not in ("{}", "") else "query"


def _check_history(case: Case, answer: httpx.Response) -> str | None:
    assert case.coerced is not None
    if answer.status_code == 200:
        nothing: dict[str, Any] = {
            "history": [],
            "items": 0,
            "count": 0,
            "offset": case.coerced.get("offset") or 0,
            "total": 0,
        }
        return None if answer.json() == {**nothing, "success": True} else f"expected {nothing}"
    bad = {f"error-invalid-{name}" for name in ("sort", "query", "fields") if case.coerced.get(name)}
    good = answer.status_code == 400 and answer.json()["errorType"] in bad
    return None if good else "must succeed or name the bad parameter"


def _check_no_integration(case: Case, answer: httpx.Response) -> str | None:
    good = (answer.status_code, answer.json()["errorType"]) == (400, "error-invalid-integration")
    return None if good else "expected no integration"


@pytest.mark.parametrize(
    ("endpoint", "check"),
    [
        ("POST /api/v1/integrations.remove", _check_remove),
        ("GET /api/v1/integrations.get", _check_get),
        ("GET /api/v1/integrations.list", _check_list),
        ("GET /api/v1/integrations.history", _check_history),
        ("POST /api/v1/integrations.clearHistory", _check_no_integration),
        ("POST /api/v1/integrations.replayOutgoing", _check_no_integration),
    ],
)
def test_other_endpoints(
    fresh: Api, endpoint: str, check: Callable[[Case, httpx.Response], str | None]
) -> None:
    assert _differences(fresh, endpoint, check) == []


def test_no_endpoint_is_forgotten() -> None:
    managed = ("create", "update", "remove", "get", "list", "history", "clearHistory", "replayOutgoing")
    tested = {f"integrations.{name}" for name in managed} | {"/hooks/add", "/hooks/remove"}
    assert {case.endpoint.split()[1].removeprefix("/api/v1/") for case in cases()} == tested
    assert len(list(cases())) == 2162
