"""The command line of `bootstrap polish`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from bootstrap.errors import UsageError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Sequence


class Arguments(argparse.Namespace):
    """What was given; exactly one of message and file is."""

    message: list[str] | None
    file: str | None
    out: str | None
    config: str | None
    stage: str
    explain: bool
    json: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"polish: {message}", tr("see: bootstrap polish --help"))


def parse(argv: Sequence[str]) -> Arguments:
    """The arguments behind the word `polish`. Raises UsageError; --help ends the program."""
    parser = _Parser(
        prog="bootstrap polish",
        description=tr("Polish the subject of a commit message; all else in it stays as it is."),
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "-m", dest="message", metavar="TEXT", action="append", help=tr("print this message, polished")
    )
    source.add_argument("--file", metavar="F", help=tr("polish the message in this file, in place"))
    parser.add_argument("--out", metavar="F", help=tr("write the result here instead, if there is one"))
    parser.add_argument(
        "--explain", action="store_true", help=tr("show what was sent, what came back, and why")
    )
    parser.add_argument("--json", action="store_true", help=tr("tell how it ended as one JSON object"))
    parser.add_argument("--config", metavar="F", help=tr("the config.toml to read"))
    # the hook's own name, or "suggest" where an editor is opened without a message
    parser.add_argument("--stage", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv, Arguments())
    if arguments.out is not None and arguments.file is None:
        parser.error(tr("--out goes with --file"))
    return arguments
