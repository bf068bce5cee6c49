"""How a command line becomes flags, with the traps of each server: a table of `options` says which."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from . import abort, leave

PROGRAMS = ("--server", "--embedding", "--cli", "--chat")


class Flags:
    """What the command line asks for; names and defaults are those of llamafile's `--server` (v1).

    No dataclass, because that would take a tenth of the start.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    listen: str = ""
    model: str = "models/7B/ggml-model-f16.gguf"
    alias: str = ""
    api_key: str = ""
    api_key_file: str = ""
    chat_template: str = ""
    url_prefix: str = ""
    db: str = ""
    gpu: str = "auto"
    ctx_size: int = 8192
    threads: int = 0
    threads_batch: int = 0
    gpu_layers: int = 0
    parallel: int = 1
    workers: int = 0
    log: bool = True
    slots_endpoint: bool = True
    web: bool = True
    embeddings: bool = False
    pooling: str = ""
    load_mode: str = "auto"

    def __init__(self, **asked: Any) -> None:
        self.__dict__.update(asked)

    def but(self, **asked: Any) -> "Flags":
        """The same with these changes."""
        return Flags(**vars(self) | asked)


class Options(NamedTuple):
    """The options of one server, each with the flag that it sets, and what is said of a wrong one."""

    switches: Mapping[str, tuple[str, Any] | None]  # None: it changes nothing that could be noticed
    texts: Mapping[str, str]
    numbers: Mapping[str, str]
    number: Callable[[str], int]
    unknown: str
    missing: str
    defaults: Mapping[str, Any] = MappingProxyType({})
    environment: Mapping[str, str] = MappingProxyType({})  # variables that stand for an option
    ends_at_word: bool = False  # what does not begin with a dash, and all behind it, is not looked at


def program(arguments: list[str]) -> str:
    """Which of llamafile's programs runs: the last one named."""
    return next((flag for flag in reversed(arguments) if flag in PROGRAMS), "--chat")


def parse(arguments: list[str], options: Options) -> Flags:
    """The flags; ends the process for what the server ends for."""
    flags = Flags(**options.defaults)
    named = [(flag, os.environ[name]) for name, flag in options.environment.items() if name in os.environ]
    rest = iter([word for pair in named for word in pair] + arguments)
    for flag in rest:
        if options.ends_at_word and not flag.startswith("-"):
            break
        if flag in options.switches:
            if setting := options.switches[flag]:
                setattr(flags, *setting)
        elif flag in options.texts or flag in options.numbers:
            value = next(rest, None)
            if value is None:
                leave(1, options.missing.format(flag))
            if flag in options.texts:
                setattr(flags, options.texts[flag], value)
            else:
                setattr(flags, options.numbers[flag], options.number(value))
        else:
            leave(1, options.unknown.format(flag))
    if flags.gpu not in ("auto", "disable"):
        leave(1, f"fatal error: support for --gpu {flags.gpu} was explicitly requested, but not found")
    return flags


def stoi(text: str) -> int:
    """As v1 reads a number, with std::stoi: `8k` is 8, `abc` is the end."""
    found = _digits(text)
    return int(found[0]) if found else abort("std::invalid_argument: stoi: no conversion")


def atoi(text: str) -> int:
    """As v2 reads a number, with atoi: `abc` is 0, and only there `8k` is 8192."""
    found = _digits(text)
    return int(found[0]) * (1024 if text[found.end() :] == "k" else 1) if found else 0


def stoi_caught(text: str) -> int:
    """As llama.cpp reads a number: with std::stoi, but what it throws is caught and told."""
    found = _digits(text)
    return int(found[0]) if found else leave(1, "error while handling argument: stoi")


def _digits(text: str) -> re.Match[str] | None:
    return re.match(r"\s*[+-]?\d+", text)


def read_keys(path: str) -> list[str]:
    """The lines of the file, empty ones left out; a carriage return is part of a key."""
    if not path:
        return []
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError:
        leave(1, f"error: failed to open file '{path}'")
    return [line.decode("latin-1") for line in lines if line]
