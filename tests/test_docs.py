"""Documentation says what the code does, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs import generate

from hookroom.config import Config

ROOT = Path(__file__).parents[1]
PAGES = sorted(p for p in ROOT.rglob("*.md") if ".venv" not in p.parts and "node_modules" not in p.parts)


@pytest.mark.parametrize(("path", "content"), [pytest.param(p, c, id=p.name) for p, c in generate.files()])
def test_generated_pages_are_up_to_date(path: Path, content: str) -> None:
    assert path.read_text() == content, "run: make docs"


def test_the_example_file_shows_every_variable() -> None:
    text = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#(HOOKROOM_\w+)=", text, re.M)) == {
        f"HOOKROOM_{name.upper()}" for name in Config.model_fields
    }


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(ROOT)) for p in PAGES])
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_what_a_newcomer_needs_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make run" in text
    assert "make test" in text
