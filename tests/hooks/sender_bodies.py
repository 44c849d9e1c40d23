"""What real senders write onto the wire: headers and bodies as their libraries make them.

Shapes are taken from the documentation of the services and from what the libraries send; names, keys and addresses
are made up.
"""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import brotli  # type: ignore[import-untyped]
import zstandard

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
UNREADABLE: Final = "The request body cannot be read"

HELLO: Final = {"text": "Disk größer: 95 % & rising ✓"}
SAID: Final = HELLO["text"]
COMPACT: Final = json.dumps(HELLO, separators=(",", ":"), ensure_ascii=False)
ESCAPED: Final = json.dumps(HELLO)
WESTERN: Final = {"text": "Disk größer: 95 %"}


class Sent(NamedTuple):
    """One call: who sends it, with which headers and body, and the beginning of what the room or the sender sees.

    ``refused`` is a part of the error. ``query`` makes it a GET.
    """

    sender: str
    headers: tuple[str, ...]
    body: bytes = b""
    shown: str | None = None
    refused: str | None = None
    status: int = 400
    query: str | None = None


def typed(content_type: str, *more: str) -> tuple[str, ...]:
    """Headers."""
    return (f"Content-Type: {content_type}", *more)


def multipart(*parts: tuple[str, bytes], boundary: str = "----x7d3") -> bytes:
    """A multipart body: headers and content of each part."""
    lines = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts]
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


def field(name: str) -> str:
    """The head of a field's part."""
    return f'Content-Disposition: form-data; name="{name}"'


def event(**fields: Any) -> bytes:
    """A service's own JSON, which has no text."""
    return json.dumps(fields).encode()


PARTS: Final = "multipart/form-data; boundary=----x7d3"
PARTS_QUOTED: Final = 'multipart/form-data; charset=UTF-8; boundary="----x7d3"'
CURL: Final = ("User-Agent: curl/8.5.0", "Accept: */*")
PS5: Final = "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041"
SLACK_MESSAGE: Final = {
    "channel": "",
    "username": "ci",
    "icon_emoji": ":package:",
    "text": "Build <https://ci.example/5|#5> of web &amp; api",
}
SLACK_SHOWN: Final = "Build [#5](https://ci.example/5) of web & api"
XML: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n<alert host="web-1">down</alert>'

