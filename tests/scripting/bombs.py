"""Scripts that never come to an end, by the place where they hide it: bodies of methods, but for ``BEFORE``."""

from __future__ import annotations

from typing import Final

from tests.scripting.sandboxes import INCOMING


def script(rest: str, *, ahead: str = "") -> str:
    """A class with ``rest`` inside and ``ahead`` in front."""
    return f"{ahead} class Script {{ {rest} }}"


ENDLESS: Final = {
    "loop": "for (;;);",
    "do": "do {} while (true);",
    "try": "for (;;) { try { for (;;); } catch { continue; } finally { continue; } }",
    "throwing": "for (;;) { try { throw 1; } catch {} }",
    "finally": "while (true) try { return 1; } finally { continue; }",
    "label": "a: for (;;) b: for (;;) continue a;",
    "generator": "for (const x of (function* () { for (;;) yield 1; })());",
    "return of a generator": "const next = () => ({ value: 1 }), stop = { next, return() { for (;;); } };"
    " for (const x of { [Symbol.iterator]: () => stop }) break;",
    "spread of a generator": "return Math.max(...(function* () { for (;;) yield; })()) ;",
    "destructuring": "const [...all] = { *[Symbol.iterator]() { for (;;) yield; } };",
    "valueOf": "return +{ valueOf() { for (;;); } };",
    "toPrimitive": "return `${{ [Symbol.toPrimitive]() { for (;;); } }}`;",
    "hasInstance": "return 1 instanceof { [Symbol.hasInstance]() { for (;;); } };",
    "sort": "[3, 2, 1].sort(() => { for (;;); });",
    "sort without sense": "Array.from({ length: 1e6 }, (_, i) => i).sort(() => Math.random() - 0.5);",
    "replace": "'aaa'.replace(/a/g, () => { for (;;); });",
    "reviver": "JSON.parse('[1]', () => { for (;;); });",
    "replacer": "JSON.stringify([1], () => { for (;;); });",
    "defineProperty": "Object.defineProperty({}, 'x', { get value() { for (;;); } });",
    "getter": "const o = { get x() { for (;;); } }; return o.x;",
    "setter": "const o = { set x(v) { for (;;); } }; o.x = 1;",
    "super": "class A { get x() { for (;;); } } return new (class extends A { get x() { return super.x; } })().x;",
    "static block": "class A { static { for (;;); } }",
    "class field": "class A { x = (() => { for (;;); })(); } new A();",
    "computed name": "class A { [(() => { for (;;); })()]() {} }",
    "default argument": "(function (x = (() => { for (;;); })()) {})();",
    "tagged template": "(function tag() { for (;;); })`x`;",
    "eval": "eval('for (;;);');",
    "Function": "new Function('for (;;);')();",
    "Functions": "for (;;) new Function('return ' + Math.random())();",
    "indirect": "(0, eval)('for (;;);');",
    "Reflect": "Reflect.construct(function () { for (;;); }, []);",
    "bind": "Function.prototype.call.bind(Function.prototype.call)(() => { for (;;); });",
    "timeless": "const end = Date.now() + 1e9; while (Date.now() < end);",
    "Date.now": "for (;;) Date.now();",
    "new Date": "for (;;) new Date().toLocaleString('de-DE');",
    "Math.random": "for (;;) Math.random();",
    "console": "for (;;) console.log('x', { a: [1, 2, 3] });",
    "fetch": "for (;;) fetch('http://x/');",
    "HTTP refused": "for (;;) HTTP(Symbol(), null);",
    "Store": "for (let i = 0; ; i++) Store.set('k', i);",
    "errors": "for (;;) new Error('x').stack;",
    "Symbol.for": "for (;;) Symbol.for('x' + Math.random());",
    "structured": "for (;;) JSON.parse(JSON.stringify({ a: [1, 2, { b: 'c' }] }));",
    "finalizers": "const r = new FinalizationRegistry(() => { for (;;); }); for (;;) r.register({}, 1);",
}
"""Endless in a method."""

PROXY: Final = {
    "get": "return new Proxy({}, { get() { for (;;); } }).x;",
    "has": "return 'x' in new Proxy({}, { has() { for (;;); } });",
    "ownKeys": "return Object.keys(new Proxy({}, { ownKeys() { for (;;); } }));",
    "apply": "return new Proxy(() => 1, { apply() { for (;;); } })();",
    "construct": "return new (new Proxy(class {}, { construct() { for (;;); } }))();",
    "getPrototypeOf": "return Object.getPrototypeOf(new Proxy({}, { getPrototypeOf() { for (;;); } }));",
    "chain": "let p = {}; for (let i = 0; i < 100; i++) p = new Proxy(p, {}); for (;;) p.x;",
    "logged": "console.log(new Proxy({}, { ownKeys() { for (;;); } }));",
    "spread": "return { ...new Proxy({ a: 1 }, { getOwnPropertyDescriptor() { for (;;); } }) };",
}

