"""Sample calls of an incoming webhook: what the services send that people most often connect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from hookroom.rules.incoming_body import decode
from hookroom.rules.script_requests import IncomingCall

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


class SampleCall(Struct, frozen=True, kw_only=True):
    """A body as it comes in; ``headers`` say more of it than its type."""

    name: str
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = {}


PLAIN: Final = SampleCall(name="text", body=b'{"text": "Deployed web-frontend 4.2.0 to production"}')
"""The call that is tried where nothing is said."""

_FILES: Final[Mapping[str, Mapping[str, str]]] = {
    "github-push": {"x-github-event": "push"},
    "gitlab-push": {"x-gitlab-event": "Push Hook"},
    "grafana": {},
    "alertmanager": {},
    "slack-style": {},
}


@cache
def sample_calls() -> Sequence[SampleCall]:
    """All of them; ``PLAIN`` is the first."""
    payloads = files(__package__) / "payloads"
    return (
        PLAIN,
        *(
            SampleCall(name=name, body=(payloads / f"{name}.json").read_bytes(), headers=headers)
            for name, headers in _FILES.items()
        ),
        SampleCall(name="list", body=b'[{"text": "one"}, {"text": "two"}]'),
        SampleCall(
            name="form",
            body=b"text=Disk+almost+full&user_name=ada&host=db1&status=WARNING&value=93",
            content_type=FORM,
        ),
        SampleCall(name="plain text", body=b"PROBLEM: db1 is down since 21:14", content_type="text/plain"),
        SampleCall(name="empty", body=b""),
    )


def incoming_call(
    sample: SampleCall, *, integration_id: str, token: str, poster: Mapping[str, str]
) -> IncomingCall:
    """``sample`` as the script of that integration sees it."""
    decoded = decode(sample.content_type, sample.body)
    return IncomingCall(
        integration_id=integration_id,
        token=token,
        path=f"/hooks/{integration_id}/{token}",
        headers={
            "content-type": sample.content_type,
            "content-length": str(len(sample.body)),
            "user-agent": "curl/8.5.0",
            "accept": "*/*",
            **sample.headers,
        },
        content=decoded.content,
        content_raw=decoded.raw,
        is_form=decoded.kind == "form",
        poster=poster,
    )