TEXTS: Final = [
    # curl
    Sent("curl -d json", typed(FORM, *CURL), ESCAPED.encode(), SAID),
    Sent("curl -H json -d", typed(JSON, *CURL), COMPACT.encode(), SAID),
    Sent("curl --json", typed(JSON, "Accept: application/json"), COMPACT.encode(), SAID),
    Sent("curl -d payload=", typed(FORM, *CURL), b"payload=" + COMPACT.encode(), SAID),
    Sent("curl --data-urlencode payload", typed(FORM, *CURL), f"payload={quote(COMPACT)}".encode(), SAID),
    Sent("curl --data-urlencode whole", typed(FORM, *CURL), quote(COMPACT, safe="").encode(), SAID),
    Sent("curl --data-urlencode text", typed(FORM, *CURL), f"text={quote(SAID)}".encode(), SAID),
    Sent("curl -d text= raw", typed(FORM, *CURL), b"text=backup done", "backup done"),
    Sent("curl -d plain words", typed(FORM, *CURL), b"backup done", "backup done"),
    Sent("curl -d a=b", typed(FORM, *CURL), b"load=5 on web-1", '```\n{\n "load": "5 on web-1"'),
    Sent("curl --data-binary @file with newline", typed(FORM, *CURL), ESCAPED.encode() + b"\n", SAID),
    Sent("curl -F payload", typed(PARTS, *CURL), multipart((field("payload"), COMPACT.encode())), SAID),
    Sent(
        "curl -F payload=@file",
        typed(PARTS, *CURL),
        multipart(
            (
                f'{field("payload")}; filename="a.json"\r\nContent-Type: application/octet-stream',
                COMPACT.encode(),
            )
        ),
        SAID,
    ),
    Sent("curl -F text", typed(PARTS), multipart((field("text"), SAID.encode())), SAID),
    Sent("curl -H 'Content-Type;'", ("Content-Type:",), COMPACT.encode(), SAID),
    Sent("curl -H Content-Type:", (), COMPACT.encode(), SAID),
    Sent("curl -d an xml file", typed(FORM), XML, refused="needs a script"),
    Sent("curl -G", (), query=f"text={quote(SAID)}", shown=SAID),
    Sent("a link in a browser", (), query="text=a+b%26c&username=Door", shown="a b&c"),
    Sent("a link with payload", (), query=f"payload={quote(COMPACT)}", shown=SAID),
    # Libraries
    Sent("python requests json=", typed(JSON, "Accept-Encoding: gzip, deflate"), ESCAPED.encode(), SAID),
    Sent("python requests data=dict", typed(FORM), urlencode({"payload": ESCAPED}).encode(), SAID),
    Sent("python requests data=str", (), ESCAPED.encode(), SAID),
    Sent("python urllib", typed(FORM), ESCAPED.encode(), SAID),
    Sent("go http.Post", typed(JSON, "User-Agent: Go-http-client/1.1"), COMPACT.encode() + b"\n", SAID),
    Sent("go html escapes", typed(JSON), b'{"text":"a \\u003cb\\u003e \\u0026 c"}', "a <b> & c"),
    Sent("node fetch json", typed(JSON, "Accept-Language: *"), COMPACT.encode(), SAID),
    Sent("node fetch string", typed("text/plain;charset=UTF-8"), COMPACT.encode(), SAID),
    Sent("node axios", typed("application/json;charset=utf-8"), COMPACT.encode(), SAID),
    Sent("axios form", typed(f"{FORM};charset=utf-8"), f"payload={quote(COMPACT)}".encode(), SAID),
    Sent("fetch URLSearchParams", typed(f"{FORM};charset=UTF-8"), urlencode(HELLO).encode(), SAID),
    Sent(
        "browser sendBeacon",
        typed("text/plain;charset=UTF-8", "Origin: https://a.example"),
        COMPACT.encode(),
        SAID,
    ),
    Sent(
        "browser form",
        typed("multipart/form-data; boundary=----x7d3"),
        multipart(
            (field("text"), SAID.encode()),
            (f'{field("file")}; filename=""\r\nContent-Type: application/octet-stream', b""),
        ),
        SAID,
    ),
    Sent("browser form text/plain", typed("text/plain"), b"text=hello there\r\n", "text=hello there"),
    Sent(
        "jquery $.post",
        typed(f"{FORM}; charset=UTF-8", "X-Requested-With: XMLHttpRequest"),
        b"text=a+b",
        "a b",
    ),
    Sent("java HttpClient", (), COMPACT.encode(), SAID),
    Sent("java okhttp", typed("application/json; charset=utf-8"), COMPACT.encode(), SAID),
    Sent("java spring latin-1", typed("text/plain;charset=ISO-8859-1"), "größer".encode("latin-1"), "größer"),
    Sent(
        "java spring multipart",
        typed(PARTS),
        multipart(
            (
                f"{field('payload')}\r\nContent-Type: application/json\r\nContent-Transfer-Encoding: 8bit",
                COMPACT.encode(),
            )
        ),
        SAID,
    ),
    Sent("php curl array", typed(PARTS_QUOTED), multipart((field("payload"), ESCAPED.encode())), SAID),
    Sent("php http_build_query", typed(FORM), urlencode({"payload": ESCAPED}).encode(), SAID),
    Sent("php json_encode", typed("application/json"), ESCAPED.replace("/", "\\/").encode(), SAID),
    Sent("ruby Net::HTTP", typed(FORM, "User-Agent: Ruby"), ESCAPED.encode(), SAID),
    Sent("perl LWP", typed(FORM), f"payload={quote(ESCAPED)}".encode(), SAID),
    Sent("c# StringContent", typed("application/json; charset=utf-8"), COMPACT.encode(), SAID),
    Sent(
        "c# with a mark", typed("application/json; charset=utf-8"), b"\xef\xbb\xbf" + COMPACT.encode(), SAID
    ),
    Sent("rust reqwest", typed(JSON, "Accept: */*"), COMPACT.encode(), SAID),
    Sent("vba", typed("text/json"), ESCAPED.encode(), SAID),
    Sent(
        "cloudevents sdk, with text",
        typed("application/cloudevents+json; charset=UTF-8"),
        ESCAPED.encode(),
        SAID,
    ),
    Sent("one line of ndjson", typed("application/x-ndjson"), ESCAPED.encode() + b"\n", SAID),
    # PowerShell
    Sent("powershell 7", typed(JSON, "User-Agent: PowerShell/7.4"), COMPACT.encode(), SAID),
    Sent("powershell 7 no type", (), COMPACT.encode(), SAID),
    Sent(
        "powershell 5 latin-1",
        typed(JSON, PS5),
        json.dumps(WESTERN, ensure_ascii=False).encode("latin-1"),
        "Disk größer",
    ),
    Sent(
        "powershell 5 no type",
        typed(FORM, PS5),
        json.dumps(WESTERN, ensure_ascii=False).encode("latin-1"),
        "Disk größer",
    ),
    Sent("powershell 5 utf-8", typed("application/json; charset=utf-8", PS5), COMPACT.encode(), SAID),
    Sent("powershell 5 utf-16 bytes", typed(JSON, PS5), COMPACT.encode("utf-16-le"), SAID),
    Sent("powershell -InFile utf-16", typed(JSON, PS5), b"\xff\xfe" + COMPACT.encode("utf-16-le"), SAID),
    Sent(
        "powershell utf-16 declared",
        typed("application/json; charset=utf-16", PS5),
        COMPACT.encode("utf-16-le"),
        SAID,
    ),
    Sent("powershell hashtable", typed(FORM, PS5), b"text=Disk+gr%C3%B6%C3%9Fer&username=ps", "Disk größer"),
    Sent("cmd echo", typed(JSON), b'\'{"text":"x"}\'', refused="JSON is malformed"),
    # What packs its bodies
    Sent("gzip", typed(JSON, "Content-Encoding: gzip"), gzip.compress(COMPACT.encode()), SAID),
    Sent("x-gzip form", typed(FORM, "Content-Encoding: x-gzip"), gzip.compress(b"text=packed"), "packed"),
    Sent("deflate", typed(JSON, "Content-Encoding: deflate"), zlib.compress(COMPACT.encode()), SAID),
    Sent(
        "raw deflate", typed(JSON, "Content-Encoding: deflate"), zlib.compress(COMPACT.encode())[2:-4], SAID
    ),
    Sent("br", typed(JSON, "Content-Encoding: br"), brotli.compress(COMPACT.encode()), SAID),
    Sent("zstd", typed(JSON, "Content-Encoding: ZSTD"), zstandard.compress(COMPACT.encode()), SAID),
    Sent(
        "two",
        typed(JSON, "Content-Encoding: gzip", "Content-Encoding: br"),
        brotli.compress(gzip.compress(COMPACT.encode())),
        SAID,
    ),
    Sent("identity", typed(JSON, "Content-Encoding: identity"), COMPACT.encode(), SAID),
    Sent("a charset there", typed(JSON, "Content-Encoding: utf-8"), COMPACT.encode(), SAID),
    Sent(
        "cut off",
        typed(JSON, "Content-Encoding: gzip"),
        gzip.compress(COMPACT.encode())[:-9],
        refused="ends too early",
    ),
    Sent("not packed", typed(JSON, "Content-Encoding: gzip"), COMPACT.encode(), refused="it is not gzip"),
    Sent("not said", typed(JSON), gzip.compress(COMPACT.encode()), refused="packed with gzip"),
    Sent(
        "a bomb",
        typed(JSON, "Content-Encoding: gzip"),
        gzip.compress(b" " * 5_000_000),
        refused="over the limit",
        status=413,
    ),
    Sent(
        "compress",
        typed(JSON, "Content-Encoding: compress"),
        b"\x1f\x9d",
        refused="gzip, deflate, br, zstd",
        status=415,
    ),
]

