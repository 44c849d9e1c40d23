"""Scripts for the upgrade check, and what it must say of them."""

from __future__ import annotations

from typing import Final

INCOMING: Final = "process_incoming_request"


def script(body: str, method: str = INCOMING, before: str = "") -> str:
    """A script whose method has ``body``, on line 3."""
    return f"{before}class Script {{\n  async {method}({{ request, response }}) {{\n    {body}\n  }}\n}}"


SAFE: Final = script("return { content: { text: `got ${JSON.stringify(request.content)}` } };")
UNDECLARED: Final = script("total = 1; return { content: { text: `${total}` } };")
BROKEN: Final = "class Script {\n  process_incoming_request( {\n}"
RANDOM: Final = script(
    "console.log(Math.random()); return { content: { text: `${Date.now()} ${new Date()} ${Math.random()}` } };"
)
FETCHES: Final = script(
    "return { response: await (await fetch('https://a.example/' + Math.random())).json() };"
)
STORES: Final = script(
    "Store.set('n', (Store.get('n') || 0) + 1); return { response: { n: Store.get('n') } };",
    before="let x = 0;\n",
)
THROWS: Final = script("return { content: { text: request.content.missing.name } };")
STUCK: Final = script("return new Promise(() => {});")
BUILTIN: Final = script("return { response: [1].map(function () { return this === undefined; }) };")
SYNCHRONOUS: Final = script("return { response: HTTP('GET', 'https://a.example/').result.data };")
UNSEEN: Final = script("if (request.content.never) total = 1; return { response: { ok: 1 } };")
MISSING: Final = script("return { response: { value: require('x') } };")
OUTGOING_SAFE: Final = """class Script {
  prepare_outgoing_request({ request }) { request.seen = request.data.text; return request; }
  process_outgoing_response({ request, response }) {
    return { content: { text: `${request.seen} ${response.status_code} ${response.content.state}` } };
  }
}"""
OUTGOING_UNDECLARED: Final = """class Script {
  prepare_outgoing_request({ request }) { return request; }
  process_outgoing_response({ response }) {
    if (response.status_code === 503) reason = 'busy';
    return { content: { text: 'x' } };
  }
}"""
VERDICTS: Final = {
    "safe": SAFE,
    "random": RANDOM,
    "fetches": FETCHES,
    "stores": STORES,
    "undeclared": UNDECLARED,
    "builtin": BUILTIN,
    "synchronous": SYNCHRONOUS,
    "broken": BROKEN,
    "stuck": STUCK,
    "unseen": UNSEEN,
    "throws": THROWS,
    "missing": MISSING,
}
EXPECTED: Final = {
    **dict.fromkeys(("safe", "random", "fetches", "stores"), "safe"),
    **dict.fromkeys(("undeclared", "builtin", "synchronous"), "differs"),
    **dict.fromkeys(("broken", "missing"), "fails"),
    **dict.fromkeys(("stuck", "unseen", "throws"), "cannot-tell"),
}
