"""Constructs of JavaScript, and which rule of the upgrade check names each that the two modes take differently.

The true answers are not written here: Node and the real Babel give them (``reference.cjs``).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

METHOD: Final = "process_incoming_request"
ARGUMENT: Final[dict[str, Any]] = {"request": {"content": {"text": "hello", "items": [1, 2]}}}


class Construct(NamedTuple):
    """A script, and the rule that names what differs: ``None`` where the modes agree."""

    name: str
    source: str
    rule: str | None


def script(body: str, before: str = "", members: str = "") -> str:
    """A script whose method has ``body``, with code ``before`` the class and more ``members`` in it."""
    return f"{before}\nclass Script {{\n  {METHOD}({{ request }}) {{\n    {body}\n  }}\n  {members}\n}}\n"


_DIFFERENT: Final[dict[str, dict[str, str]]] = {
    "undeclared-assignment": {
        "assignment": script("total = 1; return total;"),
        "for loop": script("for (i = 0; i < 2; i++) {} return i;"),
        "for of": script("for (item of request.content.items) {} return item;"),
        "for in": script("for (key in request.content) {} return key;"),
        "destructuring": script("[first, ...rest] = request.content.items; return [first, rest];"),
        "object destructuring": script(
            "({ text, more: { a } } = { text: 1, more: { a: 2 } }); return text + a;"
        ),
        "assigned twice at once": script("one = two = 3; return one + two;"),
        "in an arrow function": script("request.content.items.forEach((x) => { last = x; }); return last;"),
        "in a static method": script(
            "return Script.make();", members="static make() { made = 1; return made; }"
        ),
        "in a getter": script("return this.now;", members="get now() { moment = 1; return moment; }"),
        "in a field": script("return this.x;", members="x = (initial = 1);"),
        "in an async method": script(
            "return this.later();", members="async later() { await null; done = 1; return done; }"
        ),
        "in a generator": script("return [...this.all()];", members="*all() { step = 1; yield step; }"),
        "after an error": script(
            "try { throw Error('x'); } catch (e) { caught = e.message; } return caught;"
        ),
    },
    "read-only-name": {
        "undefined": script("undefined = 1; return 1;"),
        "NaN": script("NaN++; return 1;"),
        "declared undefined": script("return 1;", before="const undefined = 1;"),
    },
    "constant-name": {
        "class from inside": script("class A { static f() { A = 1; return 1; } } return A.f();"),
        "function from inside": script("const f = function g() { g = 1; return 2; }; return f();"),
    },
    "lexical-global": {
        "const": script("return globalThis.LIMIT;", before="const LIMIT = 1;"),
        "class": script("return typeof global.Script;"),
        "by this of a function": script(
            "return read();", before="const K = 1; function read() { return this.K; }"
        ),
        "in": script("return 'LIMIT' in globalThis;", before="let LIMIT = 1;"),
        "taken apart": script("const { LIMIT: limit } = globalThis; return limit;", before="let LIMIT = 1;"),
        "written": script("globalThis.LIMIT = 2; return LIMIT;", before="let LIMIT = 1;"),
    },
    "block-function": {
        "in an if": script(
            "return f();", before="function f() { if (true) { function g() { return 1; } } return g(); }"
        ),
        "at the top": script("return f();", before="{ function f() { return 1; } }"),
        "in a case": script("return typeof f;", before="switch (1) { case 1: function f() {} }"),
    },
    "used-before-declaration": {
        "let": script("const before = typeof x; let x = 1; return before;"),
        "const assigned": script("x = 1; let x; return x;"),
        "class": script("const before = typeof A; class A {} return before;"),
        "its own value": script("let x = x; return typeof x;"),
        "in a function called before": script(
            "return first;",
            before="var first = read(); const LIMIT = 1; function read() { return typeof LIMIT; }",
        ),
        "in a callback run before": script("const y = [1].map(() => typeof x); let x = 1; return y;"),
        "in another case": script("switch (2) { case 1: let x = 1; break; case 2: return typeof x; }"),
        "a later parameter": script("return ((a = b, b) => typeof a)();"),
        "its own loop": script("for (const x of [typeof x]) return x;"),
        "a base class": script(
            "try { class A extends B {} return A.name; } catch (e) { return e.name; } class B {}"
        ),
    },
    "this": {
        "nested function": script("function f() { return typeof this; } return f();"),
        "nested function reading": script("function f() { return this.x; } return typeof f();"),
        "called at once": script("return (function () { return typeof this; })();"),
        "callback": script("return [1].map(function () { return typeof this; });"),
        "callback of a promise": script(
            "return Promise.resolve().then(function () { return typeof this; });"
        ),
        "callback of replace": script("return 'a'.replace(/a/, function () { return typeof this; });"),
        "callback of its own function": script(
            "const each = function (f) { return f(1); }; return each(function () { return typeof this; });"
        ),
        "by name": script("function f() { return typeof this; } return [1].map(f);"),
        "method as callback": script("return [1].map(this.f);", members="f() { return typeof this; }"),
        "detached method": script("const f = this.f; return f();", members="f() { return typeof this; }"),
        "method taken out": script("const { f } = this; return f();", members="f() { return typeof this; }"),
        "method of a literal": script(
            "const o = { f() { return typeof this; } }; const g = o.f; return g();"
        ),
        "call with null": script("function f() { return this === null; } return f.call(null);"),
        "call with a number": script("function f() { return typeof this; } return f.call(5);"),
        "bound to undefined": script(
            "const f = function () { return typeof this; }; return f.bind(undefined)();"
        ),
        "extended primitive": script(
            "String.prototype.f = function () { return typeof this; }; return 'a'.f();"
        ),
        "writing on a primitive": script(
            "String.prototype.f = function () { this.x = 1; return 1; }; return ''.f();"
        ),
    },
    "top-level-this": {
        "top level": script("return typeof self;", before="var self = this;"),
        "top level arrow": script("return f();", before="const f = () => typeof this;"),
    },
    "bad-write": {
        "frozen": script("const o = Object.freeze({ a: 1 }); o.a = 2; return o.a;"),
        "frozen later": script(
            "OPTIONS.a = 2; return OPTIONS.a;", before="const OPTIONS = { a: 1 }; Object.freeze(OPTIONS);"
        ),
        "frozen list": script("const o = Object.freeze([1]); o[0] = 2; return o;"),
        "sealed": script("const o = Object.seal({ a: 1 }); o.b = 2; return o;"),
        "not extensible": script("const o = {}; Object.preventExtensions(o); o.b = 2; return o;"),
        "getter only": script("const o = { get a() { return 1; } }; o.a = 2; return o.a;"),
        "getter of the class": script("this.a = 2; return this.a;", members="get a() { return 1; }"),
        "static getter": script("Script.a = 2; return Script.a;", members="static get a() { return 1; }"),
        "defined property": script(
            "const o = {}; Object.defineProperty(o, 'a', { value: 1 }); o.a = 2; return o.a;"
        ),
        "property of a text": script("const t = 'abc'; t.x = 1; return typeof t.x;"),
        "letter of a text": script("const t = 'abc'; t[0] = 'x'; return t;"),
        "property of a number": script("(5).x = 1; return 1;"),
        "constant of the language": script("Math.PI = 3; return Math.PI > 3;"),
        "name of a function": script("const f = function () {}; f.name = 'g'; return f.name;"),
        "prototype of a class": script("Script.prototype = {}; return 1;"),
        "size of a map": script("const m = new Map(); m.size = 3; return m.size;"),
        "by a loop": script("const o = { get a() { return 1; } }; for (o.a of [2]); return o.a;"),
        "by destructuring": script("const o = { get a() { return 1; } }; [o.a] = [2]; return o.a;"),
    },
    "bad-delete": {
        "of frozen": script("const o = Object.freeze({ a: 1 }); delete o.a; return o.a;"),
        "of a length": script("const o = []; delete o.length; return o.length;"),
        "of a variable": script("return delete globalThis.x;", before="var x = 1;"),
        "of a prototype": script("return delete Script.prototype;"),
    },
    "arguments-callee": {
        "callee": script("return (function (n) { return n < 2 ? 1 : n * arguments.callee(n - 1); })(3);"),
    },
    "function-caller": {"caller": script("function f() { return f.caller === 1; } return f();")},
    "arguments-alias": {
        "parameter assigned": script("function f(a) { a = 2; return arguments[0]; } return f(1);"),
        "arguments written": script("function f(a) { arguments[0] = 2; return a; } return f(1);"),
        "passed on": script("function f(a) { a = 2; return [...arguments]; } return f(1);"),
        "with a default, anywhere": script(
            "return f(1);", before="function f(a, b = 1) { a = 2; return arguments[0]; }"
        ),
    },
    "eval": {
        "declares": script("eval('var x = 1'); return typeof x;"),
        "assigns": script("eval('made = 1'); return typeof made;"),
    },
    "new": {
        "method": script("return new this.Made().x;", members="Made() { this.x = 1; }"),
        "arrow function": script("const f = () => {}; return typeof new f();"),
        "async function": script("const f = async function () {}; return typeof new f();"),
        "prototype of an arrow function": script("const f = () => {}; return typeof f.prototype;"),
    },
    "bigint-power": {"power": script("return String(2n ** 3n);")},
    "with": {"with": script("return b;", before="with ({ a: 1 }) { var b = a; }")},
    "octal": {
        "number": script("return b;", before="var b = 010;"),
        "escape": script("return b;", before="var b = '\\101';"),
    },
    "duplicate-parameter": {"twice": script("return f(1, 2);", before="function f(a, a) { return a; }")},
    "reserved-word": {
        "await": script("return f();", before="function f() { var await = 1; return await; }"),
        "yield": script("return y();", before="var yield = 1; function y() { return yield; }"),
        "public": script("return 1;", before="var public = 1;"),
        "let": script("return 1;", before="var let = 1;"),
        "eval": script("return 1;", before="var eval = 1;"),
    },
    "delete-name": {"variable": script("return typeof x;", before="var x = 1; delete x;")},
    "loose-function": {"in an if": script("return f();", before="if (true) function f() { return 1; }")},
    "html-comment": {"comment": script("return 1;", before="<!-- a comment")},
    "export": {"class": script("return 1;").replace("class", "export class")},
    "import": {"module": script("return 1;", before="import x from 'x';")},
}

_ALIKE: Final = {
    "declared": script("let total; total = 1; return total;"),
    "made on load": script("count = count + 1; return count;", before="count = 0;"),
    "made by a loose function": script("return f();", before="function f() { made = 1; return made; }"),
    "compound of nothing": script("total += 1; return total;"),
    "read of nothing": script("return typeof nothing;"),
    "own directive": script("function f() { 'use strict'; loose = 1; } f();"),
    "directive at the top": script(
        "return f();", before="'use strict'; function f() { loose = 1; return loose; }"
    ),
    "this kept": script(
        "const self = this; return [1].map(function () { return self.x; });", members="x = 1;"
    ),
    "this given": script("return [1].map(function () { return this.x; }, { x: 1 });"),
    "this bound": script("return [1].map(this.f.bind(this));", members="x = 1; f() { return this.x; }"),
    "this in an arrow": script("return [1].map(() => this.f());", members="f() { return typeof this; }"),
    "this in a loose function": script("return f();", before="function f() { return typeof this; }"),
    "constructor function": script("function F() { this.x = 1; } return new F().x;"),
    "method of a literal": script("const o = { x: 1, f() { return this.x; } }; return o.f();"),
    "loose extension": script(
        "return 'a'.up();", before="String.prototype.up = function () { return this + '!'; };"
    ),
    "call with an object": script("function f() { return this.x; } return f.call({ x: 1 });"),
    "frozen deep": script("const o = Object.freeze({ a: { b: 1 } }); o.a.b = 2; return o;"),
    "sealed, known": script("const o = Object.seal({ a: 1 }); o.a = 2; return o;"),
    "copy of frozen": script("const o = { ...Object.freeze({ a: 1 }) }; o.a = 2; return o;"),
    "getter and setter": script(
        "this.a = 2; return this.a;", members="get a() { return this.b; } set a(x) { this.b = x; }"
    ),
    "delete": script("delete request.content.text; return request.content;"),
    "arguments": script("return arguments.length;"),
    "arguments before": script("function f(a) { const b = arguments[0]; a = 2; return b; } return f(1);"),
    "arguments of a pattern": script("function f({ a }) { a = 2; return arguments[0]; } return f({ a: 1 });"),
    "later function": script("return f(); function f() { return 1; }"),
    "later const": script("const f = () => x; const x = 1; return f();"),
    "later class": script(
        "return new A().b(); ", before="class A { b() { return new B().c; } } class B { c = 1; }"
    ),
    "case with a block": script(
        "switch (1) { case 1: { let x = 1; return x; } case 2: { let x = 2; return x; } }"
    ),
    "parameter before": script("return ((a, b = a) => b)(1);"),
    "taken from the global object": script("return File;", before="const File = globalThis.File || 5;"),
    "computed members": script(
        "return typeof new this['k']();",
        before="const K = 'k';",
        members="constructor() { this[K] = class {}; } [K + 1]() {}",
    ),
    "var on the global object": script("return globalThis.x;", before="var x = 1;"),
    "block function in a class": script("if (true) { function f() { return 1; } return f(); }"),
    "closures of a loop": script(
        "const f = []; for (let i = 0; i < 3; i++) f.push(() => i); return f.map((g) => g());"
    ),
    "labels": script(
        "a: for (const x of [1, 2]) { for (const y of [1]) { if (x === 2) break a; } } return 1;"
    ),
    "error classes": script(
        "try { throw new E('x'); } catch (e) { return [e instanceof E, e.name, e.message]; }",
        before="class E extends Error { constructor(m) { super(m); this.name = 'E'; } }",
    ),
    "private fields": script(
        "return Script.next();", members="static #n = 0; static next() { return ++Script.#n; }"
    ),
    "spread": script("const { a, ...rest } = { a: 1, b: 2 }; return [...'ab', rest, Math.max(...[1, 2])];"),
    "optional chaining": script("return request.a?.b.c ?? request.content?.text;"),
    "templates": script("const tag = (s, ...v) => s.raw[0] + v[0]; return tag`a${1}` + `${[1, 2]}${{}}`;"),
    "named groups": script("return 'a-b'.replace(/(?<x>a)-(?<y>b)/, '$<y>-$<x>');"),
    "generators": script("function* g() { yield 1; yield* [2, 3]; } return [...g()];"),
    "order of awaits": script(
        "return this.run();",
        members="async run() { const o = []; const f = async () => { o.push(1); await null; o.push(3); };"
        " const p = f(); o.push(2); await p; return o; }",
    ),
    "constant assigned": script("const x = 1; try { x = 2; } catch (e) { return e.name; }"),
    "with in a method": script("with (request) {}"),
    "octal in a method": script("return 010;"),
    "return at the top": script("return 1;", before="return;"),
    "await at the top": script("return 1;", before="await 1;"),
    "not JavaScript": script("return 1 +;"),
    "throws": script("return request.nothing.text;"),
}

CONSTRUCTS: Final = [
    *(
        Construct(f"{rule}: {name}", source, rule)
        for rule, of in _DIFFERENT.items()
        for name, source in of.items()
    ),
    *(Construct(f"alike: {name}", source, None) for name, source in _ALIKE.items()),
]
