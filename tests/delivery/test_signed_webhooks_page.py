"""The receivers of docs/how-to/signed-webhooks.md take what is genuine, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.node import node

from hookroom.rules.signatures import sign
from hookroom.rules.webhook_keys import PrivateKey, Scheme, SigningKey, new_key

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "signed-webhooks.md"
ID, BODY = "the-delivery", '{"text": "ünsigned"}'.encode()


def example(language: str, which: int = 0) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)
    return found[which]


def key(scheme: Scheme, fill: bytes = b"k") -> SigningKey:
    return new_key(scheme, fill * 32)


def shown(one: SigningKey) -> str:
    return one.public.text if isinstance(one, PrivateKey) else one.text


def cases(scheme: Scheme) -> list[tuple[bool, dict[str, str], bytes]]:
    """Whether it is genuine, the headers and the body."""
    now = int(time.time())

    def sent(*keys: SigningKey, at: int = now) -> dict[str, str]:
        return {
            "webhook-id": ID,
            "webhook-timestamp": str(at),
            "webhook-signature": sign(keys, ID, at, BODY),
        }

    own, other = key(scheme), key(scheme, b"o")
    return [
        (True, sent(own), BODY),
        (True, sent(other, key("v1", b"x"), key("v1a", b"x"), own), BODY),
        (False, sent(other), BODY),
        (False, sent(own), BODY + b" "),
        (False, {**sent(own), "webhook-id": "another"}, BODY),
        (False, sent(own, at=now - 400), BODY),
        (False, sent(own, at=now + 400), BODY),
    ]


def told(command: list[str], program: str, checked: SigningKey, scheme: Scheme) -> list[bool]:
    """What a receiver says of each of the cases."""
    given = [[shown(checked), headers, body.decode()] for _, headers, body in cases(scheme)]
    done = subprocess.run(
        [*command, program], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: list[bool] = json.loads(done.stdout)
    return answer


def test_the_one_in_python() -> None:
    program = (
        example("python")
        + """
import json, sys
from standardwebhooks import WebhookVerificationError
def genuine(key, headers, body):
    try:
        receive(key, headers, body.encode())
    except WebhookVerificationError:
        return False
    return True
print(json.dumps([genuine(*one) for one in json.load(sys.stdin)]))
"""
    )
    said = told([sys.executable, "-c"], program, key("v1"), "v1")
    assert said == [good for good, _, _ in cases("v1")]


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_the_one_in_node(scheme: Scheme) -> None:
    program = (
        example("js")
        + """
const given = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(given.map(([k, h, b]) => isGenuine(k, h, Buffer.from(b)))));
"""
    )
    said = told([str(node()), "-e"], program, key(scheme), scheme)
    assert said == [good for good, _, _ in cases(scheme)]


def test_the_one_in_the_shell(tmp_path: Path) -> None:
    if shutil.which("openssl") is None and os.environ.get("CI") != "true":
        pytest.skip("the example for the shell needs openssl: apt-get install openssl")
    (tmp_path / "body.json").write_bytes(BODY)
    environment = {"KEY": key("v1").text, "WEBHOOK_ID": ID, "WEBHOOK_TIMESTAMP": "1767323045"}
    done = subprocess.run(
        ["/bin/sh", "-c", example("sh", 1)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"v1,{done.stdout.strip()}" == sign([key("v1")], ID, 1767323045, BODY)
