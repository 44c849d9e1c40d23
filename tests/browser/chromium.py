"""A real browser without a window, spoken to by its own protocol (Chrome DevTools Protocol over a WebSocket).

It can reach this machine alone: no other name is looked up.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

HOW_TO_GET_IT = "a browser was not found: apt-get install chromium (or set CHROMIUM)"
PATIENCE_S = 30.0

_FLAGS = (
    *(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--remote-debugging-port=0",
    ),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(
        "--disable-extensions",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ),
    "--window-size=1280,900",
)
_HEARD = ("Network", "Log", "Runtime", "Page", "Audits")


def program() -> str | None:
    """The browser, if one is installed."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Tab:
    """One page. ``events`` are all that the browser told of it: methods and their parameters."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._session = ""
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in _HEARD:
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Ask the browser; what it tells meanwhile is kept in ``events``."""
        number = next(self._numbers)
        asked = {"id": number, "method": method, "params": params}
        self._connection.send(
            json.dumps({**asked, **({"sessionId": self._session} if self._session else {})})
        )
        while True:
            heard = json.loads(self._connection.recv(PATIENCE_S))
            if heard.get("id") == number:
                assert "error" not in heard, (method, heard)
                return heard["result"]
            if "method" in heard:
                self.events.append((heard["method"], heard["params"]))

    def open(self, url: str) -> None:
        """Go to a page."""
        self.call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """The value of an expression, once it is true."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if value := self.evaluate(script):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never true: {script}; the page: {self.evaluate('document.body.innerText')}")

    def fetched(self) -> list[str]:
        """The addresses of all that the page asked for."""
        return [
            params["request"]["url"] for name, params in self.events if name == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[Any]:
        """What the browser's console would show as errors, and what the page's policy forbade."""
        found: list[Any] = []
        for name, params in self.events:
            if name == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"])
            elif name in ("Runtime.exceptionThrown", "Network.loadingFailed"):
                found.append(params)
            elif name == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
                found.append(params["args"])
            elif name == "Audits.issueAdded" and params["issue"]["code"] == "ContentSecurityPolicyIssue":
                found.append(params["issue"])
        return found


@contextlib.contextmanager
def browser() -> Iterator[Tab]:
    """A new browser with an empty page; gone on leaving."""
    found = program()
    assert found is not None, HOW_TO_GET_IT
    with tempfile.TemporaryDirectory(prefix="hookroom-chromium-", ignore_cleanup_errors=True) as name:
        process = subprocess.Popen(
            [found, *_FLAGS, f"--user-data-dir={name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with connect(_address(process, Path(name)), max_size=None, proxy=None) as connection:
                yield Tab(connection)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _address(process: subprocess.Popen[bytes], folder: Path) -> str:
    """Where the browser listens, once it has written it down."""
    file = folder / "DevToolsActivePort"
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            port, path = file.read_text().split()
            return f"ws://127.0.0.1:{port}{path}"
        time.sleep(0.02)
    raise AssertionError("the browser did not start")
