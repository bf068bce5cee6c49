"""Arguments → one call → exit status."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

from bootstrap import __version__
from bootstrap.errors import BootstrapError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bootstrap.console import Console

DONE, FAILED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130


def entry() -> NoReturn:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command line; its exit status. Nothing escapes as a traceback."""
    if argv[:1] == ["polish"]:  # the git hook calls it on every commit: load nothing else
        from bootstrap.polish.command import main as polish

        return polish(argv[1:])
    if list(argv) == ["--version"]:
        print(f"bootstrap {__version__}")
        return DONE
    try:
        return _run(argv)
    except KeyboardInterrupt:
        print(
            "\ninterrupted: run the same command again, it goes on where it stopped",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001  # the one place: a bug must not end in a page of traceback
        print(f"error: this is a bug in bootstrap: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"help: send this file to the project: {_log_bug(argv)}", file=sys.stderr)
        return BUG


def _run(argv: Sequence[str]) -> int:
    from bootstrap.console import open_console

    console: Console = open_console(as_json="--json" in argv)
    try:
        arguments = _parse(argv)
        console = open_console(as_json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose)
        return _COMMANDS[arguments.command](arguments, console)
    except BootstrapError as error:
        console.fail(error)
        return error.exit_status


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    words = list(argv)
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help", "--version"}):
        words = ["install", *words]  # the command that needs no name
    parser = _parser()
    return parser.parse_args(words)


class _Parser(argparse.ArgumentParser):
    """Wrong usage speaks as every other error does."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="bootstrap",
        description="A local language model, and commit messages polished by it. Without a command: install.",
    )
    parser.add_argument("--version", action="version", version=f"bootstrap {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
        )
        output = command.add_argument_group("output")
        output.add_argument("--json", action="store_true", help="one JSON object per line")
        output.add_argument("--quiet", action="store_true", help="errors and results only")
        output.add_argument("--verbose", action="store_true", help="every change")
        return command

    _install_options(add("install", "install, upgrade or repair: model, server, autostart, hook"))
    hook = add("hook", "put the git hook into repositories, take it out, or list them")
    hook.add_argument("verb", choices=("install", "remove", "status"))
    hook.add_argument(
        "directories", nargs="*", metavar="DIR", default=[], help="repositories (default: this one)"
    )
    commands.add_parser("polish", help="polish a commit message: -m TEXT or --file FILE", add_help=False)
    for name, text in (
        ("status", "what is installed and whether it answers"),
        ("start", "start the server"),
        ("stop", "stop the server"),
        ("restart", "stop and start the server"),
        ("run", "run the server in the foreground"),
        ("models", "the models that can be installed here"),
    ):
        add(name, text)
    add("logs", "what the server says").add_argument(
        "-f", "--follow", action="store_true", help="keep showing"
    )
    add("uninstall", "take everything back").add_argument(
        "--keep-models", action="store_true", help="keep the downloaded models"
    )
    return parser


def _install_options(command: argparse.ArgumentParser) -> None:
    """The table of settings, and what holds for one run only."""
    from bootstrap.settings import CHOICES

    options = command.add_argument_group("choices, remembered in config.toml")
    for choice in CHOICES:
        if not choice.help:
            continue
        if choice.kind is bool:
            options.add_argument(choice.flag, action=argparse.BooleanOptionalAction, help=choice.help)
        elif choice.kind is tuple:
            options.add_argument(choice.flag, action="append", metavar="URL", help=choice.help)
        else:
            options.add_argument(choice.flag, metavar=choice.name.split("_")[-1].upper(), help=choice.help)
    run = command.add_argument_group("this run")
    run.add_argument(
        "--repo",
        action="append",
        metavar="DIR",
        default=[],
        help="put the hook into it (repeatable)",
    )
    run.add_argument("--dry-run", action="store_true", help="show what would be done, and stop")
    run.add_argument("--no-start", action="store_true", help="do not start the server now")
    run.add_argument(
        "--force-fit", action="store_true", help="install --model even if it does not fit in memory"
    )
    run.add_argument(
        "--yes",
        action="store_true",
        help="for scripts: bootstrap never asks, so this changes nothing",
    )


def _log_bug(argv: Sequence[str]) -> Path:
    """A report that can be pasted: no environment, no values of options, the home as `~`."""
    import tempfile
    import traceback
    from pathlib import Path

    from bootstrap.console import tidy

    words = " ".join(word if word.startswith("--") else "…" for word in argv)
    report = (
        f"bootstrap {__version__}, Python {sys.version.split()[0]}, {sys.platform}\narguments: {words}\n\n"
    )
    path = Path(tempfile.gettempdir(), f"bootstrap-bug-{time.strftime('%Y%m%d-%H%M%S')}.log")
    path.write_text(tidy(report + traceback.format_exc()), "utf-8")
    return path


def _lazily(module: str, function: str) -> Callable[[argparse.Namespace, Console], int]:
    def call(arguments: argparse.Namespace, console: Console) -> int:
        import importlib

        command: Any = getattr(importlib.import_module(f"bootstrap.commands.{module}"), function)
        return int(command(arguments, console))

    return call


_COMMANDS = {
    "install": _lazily("install", "run"),
    "hook": _lazily("hook", "run"),
    "uninstall": _lazily("uninstall", "run"),
    "models": _lazily("models", "run"),
    "status": _lazily("service", "status"),
    "start": _lazily("service", "start"),
    "stop": _lazily("service", "stop"),
    "restart": _lazily("service", "restart"),
    "logs": _lazily("service", "logs"),
    "run": _lazily("service", "foreground"),
}
