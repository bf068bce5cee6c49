"""The table of everything that can be chosen: its type and range, and where config.toml keeps it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "llamafile/"  # LiteLLM routes by it: "llamafile/NAME" goes to api_base
Value = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """Everything that can be chosen, with its default. None means: decided for this machine."""

    model: str | None = None
    llamafile: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    ctx_size: int = 8192
    threads: int | None = None
    threads_batch: int | None = None
    gpu_layers: int | str = "auto"
    parallel: int = 1
    mlock: bool = False
    embeddings: bool = False
    engine: str = "llamafile"
    attach: str | None = None
    api_key: str | None = None
    strict: bool = False
    alias: str | None = None
    autostart: bool = True
    linger: bool = False
    catalogue: str | None = None
    mirror: tuple[str, ...] = ()
    connections: int | None = None
    limit_rate: str | None = None
    reuse: bool = True
    model_source: str | None = None
    model_sha256: str | None = None
    model_size: int | None = None
    temperature: float = 0.3
    max_tokens: int = 200
    stage: str = "prepare-commit-msg"
    mode: str = "auto"
    deadline: float = 10.0
    limit: int = 72
    allow_remote: bool = False
    suggest: bool = False
    # derived by the installer, read by the hook and by other clients
    llamafile_path: str | None = None
    model_path: str | None = None
    api_base: str | None = None
    api_key_file: str | None = None

    @property
    def attached(self) -> str | None:
        """The address of somebody else's server, if that is to be used."""
        return None if self.attach in {None, "off"} else address(str(self.attach))


@dataclass(frozen=True)
class Choice:
    """One setting: its name in `Settings`, where config.toml keeps it, and what it may be."""

    name: str
    table: str
    key: str
    kind: type
    help: str = ""  # a choice without it is not an option of the command line
    value: str = ""  # what stands for its value there
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # a number may also be one of these
    read: Callable[[str], object] | None = None  # raises ValueError for a text that it cannot make out
    always: bool = False  # written even when it is the default
    derived: bool = False  # not chosen: removed where it is None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "BOOTSTRAP_" + self.name.upper()

    @property
    def flag(self) -> str:
        """The command line option that sets it."""
        return "--" + self.name.replace("_", "-")


def checksum(text: str) -> str:
    """A sha256 in lower case. Raises ValueError."""
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise ValueError(tr("must be 64 hexadecimal digits"))
    return text.lower()


