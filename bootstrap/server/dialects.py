"""How each kind of server is told what to do, as data: the words differ from version to version.

Read in the sources and seen: llamafile 0.9.3's first server (llama.cpp/server/server.cpp). Read only: its
second one (--v2: llamafile/flags.cpp and llamafile/server/), llamafile 0.10 (its docs/cli_arguments.md) and
llama.cpp's own (tools/server/README.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import HostError
from bootstrap.host import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = tuple[str, ...]


@dataclass(frozen=True)
class Dialect:
    """The words of one kind of server, with {} where the value goes.

    name: for people; first: what chooses the server and holds for every start; address: with {host} and
    {port}; options: by the setting's name, and what is not there it cannot do; one_by_one: the words for a
    server that answers one request at a time; serves: what clients can ask for; tried: against the real one.
    """

    name: str
    first: Words
    address: Words
    options: Mapping[str, Words]
    one_by_one: Words = ()
    serves: frozenset[str] = frozenset({"chat"})
    tried: bool = True

    def can(self, setting: str) -> bool:
        """Whether it has words for a setting."""
        return setting in self.options


_COMMON = {
    "model": ("-m", "{}"),
    "ctx_size": ("-c", "{}"),
    "threads": ("-t", "{}"),
    "threads_batch": ("-tb", "{}"),
    "gpu_layers": ("-ngl", "{}"),
    "chat_template": ("--chat-template", "{}"),
}
_HOST_AND_PORT = ("--host", "{host}", "--port", "{port}")

V1 = Dialect(
    "llamafile 0.9",
    ("--server", "--nobrowser", "--log-disable", "--slots-endpoint-disable"),
    _HOST_AND_PORT,
    _COMMON
    | {
        "alias": ("-a", "{}"),
        "parallel": ("-cb", "-np", "{}"),
        "mlock": ("--mlock",),
        "key_file": ("--api-key-file", "{}"),
        "no_gpu": ("--nocompile",),
        "no_metal": ("--gpu", "disable"),
    },
)
# its model is called by its file, it knows no key, and its sandbox is on; --mlock is taken and does nothing
V2 = Dialect(
    "llamafile 0.9 with embeddings",
    ("--server", "--v2", "--log-disable"),
    ("-l", "{host}:{port}"),
    _COMMON
    | {
        "parallel": ("-s", "{}"),
        "embeddings": (),
        "no_gpu": ("--nocompile",),
        "no_metal": ("--gpu", "disable"),
    },
    serves=frozenset({"chat", "completions", "embeddings"}),
)
# Templates are jinja there, so no model needs another one than its own. A model for chats has no pooling, and
# without one it gives no embeddings; chats go on with both (seen with llama.cpp b11549).
_NATIVE = {name: words for name, words in _COMMON.items() if name != "chat_template"} | {
    "alias": ("-a", "{}"),
    "parallel": ("-np", "{}"),
    "key_file": ("--api-key-file", "{}"),
    "embeddings": ("--embeddings", "--pooling", "mean"),
}
V10 = Dialect(
    "llamafile 0.10",
    ("--server", "--no-webui", "--no-slots"),
    _HOST_AND_PORT,
    _NATIVE | {"mlock": ("--mlock",), "no_gpu": ("--gpu", "disable"), "no_metal": ("--gpu", "disable")},
    one_by_one=("-np", "1"),
    serves=frozenset({"chat", "completions"}),
    tried=False,
)
CONTAINER = Dialect(
    "llama.cpp's server",
    ("--no-webui", "--no-slots"),
    _HOST_AND_PORT,
    _NATIVE,
    one_by_one=("-np", "1"),
    serves=frozenset({"chat", "completions"}),
    tried=False,
)


def of_llamafile(version: str, *, embeddings: bool) -> Dialect:
    """The words of this version. Raises HostError for one that is not known."""
    number = version_of(version)
    if (0, 9) <= number < (0, 10):
        return V2 if embeddings else V1
    if (0, 10) <= number < (0, 11):
        return V10
    raise HostError(
        "the options of llamafile {version} are not known",
        "use --llamafile 0.9.3, or a bootstrap that is as new as that llamafile",
        version=version,
    )
