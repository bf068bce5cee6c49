"""llamafile's `--server` (v1), from its command line to its end."""

from contextlib import suppress
from pathlib import Path

from . import abort, archive, leave, own_directory
from .engines import Engine, load
from .flags import Flags, parse, read_keys
from .options import V1
from .serving import Server


def run(version: str, arguments: list[str], engine: str) -> None:
    """Load the model, listen, and serve."""
    flags = parse(archive.with_own(arguments), V1)
    if flags.log:
        Path("llama.log").write_text(f"llamafile v{version}\n", "utf-8")
    own_directory()
    keys = read_keys(flags.api_key_file)
    server = bind(flags, load(flags, engine), keys)
    print(f"\nllama server listening at http://{flags.host}:{flags.port}\n", flush=True)
    if len(keys) == 1 and len(keys[0]) < 4:
        abort("std::out_of_range: basic_string")  # it logs the last four characters
    serve(server)


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
