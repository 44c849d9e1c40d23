"""``integrations.checkScripts``: what the 9.0 upgrade check says, on a server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.delivery.webhooks import channel, finished, outgoing, say, texts
from tests.hooks.hooks import Hook
from tests.integrations import checked_scripts as scripts
from tests.receivers import Receiver, reply_json
from tests.rest.integration_bodies import incoming
from tests.running import Api, unique


def made(api: Api, source: str, **fields: Any) -> Any:
    body = incoming(scriptEnabled=True, script=source, **fields)
    return api.post("integrations.create", **body)["integration"]


def checked(api: Api, *integrations: Any, **body: Any) -> list[Any]:
    ids = [one["_id"] for one in integrations]
    reports: list[Any] = api.post("integrations.checkScripts", integrationIds=ids, **body)["integrations"]
    assert [one["_id"] for one in reports] == ids
    return reports


def report_on(api: Api, source: str, **fields: Any) -> Any:
    return checked(api, made(api, source, **fields))[0]


@pytest.mark.parametrize("name", scripts.VERDICTS)
def test_the_verdict_is_the_right_one(admin: Api, name: str) -> None:
    report = report_on(admin, scripts.VERDICTS[name])
    assert report["verdict"] == scripts.EXPECTED[name], report["reasons"]
    assert report["requests"]["recorded"] == 0
    assert report["requests"]["samples"] > 5
    if report["verdict"] != "safe":
        assert report["reasons"]


def test_an_undeclared_name_is_shown_with_its_line_and_mended(admin: Api) -> None:
    report = report_on(admin, scripts.UNDECLARED)
    (reason,) = report["reasons"]
    assert (reason["code"], reason["line"], report["line"]) == ("throws-natively", 3, 3)
    assert "ReferenceError: total is not defined" in reason["text"]
    (finding,) = report["findings"]
    assert (finding["severity"], finding["line"], finding["column"]) == ("breaks", 3, 5)
    mended = report["mended"]
    assert (mended["declared"], mended["verdict"]) == (["total"], "safe")
    # What is offered really is the answer.
    assert report_on(admin, mended["script"])["verdict"] == "safe"
    native = made(admin, mended["script"], skipTranspile=True)
    answer = admin.post("integrations.test", integrationId=native["_id"])
    assert answer["posts"][0]["message"]["msg"] == "1"


def test_what_a_declaration_does_not_mend_is_not_offered(admin: Api) -> None:
    both = scripts.script(
        "total = 1; return { response: [1].map(function () { return this === undefined; }) };"
    )
    report = report_on(admin, both)
    assert report["verdict"] == "differs"
    assert "mended" not in report


def test_a_difference_is_shown(admin: Api) -> None:
    report = report_on(admin, scripts.BUILTIN)
    assert report["diff"] == ["response[0]: false → true"]
    assert any(finding["line"] == 3 for finding in report["findings"])


def test_a_script_that_does_not_compile_fails(admin: Api) -> None:
    report = report_on(admin, scripts.BROKEN)
    assert report["reasons"][0]["code"] == "fails"
    assert "does not compile" in report["reasons"][0]["text"]
    assert report["line"] >= 2
    # Babel reads scripts as modules: this one has never run, and would.
    late = report_on(admin, "with ({ a: 1 }) { var b = a; }\n" + scripts.SAFE)
    assert late["verdict"] == "fails"
    assert "works-only-natively" in {reason["code"] for reason in late["reasons"]}


def test_native_ones_are_said_to_be(admin: Api) -> None:
    report = report_on(admin, scripts.UNDECLARED, skipTranspile=True)
    assert report["verdict"] == "native already"
    assert report["requests"] == {"recorded": 0, "samples": 0, "leftOut": 0}


def test_recorded_calls_are_what_counts(admin: Api) -> None:
    source = scripts.script(
        "if (request.content.deep) total = request.content.deep; return { response: { ok: 1 } };"
    )
    hook = Hook(admin, scriptEnabled=True, script=source)
    (before,) = checked(admin, hook.integration)
    assert (before["verdict"], before["requests"]["recorded"]) == ("cannot-tell", 0)
    for content in ({"plain": 1}, {"deep": 5}, {"plain": 2}):
        hook.post(content)
    posted = hook.everything()
    (after,) = checked(admin, hook.integration)
    assert after["verdict"] == "differs"
    assert after["requests"] == {"recorded": 3, "samples": 0, "leftOut": 0}
    (request,) = after["reasons"][0]["requests"]
    assert request.startswith("recorded call ")
    assert after["mended"]["verdict"] == "safe"
    assert hook.everything() == posted
    failing = Hook(admin, scriptEnabled=True, script=scripts.THROWS)
    failing.refused(400, "error-running-script", json={"text": "x"})
    (report,) = checked(admin, failing.integration)
    assert (report["verdict"], report["line"]) == ("fails", 3)


def test_recorded_deliveries_and_answers_are_what_counts(admin: Api) -> None:
    room = admin.new_channel()
    with Receiver([reply_json({"state": "done"}, 503), reply_json({"state": "done"})]) as receiver:
        safe = outgoing(admin, receiver, channel(room), scriptEnabled=True, script=scripts.OUTGOING_SAFE)
        say(admin, "one", channel(room))
        finished(admin, safe)
        (report,) = checked(admin, safe)
        assert report["verdict"] == "safe", report
        assert report["requests"] == {"recorded": 1, "samples": 0, "leftOut": 0}
        assert len(receiver.requests) == 1
    other = admin.new_channel()
    with Receiver([reply_json({"state": "busy"}, 503)]) as receiver:
        hook = outgoing(
            admin, receiver, channel(other), scriptEnabled=True, script=scripts.OUTGOING_UNDECLARED
        )
        (unseen,) = checked(admin, hook)
        assert unseen["verdict"] == "cannot-tell"
        say(admin, "two", channel(other))
        finished(admin, hook)
        before = texts(admin, other["_id"])
        (report,) = checked(admin, hook)
        assert (report["verdict"], report["line"]) == ("differs", 4)
        assert report["reasons"][0]["method"] == "process_outgoing_response"
        assert len(receiver.requests) == 1
        assert texts(admin, other["_id"]) == before


def test_no_more_than_twenty_requests_are_run_and_each_shape_is_among_them(admin: Api) -> None:
    source = scripts.script("if (request.content.rare) total = 1; return { response: { ok: 1 } };")
    hook = Hook(admin, scriptEnabled=True, script=source)
    hook.post({"rare": True})
    for number in range(30):
        hook.post({"common": number})
    (report,) = checked(admin, hook.integration)
    assert report["requests"] == {"recorded": 20, "samples": 0, "leftOut": 0}
    assert report["verdict"] == "differs"


def test_apply_changes_the_safe_ones_and_nothing_else(admin: Api) -> None:
    safe, differs = made(admin, scripts.SAFE), made(admin, scripts.UNDECLARED)
    first, second = checked(admin, safe, differs, apply=True)
    assert (first["verdict"], first["applied"]) == ("safe", True)
    assert "applied" not in second
    after = admin.get("integrations.get", integrationId=safe["_id"])["integration"]
    assert after["skipTranspile"] is True
    assert after["scriptCompiled"] == scripts.SAFE
    changing = ("skipTranspile", "scriptCompiled", "_updatedAt", "_updatedBy")
    assert {key: one for key, one in after.items() if key not in changing} == {
        key: one for key, one in safe.items() if key not in changing
    }
    assert admin.get("integrations.get", integrationId=differs["_id"])["integration"] == differs
    (again,) = checked(admin, safe)
    assert again["verdict"] == "native already"


def test_pages(admin: Api) -> None:
    ids = [made(admin, scripts.SAFE)["_id"] for _ in range(3)]
    seen: list[str] = []
    while len(seen) < 3:
        page = admin.post("integrations.checkScripts", integrationIds=ids, count=2, offset=len(seen))
        assert (page["offset"], page["total"]) == (len(seen), 3)
        assert page["count"] == len(page["integrations"]) <= 2
        seen += [one["_id"] for one in page["integrations"]]
    assert seen == ids
    beyond = admin.post("integrations.checkScripts", integrationIds=ids, offset=3)
    assert (beyond["integrations"], beyond["total"]) == ([], 3)


def test_integrations_may_be_named(admin: Api) -> None:
    name = unique("named")
    one = made(admin, scripts.SAFE, name=name)
    (report,) = admin.post("integrations.checkScripts", names=[name])["integrations"]
    assert (report["_id"], report["name"]) == (one["_id"], name)
    scriptless = admin.post("integrations.create", **incoming())["integration"]
    for body in (
        {"names": ["nobody"]},
        {"integrationIds": ["none"]},
        {"integrationIds": [scriptless["_id"]]},
    ):
        refused = admin.refused("POST", "integrations.checkScripts", json=body)
        assert refused["errorType"] == "error-invalid-integration"


@pytest.mark.parametrize(
    "body", [{"count": 0}, {"count": 101}, {"offset": -1}, {"integrationIds": [""]}, {"x": 1}]
)
def test_what_is_no_body_is_refused(admin: Api, body: dict[str, Any]) -> None:
    assert admin.refused("POST", "integrations.checkScripts", json=body)["errorType"] == "invalid-params"


def test_everybody_sees_what_they_manage(admin: Api) -> None:
    role = admin.post("roles.create", name=unique("keeper"))["role"]["_id"]
    permission = "manage-own-incoming-integrations"
    table = admin.get("permissions.listAll")["update"]
    roles = next(one["roles"] for one in table if one["_id"] == permission)
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, role]}])
    keeper = admin.new_user(roles=["user", role])
    theirs, own = made(admin, scripts.SAFE), made(keeper, scripts.SAFE)
    page = keeper.post("integrations.checkScripts", apply=True)
    assert [one["_id"] for one in page["integrations"]] == [own["_id"]]
    assert page["integrations"][0]["applied"] is True
    refused = keeper.refused("POST", "integrations.checkScripts", json={"integrationIds": [theirs["_id"]]})
    assert refused["errorType"] == "error-invalid-integration"
    admin.new_user().refused("POST", "integrations.checkScripts", 403, json={})


def test_the_server_answers_while_hostile_scripts_are_checked(admin: Api) -> None:
    bombs = [
        scripts.script("for (;;) {}"),
        scripts.script("const all = []; for (;;) all.push(new Array(1e5).fill(1)); "),
    ]
    hostile = [made(admin, bomb, scriptTimeLimit=200) for bomb in bombs]
    innocent = made(admin, scripts.SAFE)
    hook = Hook(admin, scriptEnabled=True, script=scripts.SAFE)
    hook.post({"text": "the worker is there"})
    with ThreadPoolExecutor() as pool:
        checking = pool.submit(checked, admin, *hostile, innocent)
        answered = 0
        while not checking.done():
            before = time.monotonic()
            hook.post({"text": "still here"})
            assert time.monotonic() - before < 3
            answered += 1
    assert answered > 3
    reports = checking.result()
    assert [one["verdict"] for one in reports[:2]] == ["cannot-tell"] * 2
    assert reports[0]["requests"]["leftOut"] == 0
    assert reports[2]["verdict"] == "safe"