SERVICES: Final = [
    Sent("slack webhook", typed(JSON), json.dumps(SLACK_MESSAGE).encode(), SLACK_SHOWN),
    Sent("slack form", typed(FORM), urlencode({"payload": json.dumps(SLACK_MESSAGE)}).encode(), SLACK_SHOWN),
    Sent(
        "slack github action",
        typed(JSON),
        event(
            text="fallback",
            blocks=[
                {"type": "section", "text": {"type": "mrkdwn", "text": "<https://a.example|Run> *failed*"}}
            ],
        ),
        "[Run](https://a.example) *failed*",
    ),
    Sent("slack slash command", typed(FORM), b"token=x&command=%2Fweather&text=94070&user_name=ann", "94070"),
    Sent(
        "jenkins slack plugin",
        typed(FORM),
        urlencode(
            {
                "payload": json.dumps(
                    {
                        "attachments": [
                            {"fallback": "web #5", "color": "danger", "fields": [{"title": "", "value": "x"}]}
                        ]
                    }
                )
            }
        ).encode(),
        refused="title and value",
    ),
    Sent(
        "jenkins notification",
        typed("application/json;charset=UTF-8", "Accept: text/html, image/gif"),
        event(name="web", url="job/web/", build={"number": 5, "phase": "COMPLETED", "status": "FAILURE"}),
        '```\n{\n "name": "web"',
    ),
    Sent(
        "github json",
        typed(JSON, "X-GitHub-Event: ping"),
        event(zen="Keep it logically awesome.", hook_id=1),
        '```\n{\n "zen"',
    ),
    Sent(
        "github form",
        typed(FORM, "X-GitHub-Event: issues"),
        urlencode({"payload": json.dumps({"action": "opened", "issue": {"number": 1}})}).encode(),
        "*action*: opened",
    ),
    Sent(
        "gitlab",
        typed(JSON, "X-Gitlab-Event: Push Hook"),
        event(object_kind="push", ref="refs/heads/main"),
        "*object_kind*: push",
    ),
    Sent("bitbucket", typed(JSON, "X-Event-Key: repo:push"), event(push={"changes": []}), '```\n{\n "push"'),
    Sent(
        "alertmanager",
        typed(JSON, "User-Agent: Alertmanager/0.27.0"),
        event(version="4", status="firing", alerts=[]),
        "*status*: firing",
    ),
    Sent(
        "grafana",
        typed(JSON, "User-Agent: Grafana"),
        event(receiver="x", status="firing", title="[FIRING:1]", message="**Firing**"),
        "*title*: [FIRING:1]\n*message*: **Firing**",
    ),
    Sent(
        "zabbix",
        typed(JSON, "User-Agent: Zabbix 7.0"),
        b'{"text":"Problem: \\"disk\\" on web-1","channel":""}',
        'Problem: "disk" on web-1',
    ),
    Sent(
        "zabbix, a raw line break", typed(JSON), b'{"text":"Problem\non web-1"}', refused="JSON is malformed"
    ),
    Sent(
        "nagios curl",
        typed(FORM),
        b'payload={"text": "PROBLEM: web-1 is DOWN; 100% loss", "username": "nagios"}',
        "PROBLEM: web-1 is DOWN; 100% loss",
    ),
    Sent("icinga without quotes", typed(FORM), b"payload={text: down}", refused="JSON is malformed"),
    Sent(
        "prtg",
        typed(FORM, "User-Agent: Mozilla/5.0 (compatible; PRTG Network Monitor)"),
        b"text=Ping%20on%20web-1%20is%20Down&channel=",
        "Ping on web-1 is Down",
    ),
    Sent(
        "aws sns",
        typed("text/plain; charset=UTF-8", "x-amz-sns-message-type: Notification"),
        event(Type="Notification", Subject="ALARM", Message="CPU"),
        '```\n{\n "Type": "Notification"',
    ),
    Sent(
        "aws eventbridge",
        typed("application/json; charset=utf-8"),
        event(source="aws.ec2", detail={"state": "stopped"}),
        '```\n{\n "source"',
    ),
    Sent(
        "azure monitor",
        typed("application/json; charset=utf-8"),
        event(schemaId="azureMonitorCommonAlertSchema", data={}),
        '```\n{\n "schemaId"',
    ),
    Sent(
        "azure event grid",
        typed("application/json; charset=utf-8", "aeg-event-type: Notification"),
        b'[{"id":"1","subject":"x"}]',
        refused="must be a JSON object",
    ),
    Sent(
        "cloudevents",
        typed("application/cloudevents+json"),
        event(specversion="1.0", type="x.y", source="/z", id="1"),
        '```\n{\n "specversion"',
    ),
    Sent(
        "cloudevents batch",
        typed("application/cloudevents-batch+json"),
        b'[{"specversion":"1.0"}]',
        refused="must be a JSON object",
    ),
    Sent(
        "splunk", typed(JSON), event(sid="s", search_name="errors", result={"count": "5"}), '```\n{\n "sid"'
    ),
    Sent(
        "datadog",
        typed(JSON, "Content-Encoding: identity"),
        event(title="[Triggered] CPU", last_updated="1"),
        "*title*: [Triggered] CPU",
    ),
    Sent(
        "sentry",
        typed(JSON, "Sentry-Hook-Resource: issue"),
        event(action="created", data={"issue": {}}),
        "*action*: created",
    ),
    Sent(
        "pagerduty",
        typed("application/json; charset=utf-8"),
        event(event={"event_type": "incident.triggered"}),
        '```\n{\n "event"',
    ),
    Sent("statuspage", typed(JSON), event(page={"id": "x"}, incident={"name": "Down"}), '```\n{\n "page"'),
    Sent(
        "docker hub",
        typed(JSON),
        event(callback_url="https://r.example", push_data={"tag": "latest"}),
        '```\n{\n "callback_url"',
    ),
    Sent(
        "stripe",
        typed("application/json; charset=utf-8", "Stripe-Signature: t=1,v1=00"),
        event(id="evt_1", object="event", type="charge.failed"),
        '```\n{\n "id": "evt_1"',
    ),
    Sent(
        "shopify",
        typed(JSON, "X-Shopify-Topic: orders/create"),
        event(id=1, email="a@b.example"),
        '```\n{\n "id": 1',
    ),
    Sent(
        "twilio",
        typed(f"{FORM}; charset=utf-8"),
        b"MessageSid=SM1&From=%2B15550100&Body=STOP",
        '```\n{\n "MessageSid"',
    ),
    Sent("trello", typed(JSON), event(action={"type": "updateCard"}, model={}), '```\n{\n "action"'),
    Sent(
        "mailgun",
        typed(PARTS),
        multipart((field("subject"), b"Hi"), (field("body-plain"), SAID.encode())),
        "*subject*: Hi\n```",
    ),
    Sent(
        "sendgrid parse",
        typed("multipart/form-data; boundary=xYzZY"),
        multipart(
            (field("text"), "größer".encode("latin-1")),
            (field("charsets"), b'{"text":"iso-8859-1"}'),
            (f'{field("attachment1")}; filename="a.pdf"\r\nContent-Type: application/pdf', b"%PDF-\x00\xff"),
            boundary="xYzZY",
        ),
        "größer",
    ),
    Sent("healthchecks", typed(FORM), b"text=web+is+DOWN", "web is DOWN"),
    Sent(
        "uptime kuma",
        typed(JSON),
        event(heartbeat={"status": 0}, monitor={"name": "web"}, msg="[web] Down"),
        "[web] Down",
    ),
    Sent("soap", typed("text/xml; charset=utf-8", 'SOAPAction: "x"'), XML, refused="needs a script"),
    Sent("rss hub", typed("application/atom+xml"), XML, refused="needs a script"),
    Sent(
        "syslog",
        typed("text/plain"),
        b"<34>1 2026-01-02T03:04:05Z web-1 su - - 'su root' failed\n",
        "<34>1 2026",
    ),
    Sent("csv report", typed("text/csv; charset=utf-8"), b"host,load\nweb-1,5\n", "host,load\nweb-1,5"),
    Sent("html", typed("text/html"), b"<p>done &amp; dusted</p>", "<p>done & dusted</p>"),
    Sent("ndjson", typed("application/x-ndjson"), b'{"a":1}\n{"b":2}\n', refused="must be a JSON object"),
    Sent("a picture", typed("image/png"), b"\x89PNG\r\n\x1a\n\0\0", refused="invalid UTF-8"),
    Sent("protobuf", typed("application/x-protobuf"), b"\x0a\x05\xff\xfe\x80\x81", refused="invalid UTF-8"),
    Sent("chinese gbk undeclared", typed("text/plain"), "告警恢复".encode("gbk"), refused="invalid UTF-8"),
    Sent("chinese gbk declared", typed("text/plain; charset=GBK"), "告警恢复".encode("gbk"), "告警恢复"),
    Sent(
        "japanese declared",
        typed("application/json; charset=Shift_JIS"),
        '{"text":"警報"}'.encode("shift_jis"),
        "警報",
    ),
    Sent("a number", typed(JSON), b"5", refused="must be a JSON object"),
]

EMPTY: Final = [
    Sent(f"nothing as {name}", headers)
    for name, headers in {
        "json": typed(JSON),
        "a form": typed(FORM),
        "text": typed("text/plain"),
        "xml": typed("text/xml"),
        "multipart": typed(PARTS),
        "ndjson": typed("application/x-ndjson"),
        "no type": (),
        "packed": typed(JSON, "Content-Encoding: gzip"),
    }.items()
]
