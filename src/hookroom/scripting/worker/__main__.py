"""A worker: ``python -m hookroom.scripting.worker FD``, started by the server with one end of a socket."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path
from typing import Final

from hookroom.scripting.worker import confinement, image
from hookroom.scripting.worker.compiler import Compiler
from hookroom.scripting.worker.crew import Crew
from hookroom.scripting.worker.engine import THREAD_STACK, TICK_MS, WasmEngine
from hookroom.scripting.worker.instances import SPARE, Instances
from hookroom.scripting.worker.live import source
from hookroom.scripting.worker.messages import TURNS, Ready, Settings
from hookroom.scripting.worker.turns import Turns
from hookroom.scripting.worker.wire import Wire

SWITCH_S: Final = 0.0005
"""Seconds after which a thread lets another one have Python, which each call into WebAssembly has to get back."""


def main(descriptor: int) -> None:
    """Work for the server at the other end of the socket ``descriptor``, until it is gone."""
    confinement.die_with_parent()
    wire = Wire(socket.socket(fileno=descriptor))
    settings = wire.read()
    if not isinstance(settings, Settings):
        return
    os.nice(settings.nice)
    threading.stack_size(THREAD_STACK)
    sys.setswitchinterval(SWITCH_S)
    folder = Path(settings.folder)
    # More slots than may be alive: those that load, and those whose turn goes on while others take their place.
    engine = WasmEngine(slots=settings.instances + TURNS + SPARE, memory_bytes=settings.memory)
    turns = Turns(wire.send)
    made = source(engine, *image.load(engine, "runtime", folder), turns.http)
    compiler = Compiler(engine, *image.load(engine, "compiler", folder)) if settings.compiler else None
    instances = Instances(
        made,
        most=settings.instances,
        live_memory=settings.live_memory,
        snapshots=settings.snapshots,
    )
    crew = Crew(wire.read, turns.work, engine.tick, TICK_MS / 1000)
    turns.ready(instances, compiler, crew)
    data = settings.live_memory + settings.snapshots + TURNS * settings.memory
    wire.send(Ready(confinement.confine(data_bytes=data)))
    crew.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
