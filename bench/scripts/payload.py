"""A push as GitHub sends it, 8 KB, and the script that makes a message of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

SCRIPT: Final = (Path(__file__).parent / "push.js").read_text()

_URL: Final = "https://github.example/acme/web-frontend"


def push() -> dict[str, Any]:
    """The body."""
    return {
        "ref": "refs/heads/main",
        "compare": f"{_URL}/compare/4f2a9c1...9b12cf3",
        "repository": {"id": 4711, "full_name": "acme/web-frontend", "html_url": _URL, "private": False},
        "pusher": {"name": "ann", "email": "ann@example.com"},
        "commits": [
            {
                "id": f"{number:040x}",
                "message": f"Fix the cache of pages, part {number}\n\nIt forgot what it had learned.",
                "timestamp": "2026-11-26T12:00:00+01:00",
                "url": f"{_URL}/commit/{number:040x}",
                "author": {"name": "Ann Author", "email": "ann@example.com", "username": "ann"},
                "added": [f"src/pages/cache_{number}.py"],
                "removed": [],
                "modified": [f"src/pages/part_{n}.py" for n in range(3)],
            }
            for number in range(17)
        ],
    }
