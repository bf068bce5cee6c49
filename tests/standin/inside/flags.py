"""The command line of `--server` (v1), with its traps."""

import re
from dataclasses import dataclass

from . import abort, leave

PROGRAMS = ("--server", "--embedding", "--cli", "--chat")
SWITCHES = {
    *PROGRAMS,
    "--nobrowser",
    "--log-disable",
    "--mlock",
    "-cb",
    "--cont-batching",
    "--slots-endpoint-disable",
    "--nocompile",
}
TEXTS = {
    "--host": "host",
    "-m": "model",
    "--model": "model",
    "-a": "alias",
    "--alias": "alias",
    "--api-key-file": "api_key_file",
    "--chat-template": "chat_template",
    "--gpu": "gpu",
}
NUMBERS = {
    "--port": "port",
    "-c": "ctx_size",
    "--ctx-size": "ctx_size",
    "-t": "threads",
    "--threads": "threads",
    "-tb": "threads_batch",
    "--threads-batch": "threads_batch",
    "-ngl": "gpu_layers",
    "--n-gpu-layers": "gpu_layers",
    "-np": "parallel",
    "--parallel": "parallel",
}


@dataclass
class Flags:
    """What the command line asks for; names and defaults are llamafile's."""

    host: str = "127.0.0.1"
    port: int = 8080
    model: str = "models/7B/ggml-model-f16.gguf"
    alias: str = ""
    api_key_file: str = ""
    chat_template: str = ""
    gpu: str = "auto"
    ctx_size: int = 8192
    threads: int = 0
    threads_batch: int = 0
    gpu_layers: int = 0
    parallel: int = 1
    log: bool = True
    slots_endpoint: bool = True


def program(arguments: list[str]) -> str:
    """Which of llamafile's programs runs: the last one named."""
    return next((flag for flag in reversed(arguments) if flag in PROGRAMS), "--chat")


def parse(arguments: list[str]) -> Flags:
    """The flags; ends the process for what llamafile ends for."""
    flags = Flags()
    rest = iter(arguments)
    for flag in rest:
        if flag in SWITCHES:
            flags.log = flags.log and flag != "--log-disable"
            flags.slots_endpoint = flags.slots_endpoint and flag != "--slots-endpoint-disable"
        elif flag in TEXTS or flag in NUMBERS:
            value = next(rest, None)
            if value is None:
                leave(1, f"error: invalid parameter for argument: {flag}")
            if flag in TEXTS:
                setattr(flags, TEXTS[flag], value)
            else:
                setattr(flags, NUMBERS[flag], number(value))
        else:
            leave(1, f"error: unknown argument: {flag}")
    if flags.gpu not in ("auto", "disable"):
        leave(1, f"fatal error: support for --gpu {flags.gpu} was explicitly requested, but not found")
    return flags


def number(text: str) -> int:
    """As std::stoi reads it: `8k` is 8, `abc` is the end."""
    found = re.match(r"\s*[+-]?\d+", text)
    return int(found[0]) if found else abort("std::invalid_argument: stoi: no conversion")