def rate(text: str) -> int:
    """Bytes a second: "5M" is 5 times 1024 squared, as for curl, and "0" is no limit. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)(?:([KMG])(?:iB)?)?", text.strip(), re.IGNORECASE)
    if not found:
        raise ValueError(tr("must be bytes a second, such as 500K or 5M"))
    return int(float(found[1]) * 1024 ** " KMG".index((found[2] or " ").upper()))


def address(text: str) -> str:
    """The address of a server as clients want it, with /v1 where no path was given. Raises ValueError."""
    from urllib.parse import urlsplit

    try:
        split = urlsplit(text)
        fine = split.scheme in {"http", "https"} and split.hostname and split.port != 0
    except ValueError:
        fine = False
    if text == "off":
        return text
    if not fine or split.query or split.fragment or " " in text:
        raise ValueError(tr("must be an http or https address, such as http://HOST:PORT/v1, or off"))
    if split.username is not None:
        raise ValueError(tr("must not hold a password: give a key with --api-key FILE"))
    return f"{split.scheme}://{split.netloc}{split.path.rstrip('/') or '/v1'}"


def without_password(text: str) -> str:
    """A value as it may be shown: an address without the password in it."""
    return re.sub(r"//[^/@\s]*@", "//…@", text)


CHOICES: tuple[Choice, ...] = (
    Choice(
        "model",
        "ai",
        "model",
        str,
        tr("model to install: a name of `bootstrap models`, a .gguf file, or its address"),
        "NAME|FILE|URL",
        always=True,
    ),
    Choice("temperature", "ai", "temperature", float, low=0, high=2, always=True),
    Choice("max_tokens", "ai", "max_tokens", int, low=1, high=131072, always=True),
    Choice("llamafile_path", "llamafile", "path", str, derived=True),
    Choice("model_path", "llamafile", "model_path", str, derived=True),
    Choice("api_base", "llamafile", "api_base", str, derived=True),
    Choice("api_key_file", "llamafile", "api_key_file", str, derived=True),
    Choice("host", "server", "host", str, tr("address the server listens on"), always=True),
    Choice("port", "server", "port", int, tr("port of the server"), low=1, high=65535, always=True),
    Choice(
        "ctx_size",
        "server",
        "ctx_size",
        int,
        tr("context size in tokens"),
        low=512,
        high=1048576,
        always=True,
    ),
    Choice("threads", "server", "threads", int, tr("processor threads for answers"), low=1, high=1024),
    Choice(
        "threads_batch",
        "server",
        "threads_batch",
        int,
        tr("processor threads for prompts"),
        low=1,
        high=1024,
    ),
    Choice(
        "gpu_layers",
        "server",
        "gpu_layers",
        int,
        tr("model layers on the GPU, auto (all, where llamafile can use one; the default), or off"),
        "N|auto|off",
        low=0,
        high=9999,
        words=("auto", "off"),
    ),
    Choice("parallel", "server", "parallel", int, tr("requests answered at the same time"), low=1, high=64),
    Choice("mlock", "server", "mlock", bool, tr("keep the model in memory, never in swap")),
    Choice(
        "embeddings",
        "server",
        "embeddings",
        bool,
        tr("serve /v1/embeddings and /v1/completions too (llamafile's second server: no key, no alias)"),
    ),
    Choice(
        "engine",
        "server",
        "engine",
        str,
        tr("llamafile, or a container of llama.cpp's server: docker, podman"),
        "NAME",
        one_of=("llamafile", "docker", "podman"),
    ),
    Choice(
        "attach",
        "server",
        "attach",
        str,
        tr("use the OpenAI-compatible server at this address and install none; off: install one again"),
        "URL|off",
        read=address,
    ),
    Choice(
        "api_key",
        "server",
        "api_key",
        str,
        tr(
            "auto: ask clients for a key that is made for them; off; or a file with a key (default: auto "
            "where others reach the server, else off)"
        ),
        "auto|off|FILE",
    ),
    Choice("strict", "server", "strict", bool, tr("a key also where only this machine reaches the server")),
    Choice("alias", "server", "alias", str, tr("name the server gives its model (default: the model's)")),
    Choice("autostart", "server", "autostart", bool, tr("start the server at login"), always=True),
    Choice(
        "linger", "server", "linger", bool, tr("run the server also while you are not logged in (systemd)")
    ),
    Choice(
        "stage",
        "hook",
        "stage",
        str,
        one_of=("prepare-commit-msg", "commit-msg", "both"),
        always=True,
    ),
    Choice("deadline", "hook", "deadline", float, low=0.1, high=600, always=True),
    Choice("mode", "hook", "mode", str, one_of=("auto", "type", "rewrite")),
    Choice("limit", "hook", "limit", int, low=20, high=200),
    Choice("allow_remote", "hook", "allow_remote", bool),
    Choice("suggest", "hook", "suggest", bool),
    Choice(
        "llamafile",
        "install",
        "llamafile",
        str,
        tr("llamafile version to install, or a file that has its checksum"),
        "VERSION|FILE",
    ),
    Choice("mirror", "install", "mirrors", tuple, tr("address to download from first (repeatable)")),
    Choice("connections", "install", "connections", int, tr("connections of a download"), low=1, high=16),
    Choice(
        "limit_rate",
        "install",
        "limit_rate",
        str,
        tr("bytes a second of a download, such as 500K or 5M; 0: no limit"),
        read=rate,
    ),
    Choice("reuse", "install", "reuse", bool, tr("take a model that another program here has already")),
    # a model that is in no catalogue: the file or address that it came from, and what was pinned then
    Choice("model_source", "install", "model_source", str),
    Choice("model_sha256", "install", "model_sha256", str, read=checksum),
    Choice("model_size", "install", "model_size", int, low=0, high=1 << 50),
    Choice(
        "catalogue",
        "install",
        "catalogue",
        str,
        tr("catalogue file to use instead of the built-in one"),
    ),
)


def convert(choice: Choice, text: str) -> object:
    """What a word of the command line or the environment means for a choice. Raises ValueError."""
    if choice.kind is bool:
        return truth(text)
    if choice.kind is tuple:
        return text.split()
    if choice.name == "model" and not text.lower().endswith(".gguf"):  # which may be a file in a directory
        return text.removeprefix(PREFIX)
    if choice.kind is str or text in choice.words:
        return text
    try:
        return choice.kind(text)
    except ValueError:
        raise ValueError(tr("must be {kind}", kind=_wanted(choice))) from None


def truth(text: str) -> bool:
    """What a word says about a switch. Raises ValueError."""
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(tr("must be true or false"))


def check(choice: Choice, value: object) -> Value:
    """The value, if the choice allows it. Raises ValueError with what would be allowed."""
    if choice.kind is tuple:
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ValueError(tr("must be a list of texts"))
    if value in choice.words:
        return str(value)
    if choice.kind is float and type(value) is int:
        value = float(value)
    if type(value) is not choice.kind:
        raise ValueError(tr("must be {kind}", kind=_wanted(choice)))
    if isinstance(value, str):
        return _text(choice, value)
    assert isinstance(value, int | float)
    if not (choice.low is None or value >= choice.low) or not (choice.high is None or value <= choice.high):
        raise ValueError(tr("must be {kind}", kind=_wanted(choice)))
    return value


def _text(choice: Choice, value: str) -> str:
    if choice.one_of and value not in choice.one_of:
        raise ValueError(tr("must be one of {one_of}", one_of=", ".join(choice.one_of)))
    if choice.read:
        choice.read(value)
    # a path of ours may hold any space that the home has in its name
    if not value.strip() or not (value.isprintable() or not choice.help):
        raise ValueError(tr("must be a printable text"))
    return value


def _wanted(choice: Choice) -> str:
    kind = {int: tr("a whole number"), float: tr("a number"), bool: tr("true or false"), str: tr("a text")}[
        choice.kind
    ]
    words = "".join(tr(", or {word}", word=word) for word in choice.words)
    return (
        kind
        if choice.low is None
        else tr(
            "{kind} from {low:g} to {high:g}{words}", kind=kind, low=choice.low, high=choice.high, words=words
        )
    )


def overlay(settings: Settings, choices: Mapping[str, Value]) -> Settings:
    """The settings with these choices laid over them."""
    return replace(settings, **choices)  # type: ignore[arg-type]  # `check` has seen each value