NATIVE: Final = {
    "indexOf": "return [].indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    "includes": "return [].includes.call({ length: 2 ** 53 - 1 }, 1);",
    "lastIndexOf": "return [].lastIndexOf.call({ length: 2 ** 53 - 1 }, 1);",
    "find": "return [].find.call({ length: 2 ** 53 - 1 }, () => false);",
    "fill": "return [].fill.call({ length: 2 ** 53 - 1, set 0(v) {} }, undefined, 2 ** 40);",
    "join": "const a = []; a.length = 2 ** 32 - 1; return a.join();",
    "toString": "const a = []; a.length = 2 ** 32 - 1; return String(a);",
    "reverse": "const a = []; a.length = 2 ** 32 - 1; return a.reverse();",
    "sort": "const a = [1]; a.length = 2 ** 32 - 1; return a.sort();",
    "concat": "const a = []; a.length = 2 ** 32 - 1; return a.concat(a);",
    "flat": "const a = []; a.length = 2 ** 32 - 1; return a.flat(Infinity);",
    "copyWithin": "return [].copyWithin.call({ length: 2 ** 53 - 1 }, 0, 5);",
    "unshift": "return [].unshift.call({ length: 2 ** 52 }, 1);",
    "splice": "return [].splice.call({ length: 2 ** 52 }, 0, 1);",
    "a sparse result": "const a = []; a.length = 2 ** 32 - 1; return a;",
    "BigInt": "let x = 3n; for (;;) x = x * x;",
    "BigInt division": "const x = 7n ** 60000n; for (;;) (x ** 5n) % (x - 1n);",
    "BigInt digits": "for (;;) (2n ** 500000n).toString();",
    "BigInt parsed": "for (;;) BigInt('9'.repeat(100000));",
    "normalize": "for (;;) 'ﷺ'.repeat(2 ** 12).normalize('NFKD');",
    "split": "for (;;) 'a'.repeat(1e6).split('');",
    "encodeURIComponent": "for (;;) encodeURIComponent('é'.repeat(1e5));",
    "Date.parse": "for (;;) Date.parse('2020-01-01');",
    "typed sort": "for (;;) new Float64Array(1e5).map(Math.random).sort();",
}

REGEXPS: Final = {
    "nested plus": "return /^(a+)+$/.test('a'.repeat(50) + '!');",
    "alternatives": "return /^(a|a)*$/.test('a'.repeat(50) + '!');",
    "two runs": "return /(x+x+)+y/.test('x'.repeat(40));",
    "stars": "return /(.*)*(.*)*(.*)*z/.test('a'.repeat(200));",
    "words": "return /\\b(\\w+\\s*)+$/u.test('word '.repeat(30) + '!');",
    "lookahead": "return /(?=(a+))*b/.test('a'.repeat(5000));",
    "lookbehind": "for (;;) /(?<=(a|b|ab)*c)d/.test('ab'.repeat(50000) + 'd');",
    "backreference": "return /^(a*)*\\1$/.test('a'.repeat(40) + '!');",
    "mail": "return /^([a-z0-9])(([\\-.]|[_]+)?([a-z0-9]+))*(@){1}[a-z0-9]+[.]([a-z]+)$/.test('a'.repeat(60));",
    "counted": "return /^(a{1,100}){1,100}$/.test('a'.repeat(300) + '!');",
    "replace": "return 'a'.repeat(60).replace(/(a+)+b/g, '');",
    "split": "return ('a'.repeat(40) + 'b!').split(/(a+)+$/);",
    "matchAll": "return [...('x'.repeat(40)).matchAll(/(x+x+)+y/g)];",
    "made inside": "return new RegExp('^(' + 'a?'.repeat(40) + ')*$').test('a'.repeat(40) + '!');",
}

MICROTASKS: Final = {
    "promise chain": "const f = () => Promise.resolve().then(f); return f();",
    "async recursion": "const f = async () => { await null; return f(); }; return f();",
    "await loop": "return (async () => { for (;;) await null; })();",
    "queueMicrotask": "const f = () => queueMicrotask(f); f();",
    "queue flood": "for (;;) queueMicrotask(() => {});",
    "two that call each other": "const a = () => queueMicrotask(b), b = () => queueMicrotask(a); a(); return 1;",
    "thenable of thenables": "return { then(r) { r({ then(r) { r(this); } }); } };",
    "then": "return { then() { for (;;); } };",
    "get then": "return { get then() { for (;;); } };",
    "rejections": "const f = () => Promise.reject(1).catch(f); return f();",
    "async iteration": "const g = async function* () { for (;;) yield 1; };"
    " return (async () => { for await (const x of g()); })();",
    "all of an endless list": "return Promise.all((function* () { for (;;) yield 1; })());",
}

TOLD: Final = {
    "toJSON": "return { toJSON() { for (;;); } };",
    "toJSON of a prototype": "Object.prototype.toJSON = () => { for (;;); }; return {};",
    "getter": "return { get a() { for (;;); } };",
    "proxy": "return new Proxy({}, { ownKeys() { for (;;); } });",
    "thrown name": "throw { get name() { for (;;); } };",
    "thrown message": "throw { get message() { for (;;); } };",
    "thrown stack": "throw Object.defineProperty(new Error('x'), 'stack', { get() { for (;;); } });",
    "thrown proxy": "throw new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor() { for (;;); } });",
    "prepareStackTrace": "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x');",
    "tag": "throw { get [Symbol.toStringTag]() { for (;;); } };",
}
"""Endless when the result is told."""

BEFORE: Final = {
    "top level": script(f"{INCOMING}() {{}}", ahead="for (;;);"),
    "constructor": script(f"constructor() {{ for (;;); }} {INCOMING}() {{}}"),
    "static block": script(f"static {{ for (;;); }} {INCOMING}() {{}}"),
    "field": script(f"x = (() => {{ for (;;); }})(); {INCOMING}() {{}}"),
    "method's name": script("[(() => { for (;;); })()]() {}"),
    "getter for the method": script(f"get {INCOMING}() {{ for (;;); }}"),
    "jobs": script(f"{INCOMING}() {{}}", ahead="const f = () => queueMicrotask(f); f();"),
    "Script is a proxy": "var Script = new Proxy(class {}, { construct() { for (;;); } });",
    "Script is a getter": "Object.defineProperty(globalThis, 'Script', { get() { for (;;); } });",
    "thrown": "throw { get message() { for (;;); } };",
    "regular expression": script(f"{INCOMING}() {{}}", ahead="/^(a+)+$/.test('a'.repeat(50) + '!');"),
}
"""Endless before there is a method to call."""
