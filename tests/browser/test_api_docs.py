"""``/api/docs`` as a person sees it: in a real browser, with nothing from anywhere else."""

from __future__ import annotations

from tests.browser.chromium import Tab
from tests.running import Server

from hookroom.rest.api import FAMILIES

TAGS = "[...document.querySelectorAll('.opblock-tag')].map(one => one.dataset.tag)"
OPERATIONS = "[...document.querySelectorAll('.opblock-summary')].map(one => one.innerText)"
ELSEWHERE = "http://elsewhere.invalid/x.png"
FETCHING = f"""new Promise(done => {{
  document.addEventListener("securitypolicyviolation", event => done(event.blockedURI));
  document.body.append(Object.assign(new Image(), {{src: "{ELSEWHERE}"}}));
}})"""


def test_operations_are_listed_and_nothing_comes_from_elsewhere(server: Server, tab: Tab) -> None:
    tab.open(f"{server.url}/api/docs")
    named = tab.wait_for(f"(all => all.length && all)({TAGS})")
    assert {family.family for family in FAMILIES if family.routes} - {"Left out"} <= set(named)
    tab.evaluate("document.querySelector('.opblock-tag[data-tag=\"Exports\"]').click()")
    shown = tab.wait_for(f"(all => all.length && all)({OPERATIONS})")
    assert any("POST" in one and "/api/v1/rooms.export" in one for one in shown)
    # One of them opens, with what the route answers.
    tab.evaluate("document.querySelector('.opblock-summary-control').click()")
    tab.wait_for("document.querySelector('.opblock-body .responses-table') !== null")

    fetched = tab.fetched()
    assert {f"{server.url}/api/docs", f"{server.url}/api/docs/openapi.json"} <= set(fetched)
    assert [url for url in fetched if not url.startswith((f"{server.url}/", "data:"))] == []
    assert tab.complaints() == []
    # A page that did fetch something would be stopped, and seen here.
    assert tab.evaluate(FETCHING) == ELSEWHERE
    assert ELSEWHERE in str(tab.complaints())
