"""Scripts when they are saved (contract, section 2, "Scripts on save" and "Fields")."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.rest.integration_bodies import incoming, outgoing
from tests.running import Api, running

GOOD = "class Script {\n  process_incoming_request({ request }) { return { content: { text: 'x' } }; }\n}"
OTHER = GOOD.replace("'x'", "'y'")
BROKEN = "class Script {\n  process_incoming_request({ request } { return 1; }\n}"
LOOSE = "class Script { prepare_outgoing_request() { with ({}) { } } }"

KINDS = pytest.mark.parametrize("kind", [incoming, outgoing])


def made(admin: Api, body: dict[str, Any]) -> Any:
    return admin.post("integrations.create", **body)["integration"]


def changed(admin: Api, kind: Any, old: Any, **fields: Any) -> Any:
    body = kind(name=old["name"], integrationId=old["_id"], **fields)
    new = admin.put("integrations.update", **body)["integration"]
    assert new == admin.get("integrations.get", integrationId=old["_id"])["integration"]
    return new


@KINDS
def test_a_good_script_is_compiled(admin: Api, kind: Any) -> None:
    one = made(admin, kind(scriptEnabled=True, script=GOOD))
    assert one["script"] == GOOD
    assert "use strict" in one["scriptCompiled"]
    assert "_classCallCheck" in one["scriptCompiled"]
    assert one["scriptEngine"] == "isolated-vm"
    assert "scriptError" not in one


@KINDS
def test_without_transpiling_it_is_stored_as_it_is(admin: Api, kind: Any) -> None:
    for script in (GOOD, GOOD + "\n// a comment at the end"):
        one = made(admin, kind(scriptEnabled=True, script=script, skipTranspile=True))
        assert one["scriptCompiled"] == one["script"] == script
        assert "scriptError" not in one


@KINDS
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("script", [BROKEN, LOOSE, "class Script {", "return 1;"])
def test_a_script_that_does_not_compile_is_saved_all_the_same(
    admin: Api, kind: Any, skip: bool, script: str
) -> None:
    one = made(admin, kind(scriptEnabled=True, script=script, skipTranspile=skip))
    assert one["script"] == script
    assert "scriptCompiled" not in one
    error = one["scriptError"]
    assert error["name"] == "SyntaxError"
    assert error["message"]
    assert error["stack"]


@KINDS
def test_a_good_script_clears_the_error_and_a_bad_one_the_compiled_form(admin: Api, kind: Any) -> None:
    one = made(admin, kind(scriptEnabled=True, script=BROKEN))
    good = changed(admin, kind, one, scriptEnabled=True, script=GOOD)
    assert "scriptError" not in good
    assert good["scriptCompiled"]
    bad = changed(admin, kind, one, scriptEnabled=True, script=BROKEN)
    assert "scriptCompiled" not in bad
    assert bad["scriptError"]["name"] == "SyntaxError"


@KINDS
@pytest.mark.parametrize("script", ["", " \n\t", None])
def test_a_blank_script_is_none(admin: Api, kind: Any, script: str | None) -> None:
    for one in (
        made(admin, kind(scriptEnabled=True, script=script)),
        changed(
            admin, kind, made(admin, kind(scriptEnabled=True, script=GOOD)), scriptEnabled=True, script=script
        ),
        changed(
            admin,
            kind,
            made(admin, kind(scriptEnabled=True, script=BROKEN)),
            scriptEnabled=True,
            script=script,
        ),
    ):
        assert not {"scriptCompiled", "scriptError"} & one.keys()


@pytest.mark.parametrize("script", ["// nothing", "/* nothing */", ";", "'use strict'"])
def test_nothing_is_no_compiled_script(admin: Api, script: str) -> None:
    one = made(admin, incoming(scriptEnabled=True, script=script))
    assert one.get("scriptCompiled", "x").strip()
    assert ("scriptError" in one) is ("scriptCompiled" not in one)


@KINDS
def test_a_script_that_is_switched_off_is_not_compiled(admin: Api, kind: Any) -> None:
    for script in (GOOD, BROKEN):
        one = made(admin, kind(scriptEnabled=False, script=script))
        assert one["script"] == script
        assert not {"scriptCompiled", "scriptError"} & one.keys()
        on = changed(admin, kind, one, scriptEnabled=True, script=script)
        assert ("scriptCompiled" in on) is (script == GOOD)
        assert ("scriptError" in on) is (script == BROKEN)


@KINDS
def test_a_change_of_mode_compiles_anew(admin: Api, kind: Any) -> None:
    one = made(admin, kind(scriptEnabled=True, script=GOOD))
    native = changed(admin, kind, one, scriptEnabled=True, script=GOOD, skipTranspile=True)
    assert (native["scriptCompiled"], native["skipTranspile"]) == (GOOD, True)
    # Not sent means false.
    again = changed(admin, kind, one, scriptEnabled=True, script=GOOD)
    assert (again["scriptCompiled"], again["skipTranspile"]) == (one["scriptCompiled"], False)


def test_switching_an_outgoing_script_off_removes_the_compiled_form(admin: Api) -> None:
    one = made(admin, outgoing(scriptEnabled=True, script=GOOD))
    off = changed(admin, outgoing, one, scriptEnabled=False, script=GOOD)
    assert off["script"] == GOOD
    assert not {"scriptCompiled", "scriptError"} & off.keys()
    on = changed(admin, outgoing, one, scriptEnabled=True, script=GOOD)
    assert on["scriptCompiled"] == one["scriptCompiled"]
    without = changed(admin, outgoing, one, scriptEnabled=True)
    assert without["script"] == GOOD
    assert "scriptCompiled" not in without


def test_switching_an_incoming_script_off_keeps_what_belongs_to_it(admin: Api) -> None:
    one = made(admin, incoming(scriptEnabled=True, script=GOOD))
    off = changed(admin, incoming, one, scriptEnabled=False)
    assert (off["script"], off["scriptCompiled"]) == (GOOD, one["scriptCompiled"])
    renamed = changed(admin, incoming, one, scriptEnabled=True)
    assert renamed["scriptCompiled"] == one["scriptCompiled"]
    other = changed(admin, incoming, one, scriptEnabled=False, script=OTHER)
    assert "scriptCompiled" not in other
    on = changed(admin, incoming, one, scriptEnabled=True)
    assert "_classCallCheck" in on["scriptCompiled"]
    assert on["scriptCompiled"] != one["scriptCompiled"]


def test_what_the_rules_refuse_is_not_compiled(admin: Api) -> None:
    one = made(admin, incoming(scriptEnabled=True, script=GOOD))
    body = incoming(integrationId=one["_id"], scriptEnabled=True, script=BROKEN, channel="#nowhere")
    admin.refused("PUT", "integrations.update", json=body)
    assert admin.get("integrations.get", integrationId=one["_id"])["integration"] == one


# Limits of its own


@KINDS
def test_limits_are_stored_and_cleared(admin: Api, kind: Any) -> None:
    one = made(admin, kind(scriptTimeLimit=500, scriptMemoryLimit="64"))
    assert (one["scriptTimeLimit"], one["scriptMemoryLimit"]) == (500, 64)
    kept = changed(admin, kind, one)
    assert (kept["scriptTimeLimit"], kept["scriptMemoryLimit"]) == (500, 64)
    gone = changed(admin, kind, one, scriptTimeLimit=None, scriptMemoryLimit=None)
    assert not {"scriptTimeLimit", "scriptMemoryLimit"} & gone.keys()


@KINDS
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scriptTimeLimit": 10_001}, "scriptTimeLimit must be 10 to 10000 milliseconds"),
        ({"scriptTimeLimit": 0}, "scriptTimeLimit must be 10 to 10000 milliseconds"),
        ({"scriptTimeLimit": -5}, "scriptTimeLimit must be 10 to 10000 milliseconds"),
        ({"scriptMemoryLimit": 129}, "scriptMemoryLimit must be 4 to 128 megabytes"),
        ({"scriptMemoryLimit": 3}, "scriptMemoryLimit must be 4 to 128 megabytes"),
    ],
)
def test_limits_are_within_the_servers(admin: Api, kind: Any, fields: dict[str, int], said: str) -> None:
    old = made(admin, kind())
    update = kind(integrationId=old["_id"], **fields)
    for method, path, body in (
        ("POST", "integrations.create", kind(**fields)),
        ("PUT", "integrations.update", update),
    ):
        answer = admin.refused(method, path, json=body)
        assert answer["errorType"] == "error-invalid-script-limit"
        assert answer["error"] == f"{said} [error-invalid-script-limit]"


@KINDS
@pytest.mark.parametrize("value", [1.5, "much", [], {}])
def test_limits_are_whole_numbers(admin: Api, kind: Any, value: Any) -> None:
    answer = admin.refused("POST", "integrations.create", json=kind(scriptTimeLimit=value))
    assert answer["errorType"] == "invalid-params"
    assert "must be integer" in answer["error"]


# What the compiler cannot do


def test_a_script_that_is_too_much_for_the_compiler(admin: Api) -> None:
    deep = "class Script { a() { return " + "[" * 20_000 + "]" * 20_000 + "; } }"
    one = made(admin, incoming(scriptEnabled=True, script=deep))
    assert one["script"] == deep
    assert "scriptCompiled" not in one
    assert one["scriptError"]["name"] in ("RangeError", "InternalError")
    assert made(admin, incoming(scriptEnabled=True, script=GOOD))["scriptCompiled"]


def test_scripts_are_turned_off(tmp_path: Path) -> None:
    with running(tmp_path, environment={"DISABLE_INTEGRATION_SCRIPTS": "true"}) as server:
        admin = server.admin()
        one = made(admin, incoming(scriptEnabled=True, script=BROKEN))
        assert one["script"] == BROKEN
        assert "scriptCompiled" not in one
        assert one["scriptError"]["name"] == "ScriptsDisabled"
        assert "turned off" in one["scriptError"]["message"]
        assert "scriptError" not in made(admin, incoming(script=BROKEN))
    with running(tmp_path) as server:
        admin = server.admin()
        new = changed(admin, incoming, one, scriptEnabled=True, script=GOOD)
        assert new["scriptCompiled"]
        assert "scriptError" not in new


def test_many_saves_at_once(admin: Api) -> None:
    """A save that runs again because somebody was faster compiles once, and the last one stays whole."""
    one = made(admin, incoming(scriptEnabled=True, script=GOOD))
    scripts = [GOOD.replace("'x'", f"'{number}'") for number in range(6)]

    def save(script: str) -> Any:
        body = incoming(integrationId=one["_id"], scriptEnabled=True, script=script)
        return Api(admin.url, admin.headers).put("integrations.update", **body)["integration"]

    with ThreadPoolExecutor(6) as pool:
        saved = list(pool.map(save, scripts))
    for script, answer in zip(scripts, saved, strict=True):
        assert answer["script"] == script
    last = admin.get("integrations.get", integrationId=one["_id"])["integration"]
    assert last in saved
