"""``s``, ``Store``, and dates and numbers as text."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from tests.node import node
from tests.scripting.loaded import value_of


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("truncate('Hello world', 5)", "Hello..."),
        ("truncate('Hello', 5)", "Hello"),
        ("truncate('Hello world', 5, '…')", "Hello…"),
        ("truncate('abc', '2')", "ab..."),
        ("truncate(null, 3)", ""),
        ("trim('  a b ')", "a b"),
        ("trim('--a-b--', '-')", "a-b"),
        ("trim('^]a]^', '^]')", "a"),
        ("trim('xxaxx', /x/)", "a"),
        ("trim(undefined)", ""),
        ("trim(5)", "5"),
        ("ltrim('--a--', '-')", "a--"),
        ("ltrim('  a ')", "a "),
        ("rtrim('--a--', '-')", "--a"),
        ("rtrim(' a  ')", " a"),
        ("capitalize('foo Bar')", "Foo Bar"),
        ("capitalize('FOO Bar', true)", "Foo bar"),
        ("capitalize('')", ""),
        ("stripTags('<p>Hi <b class=\"x\">you</b></p>')", "Hi you"),
        ("stripTags('1 < 2')", "1 < 2"),
        ("strLeft('a-b-c', '-')", "a"),
        ("strLeft('abc', '-')", "abc"),
        ("strLeft('abc', '')", "abc"),
        ("strRight('a-b-c', '-')", "b-c"),
        ("strRight('abc', '')", "abc"),
        ("strRightBack('a-b-c', '-')", "c"),
        ("strRightBack('abc', '-')", "abc"),
        ("numberFormat(1234567.891, 2)", "1,234,567.89"),
        ("numberFormat(1234567.891, 2, ',', '.')", "1.234.567,89"),
        ("numberFormat(1234.5)", "1,235"),
        ("numberFormat(-1234.5, 1)", "-1,234.5"),
        ("numberFormat(1234, 2, '.', '')", "1234.00"),
        ("numberFormat(NaN, 2)", ""),
        ("numberFormat(null, 2)", ""),
        ("pad('1', 8)", "       1"),
        ("pad('1', 8, '0')", "00000001"),
        ("pad('1', 8, 'xy', 'right')", "1xxxxxxx"),
        ("pad('1', 8, '0', 'both')", "00001000"),
        ("pad('12345', 3)", "12345"),
        ("lrpad('1', 8, '0')", "00001000"),
        ("lrpad('ab', 5)", "  ab "),
    ],
)
def test_strings_are_those_of_underscore_string(call: str, text: str) -> None:
    assert value_of(f"s.{call}") == text


def test_the_store() -> None:
    steps = """[
      Store.set('a', 1), Store.get('a'), Store.get('b'), Store.has('a'), Store.has('toString'),
      Store.get('__proto__'), Store.set('__proto__', 2), Store.get('__proto__'), Store.keys(),
      Store.delete('a'), Store.delete('a'), Store.get('a'), Store.clear(), Store.keys()]"""
    kept = [1, 1, None, True, False, None, 2, 2, ["a", "__proto__"], True, False, None, None, []]
    assert value_of(steps) == kept


def test_other_globals() -> None:
    assert value_of("[global === globalThis, atob(btoa('a')), typeof performance.now()]") == [
        True,
        "a",
        "number",
    ]
    missing = ["setTimeout", "require", "Buffer", "URL", "Intl", "TextEncoder", "structuredClone"]
    assert value_of(f"{missing}.map((name) => typeof globalThis[name])") == ["undefined"] * len(missing)


LOCALES = ["en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "pt-BR", "it-IT", "nl-NL", "ru-RU", "ja-JP"]
MOMENTS = [1709622489045, 1704067199999, 1726401600000, 1609632005000, 0]

DATE_OPTIONS: list[dict[str, Any]] = [
    *({"year": "numeric", "month": month, "day": "numeric"} for month in ("numeric", "short", "long")),
    *({"month": month, "day": "numeric"} for month in ("numeric", "short", "long")),
    *({"year": "numeric", "month": month} for month in ("numeric", "short", "long")),
    {"year": "numeric", "month": "2-digit", "day": "2-digit"},
    {"year": "2-digit", "month": "numeric", "day": "numeric"},
    {"year": "numeric", "month": "long", "day": "2-digit"},
    *({"weekday": day, "year": "numeric", "month": "long", "day": "numeric"} for day in ("short", "long")),
    *({"weekday": day, "year": "numeric", "month": "numeric", "day": "numeric"} for day in ("short", "long")),
    *({"weekday": day, "month": "short", "day": "numeric"} for day in ("short", "long")),
    *({name: style} for name in ("month", "weekday") for style in ("short", "long")),
    *({name: "numeric"} for name in ("year", "month", "day", "minute", "second")),
    *({"dateStyle": style} for style in ("full", "long", "medium", "short")),
    *({"timeStyle": style} for style in ("long", "medium", "short")),
    *({"dateStyle": style, "timeStyle": "short"} for style in ("full", "long", "medium", "short")),
    {"hour": "numeric", "minute": "numeric", "second": "numeric"},
    {"hour": "numeric", "minute": "numeric"},
    {"hour": "numeric", "minute": "2-digit"},
    {"hour": "2-digit", "minute": "2-digit"},
    {"hour": "2-digit", "minute": "2-digit", "hour12": False},
    {"hour": "numeric", "minute": "2-digit", "hour12": True},
    {"hour": "numeric"},
    {"minute": "numeric", "second": "numeric"},
    {"hour": "numeric", "minute": "numeric", "second": "numeric", "timeZoneName": "short"},
    {"hour": "numeric", "minute": "numeric", "second": "numeric", "fractionalSecondDigits": 3},
    *(
        {"year": "numeric", "month": month, "day": "numeric", "hour": "numeric", "minute": "numeric"}
        for month in ("numeric", "short", "long")
    ),
]
WHOLE_OPTIONS: list[dict[str, Any]] = [{}, {"hour12": False}, {"hour12": True}, {"hourCycle": "h23"}]

NUMBERS = """[0, -0, 1, 1234, 12345.678, -1234.5, 0.0005, 1.0005, 999.9995, NaN, Infinity, -Infinity, 1e21, 1e-7,
  0.1 + 0.2, -0.4]"""
NUMBER_OPTIONS: list[dict[str, Any]] = [
    {},
    {"useGrouping": False},
    {"maximumFractionDigits": 0},
    {"maximumFractionDigits": 2},
    {"minimumFractionDigits": 2},
    {"minimumFractionDigits": 5},
    {"minimumIntegerDigits": 2},
    {"style": "percent"},
    {"style": "percent", "maximumFractionDigits": 1},
    *({"style": "currency", "currency": code} for code in ("USD", "EUR", "GBP", "JPY", "BRL")),
]

SHOWN = f"""(() => {{
  const shown = {{}};
  for (const locale of {LOCALES}) {{
    for (const at of {MOMENTS}) {{
      const date = new Date(at);
      const show = (name, options) => {{
        // What Node says of noon and midnight differs from version to version.
        if (options.hour12 !== undefined && date.getUTCHours() % 12 === 0) return;
        const key = [locale, at, name, JSON.stringify(options)].join(' ');
        shown[key] = date[name](locale, {{ ...options, timeZone: 'UTC' }});
      }};
      for (const options of {json.dumps(DATE_OPTIONS)}) show('toLocaleString', options);
      for (const options of {json.dumps(WHOLE_OPTIONS)}) {{
        show('toLocaleString', options);
        show('toLocaleDateString', options);
        show('toLocaleTimeString', options);
      }}
    }}
    for (const number of {NUMBERS}) {{
      for (const options of {json.dumps(NUMBER_OPTIONS)}) {{
        shown[[locale, number, JSON.stringify(options)].join(' ')] = number.toLocaleString(locale, options);
      }}
    }}
  }}
  const date = new Date({MOMENTS[0]});
  shown.plain = [String(date), `${{date}}`, date + '', date.toTimeString(), date.toDateString(),
    date.toLocaleString(), date.toLocaleDateString(), date.toLocaleTimeString(),
    String(new Date(NaN)), new Date(NaN).toLocaleString(),
    date.toLocaleString('en'), date.toLocaleString('de'), date.toLocaleString('xx'),
    date.toLocaleString(['fr-FR', 'de-DE']),
    date.toLocaleString(undefined, {{ month: 'long' }}), (1234.5).toLocaleString(), (5).toLocaleString(undefined)];
  return shown;
}})()"""


def test_dates_and_numbers_look_as_in_node() -> None:
    program = f"process.stdout.write(JSON.stringify([process.versions.cldr, {SHOWN}]))"
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "en_US.UTF-8"}
    said = subprocess.run(
        [node(), "-e", program], check=True, capture_output=True, env=environment, timeout=60
    )
    cldr, expected = json.loads(said.stdout)
    if not cldr.startswith("48."):
        pytest.skip(f"compares with a Node whose dates and numbers are of CLDR 48; this one's are of {cldr}")
    shown = value_of(SHOWN)
    assert len(expected) > 3000
    assert {name: (shown[name], text) for name, text in expected.items() if shown[name] != text} == {}


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("new Date().toLocaleString('en-US', { timeZone: 'Europe/Berlin' })", "RangeError"),
        ("new Date().toLocaleString('not a locale')", "RangeError"),
        ("(1).toLocaleString('de', { maximumFractionDigits: -1 })", "RangeError"),
        ("(1).toLocaleString('de', { style: 'currency' })", "TypeError"),
        ("Date.prototype.toString.call({})", "TypeError"),
        ("Date.prototype.toLocaleString.call({})", "TypeError"),
        ("Number.prototype.toLocaleString.call('1')", "TypeError"),
    ],
)
def test_what_cannot_be_shown_is_an_error(call: str, error: str) -> None:
    assert value_of(f"(() => {{ try {{ return {call}; }} catch (e) {{ return e.name; }} }})()") == error


@pytest.mark.parametrize(
    ("locale", "options", "text"),
    [
        ("en-US", {"hour12": True}, "12:00:00 AM"),
        ("en-US", {"hour12": False}, "00:00:00"),
        ("en-GB", {"hour12": True}, "12:00:00 am"),
        ("de-DE", {"hour": "2-digit", "minute": "2-digit", "hour12": False}, "00:00"),
        ("ja-JP", {"hour12": True}, "午前0:00:00"),
    ],
)
def test_midnight(locale: str, options: dict[str, Any], text: str) -> None:
    assert value_of(f"new Date(0).toLocaleTimeString('{locale}', {json.dumps(options)})") == text
