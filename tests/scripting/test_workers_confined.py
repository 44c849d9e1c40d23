"""What holds a worker in, behind WebAssembly, and the folder that its machine code comes from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scripting.arena import ROOT, Arena, arena, python, status, until_gone
from tests.scripting.sandboxes import Runner, bench, method

from hookroom.scripting.model import ScriptFailed
from hookroom.scripting.worker import image
from hookroom.scripting.worker.engine import WasmEngine

linux = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux confines processes so")
MEMORY = 32 << 20


@pytest.fixture(scope="module")
def place(runner: Runner) -> Iterator[Arena]:
    with arena(runner) as made:
        yield made


PROBE = """
    import ctypes, errno, json, os, platform, signal, socket, sys, threading
    from hookroom.scripting.worker import confinement

    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    arm = platform.machine() == "aarch64"

    def call(number, *arguments):
        ctypes.set_errno(0)
        result = libc.syscall(number, *arguments)
        return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]

    def attempt(work):
        try:
            work()
        except OSError as error:
            return errno.errorcode[error.errno]
        return "done"

    def thread():
        ended = []
        one = threading.Thread(target=lambda: ended.append(attempt(lambda: os.open("/etc/passwd", os.O_RDONLY))))
        one.start()
        one.join()
        return ended[0]

    def fork():
        if not os.fork():
            os._exit(0)

    here, there = socket.socketpair()
    go, told, earlier = threading.Event(), {}, []

    def from_before():
        go.wait()
        earlier.append(attempt(lambda: os.open("/etc/passwd", os.O_RDONLY)))

    waiting = threading.Thread(target=from_before)
    waiting.start()
    told["held"] = list(confinement.confine(data_bytes=64 << 20))
    go.set()
    waiting.join()
    told["refused"] = {
        "open": attempt(lambda: os.open("/etc/passwd", os.O_RDONLY)),
        "open to write": attempt(lambda: os.open("/tmp/escaped", os.O_CREAT | os.O_WRONLY)),
        "list": attempt(lambda: os.listdir("/")),
        "stat": attempt(lambda: os.stat("/etc/passwd")),
        "link": attempt(lambda: os.symlink("/etc/passwd", "/tmp/escaped")),
        "remove": attempt(lambda: os.unlink("/tmp/nothing")),
        "make": attempt(lambda: os.mkdir("/tmp/escaped")),
        "attributes": attempt(lambda: os.utime("/etc/passwd")),
        "leave": attempt(lambda: os.chdir("/tmp")),
        "socket": attempt(lambda: socket.socket()),
        "pair": attempt(lambda: socket.socketpair()),
        "pass descriptors": attempt(lambda: here.sendmsg([b"x"], [])),
        "fork": attempt(fork),
        "spawn": attempt(lambda: os.posix_spawn("/bin/true", ["true"], {})),
        "exec": attempt(lambda: os.execv("/bin/true", ["true"])),
        "kill": attempt(lambda: os.kill(parent, 0)),
        "kill by descriptor": call(434, parent, 0),
        "queue a signal": call(138 if arm else 129, parent, 0, 0),
        "trace": call(117 if arm else 101, 16, parent, 0, 0),
        "read its memory": call(270 if arm else 310, parent, 0, 0, 0, 0, 0),
        "write its memory": call(271 if arm else 311, parent, 0, 0, 0, 0, 0),
        "take a descriptor": call(438, 0, 0, 0),
        "limit it": call(261 if arm else 302, parent, 7, 0, 0),
        "io_uring": call(425, 8, 0),
        "bpf": call(280 if arm else 321, 0, 0, 0),
        "memory file": call(279 if arm else 319, b"x", 0),
        "user fault": call(282 if arm else 323, 0),
        "keys": call(217 if arm else 248, b"user", b"x", b"x", 1, -3),
        "mount": call(40 if arm else 165, 0, 0, 0, 0, 0),
        "new mount": call(430, b"tmpfs", 0),
        "namespaces": call(97 if arm else 272, 0x10000000),
        "open by handle": call(265 if arm else 304, 0, 0, 0),
        "process controls": call(167 if arm else 157, 4, 1, 0, 0, 0),
        "ioctl": attempt(lambda: __import__("fcntl").ioctl(0, 0x541B, b"    ")),
        "other ABI": "EPERM" if arm else call(0x40000000 + 2, b"/etc/passwd", 0),
        "in a thread": thread(),
        "in a thread from before": earlier[0],
    }
    here.send(b"x")
    told["talks"] = there.recv(1).decode()
    told["memory"] = len(bytearray(32 << 20))
    try:
        bytearray(1 << 30)
        told["too much"] = "done"
    except MemoryError:
        told["too much"] = "MemoryError"
    print(json.dumps(told), flush=True)
    os._exit(0)
