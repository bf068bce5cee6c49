"""The model server: how each kind is started, where it listens, and why one of ours cannot."""

from bootstrap.server.binding import (
    HIGHEST_PORT,
    answers_as,
    free_port_near,
    is_open,
    port_is_free,
)
from bootstrap.server.dialects import CONTAINER, Dialect, of_llamafile
from bootstrap.server.launch import Launch, alias, api_base, command_line, layers
from bootstrap.server.refusals import in_the_foreground, out_of_reach, taken

__all__ = [
    "CONTAINER", "HIGHEST_PORT", "Dialect", "Launch", "alias", "answers_as", "api_base", "command_line",
    "free_port_near", "in_the_foreground", "is_open", "layers", "of_llamafile", "out_of_reach",
    "port_is_free", "taken",
]  # fmt: skip
