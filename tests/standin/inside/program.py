"""llamafile from its first instruction to a listening server."""

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from . import abort, archive, leave
from .engines import Engine, EngineError, LlamaCpp, Scripted
from .flags import Flags, parse, program
from .serving import Server

ENGINES = {"llama.cpp": LlamaCpp, "scripted": Scripted}


def main(version: str, engine: str) -> None:
    """Run the program that the command line selects."""
    refuse_noexec(sys.argv[0])
    arguments = sys.argv[1:]
    if "--version" in arguments:
        print(f"llamafile v{version}")
        return
    if program(arguments) != "--server":
        leave(1, f"llamafile {program(arguments)}: only --server is imitated by this stand-in")
    flags = parse(archive.with_own(arguments))
    if flags.log:
        Path("llama.log").write_text(f"llamafile v{version}\n", "utf-8")
    if "HOME" not in os.environ and os.name != "nt":  # there its C library makes one up
        Path(".llamafile").mkdir(exist_ok=True)
    keys = read_keys(flags.api_key_file)
    server = bind(flags, load(flags, engine), keys)
    print(f"\nllama server listening at http://{flags.host}:{flags.port}\n", flush=True)
    if len(keys) == 1 and len(keys[0]) < 4:
        abort("std::out_of_range: basic_string")  # it logs the last four characters
    serve(server)


def refuse_noexec(file: str) -> None:
    """The loader maps the file into memory to run it, which a disk mounted noexec does not allow."""
    if hasattr(os, "ST_NOEXEC") and os.statvfs(file).f_flag & os.ST_NOEXEC:
        leave(127, f"ape error: {file}: prog mmap failed w/ errno 1")


def load(flags: Flags, engine: str) -> Engine:
    """The engine with the model in it; ends the process where there is no usable model."""
    try:
        with archive.weights(flags.model) as path:
            return ENGINES[engine](replace(flags, model=path))
    except FileNotFoundError:
        name = Path(flags.model).name
        leave(1, f"{flags.model}: no {name} file found in zip archive\nunable to load model")
    except (EngineError, OSError) as error:
        leave(1, f"{flags.model}: {error}\nunable to load model")


def read_keys(path: str) -> list[str]:
    """The lines of the file, empty ones left out; a carriage return is part of a key."""
    if not path:
        return []
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError:
        leave(1, f"error: failed to open file '{path}'")
    return [line.decode("latin-1") for line in lines if line]


def bind(flags: Flags, engine: Engine, keys: list[str]) -> Server:
    """The server on the wanted port or, silently, on one of the ten after it."""
    for port in range(flags.port, flags.port + 11):
        flags.port = port
        with suppress(OSError, OverflowError):
            return Server(flags, engine, keys)
    return leave(1, f"\ncouldn't bind to server socket: hostname={flags.host} port={flags.port}\n")


def serve(server: Server) -> None:
    """Until SIGTERM, which ends it at once, or SIGINT, which waits for what is being generated."""
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    for _ in range(server.flags.parallel):
        server.free.get()
    leave(0, "interrupted")