"""


@linux
def test_a_confined_process_can_compute_and_talk_and_nothing_else() -> None:
    ran = python(PROBE)
    out, _ = ran.communicate(timeout=60)
    assert ran.returncode == 0
    told = json.loads(out.splitlines()[-1])
    assert told["held"] == ["resources", "no capabilities", "no new privileges", "system calls"]
    assert {name: answer for name, answer in told["refused"].items() if answer != "EPERM"} == {}
    assert told["talks"] == "x"
    assert told["memory"] == 32 << 20
    assert told["too much"] == "MemoryError"


@linux
def test_a_worker_has_nothing_of_the_server(place: Arena) -> None:
    (pid,) = place.pids
    told = status(pid)
    assert (told["Seccomp"], told["NoNewPrivs"]) == (2, 1)
    text = Path(f"/proc/{pid}/status").read_text()
    assert "CapEff:\t0000000000000000" in text
    assert "CapPrm:\t0000000000000000" in text
    for task in Path(f"/proc/{pid}/task").iterdir():
        assert "Seccomp:\t2" in (task / "status").read_text(), "a thread is not confined"
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert ["Max core file size", "0", "0"] in [
        [line[:26].strip(), *line[26:].split()[:2]] for line in limits.splitlines()
    ]
    assert os.getpgid(pid) == pid, "a signal for the server's group would reach it"


@linux
@pytest.mark.skipif(os.geteuid() != 0, reason="Looking into it takes root: it lets nobody of its own user")
def test_a_worker_has_one_socket_and_no_environment(place: Arena) -> None:
    (pid,) = place.pids
    names = [one.partition("=")[0] for one in Path(f"/proc/{pid}/environ").read_text().split("\0") if one]
    assert all(name.startswith("MALLOC_") for name in names), names
    open_files = {
        int(one.name): str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()
    }
    sockets = [number for number, target in open_files.items() if target.startswith("socket:") and number > 2]
    assert len(sockets) == 1
    assert open_files[0] == open_files[1] == "/dev/null"
    rest = {number: target for number, target in open_files.items() if number > 2 and number not in sockets}
    assert all(target.endswith(".cwasm") for target in rest.values()), rest


@linux
def test_a_worker_ends_with_its_server() -> None:
    server = python("""
        import signal
        from tests.scripting.sandboxes import Runner, bench, method
        runner = Runner()
        with bench(runner, workers=2) as made:
            runner.run(made.sandbox.warm())
            print("workers", *made.sandbox.pids, flush=True)
            signal.pause()
    """)
    assert server.stdout is not None
    told = next(line for line in server.stdout if line.startswith("workers"))
    pids = [int(pid) for pid in told.split()[1:]]
    assert len(pids) == 2
    server.kill()
    server.wait()
    server.stdout.close()
    for pid in pids:
        until_gone(pid)


@linux
def test_a_server_that_is_process_1_has_workers() -> None:
    """As in a container: its workers' parent is process 1, and that is no sign that the server is gone."""
    code = """
        from tests.scripting.sandboxes import Runner, bench, method
        with bench(Runner()) as made:
            print(made.value(method("return 7;")), flush=True)
    """
    apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("This system does not let us make a namespace of processes")
    command = [*apart, sys.executable, "-c", textwrap.dedent(code)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert told.stdout.endswith("7\n"), told


@pytest.mark.parametrize("stack_kb", [512, 2048, "unlimited"])
def test_the_systems_limit_of_stacks_does_not_matter(stack_kb: int | str) -> None:
    """Threads have as much as WebAssembly may use of it, or what is nested deeply would end the worker."""
    code = f"""
        import json, resource
        stack = {stack_kb!r}
        size = resource.RLIM_INFINITY if stack == "unlimited" else stack * 1024
        resource.setrlimit(resource.RLIMIT_STACK, (size, resource.getrlimit(resource.RLIMIT_STACK)[1]))
        from tests.scripting.arena import arena
        from tests.scripting.sandboxes import Runner, method
        from hookroom.scripting.model import Limits
        runner = Runner()
        bodies = ["JSON.parse('['.repeat(1e5));", "eval('!'.repeat(1e5) + '1');", "const f = () => f(); f();"]
        with arena(runner) as place:
            limits = Limits(time_ms=5000, memory_mb=24, wait_ms=9000)
            print(json.dumps([place.attempt(method(body), limits=limits).kind for body in bodies]), flush=True)
            place.unharmed()
    """
    ran = python(code)
    out, _ = ran.communicate(timeout=60)
    assert (ran.returncode, json.loads(out.splitlines()[-1])) == (0, ["crash", "crash", "throw"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One for machine code."""
    made = tmp_path / "cache"
    made.mkdir(mode=0o700)
    return made


def load(folder: Path) -> image.Facts:
    _, facts = image.load(WasmEngine(slots=1, memory_bytes=MEMORY), "runtime", folder)
    return facts


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_refused(runner: Runner, folder: Path, mode: int) -> None:
    """What is in it runs outside of all limits."""
    folder.chmod(mode)
    with pytest.raises(image.BadCache):
        load(folder)
    with bench(runner, folder=folder) as made, pytest.raises(ScriptFailed) as failed:
        made.value(method("return 1;"))
    assert failed.value.kind == "unavailable"


def test_machine_code_is_made_once_and_is_its_owners(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    build = image.build

    def counted(engine: WasmEngine, kind: image.Kind) -> tuple[bytes, image.Facts]:
        built.append(kind)
        return build(engine, kind)

    monkeypatch.setattr(image, "build", counted)
    facts: list[image.Facts] = []
    at_once = [threading.Thread(target=lambda: facts.append(load(folder))) for _ in range(3)]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    assert built == ["runtime"]
    assert facts[0] == facts[1] == facts[2]
    for path in folder.glob("runtime-*"):
        assert path.stat().st_mode & 0o777 == 0o600

    (code,), (told,) = folder.glob("*.cwasm"), folder.glob("*.json")
    whole = code.read_bytes()
    for damaged, content in (
        (code, whole[: len(whole) // 2]),
        (code, bytes(64) + whole[64:]),
        (told, b""),
    ):
        damaged.write_bytes(content)
        assert load(folder) == facts[0]
        assert code.stat().st_size == len(whole)
    # Whoever may write to the file might have.
    code.chmod(0o660)
    assert load(folder) == facts[0]
    assert code.stat().st_mode & 0o777 == 0o600
    assert built == ["runtime"] * 5
    assert load(folder) == facts[0]
    assert built == ["runtime"] * 5


def test_workers_and_the_workshop_have_images_of_their_own(runner: Runner) -> None:
    """They give scripts other amounts of memory, which is part of the machine code."""
    with bench(runner) as made:
        assert made.value(method("return 1;")) == made.once(method("return 1;")).value == 1
        folder = made.sandbox._options.folder
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.cwasm")}
    with bench(runner) as made:
        assert made.value(method("return 1;")) == made.once(method("return 1;")).value == 1
    after = {path: path.stat().st_mtime_ns for path in folder.glob("*.cwasm")}
    assert {path: at for path, at in after.items() if path in before} == before
