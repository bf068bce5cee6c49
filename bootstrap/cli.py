"""Arguments → one call → exit status."""

from __future__ import annotations

import io
import os
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from bootstrap import __version__
from bootstrap.errors import BootstrapError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from bootstrap.console import Console

DONE, FAILED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130


def entry() -> NoReturn:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command line; its exit status. Nothing escapes as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a path that the locale cannot spell is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(argv)
        return status if _all_is_said() else FAILED
    except KeyboardInterrupt:
        print(
            "\ninterrupted: run the same command again, it goes on where it stopped",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:
        _hush(sys.stdout, sys.stderr)
        return FAILED
    except Exception as error:  # noqa: BLE001  # the one place: a bug must not end in a page of traceback
        print(f"error: this is a bug in bootstrap: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"help: send {_log_bug(argv)}", file=sys.stderr)
        return BUG


def _hear_interrupts_once() -> None:
    """A Ctrl-C comes twice to the one file, from the terminal and from the process that has unpacked it. The
    second one would hit whatever the first one has made us tidy up."""
    import signal

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # somebody wants us not to hear any
    heard = 0.0

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal heard
        before, heard = heard, time.monotonic()
        if heard - before > 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def _all_is_said() -> bool:
    """Whether everything could be written; a reader that has gone away is noticed here, too."""
    try:
        if sys.stdout:  # None for a program without a window
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"error: cannot write the result: {error.strerror}", file=sys.stderr)
        print("help: look at where the output goes", file=sys.stderr)
        _hush(sys.stdout)
        return False
    return True


def _hush(*streams: TextIO | None) -> None:
    """What they still hold goes nowhere, or Python would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, streams):
        os.dup2(nowhere, stream.fileno())


def _run(argv: Sequence[str]) -> int:
    if list(argv) == ["--version"]:
        print(f"bootstrap {__version__}")
        return DONE
    if argv[:1] == ["polish"]:  # the git hook calls it at every commit: load nothing else
        from bootstrap.polish.command import main as polish

        return polish(argv[1:])
    if argv[:1] == ["keep"]:  # likewise, at every login
        from bootstrap.keeper.verbs import main as keep

        return keep(argv[1:])
    from bootstrap.arguments import parse
    from bootstrap.console import open_console

    _hear_interrupts_once()
    console: Console = open_console(as_json="--json" in argv)
    try:
        arguments = parse(argv)
        console = open_console(as_json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose)
        return _COMMANDS[arguments.command](arguments, console)
    except BootstrapError as error:
        console.fail(error)
        return error.exit_status
    except KeyboardInterrupt:
        console.stop()
        raise
    except SystemExit as ended:  # argparse has shown its help
        return int(ended.code or DONE)


def _log_bug(argv: Sequence[str]) -> str:
    """A report that can be pasted: no environment, no values of options, the home as `~`. Where it is, for
    people; all of it where no file can be written."""
    import tempfile
    import traceback
    from pathlib import Path

    from bootstrap.console import tidy

    words = " ".join(word.partition("=")[0] if word.startswith("--") else "…" for word in argv)
    report = (
        f"bootstrap {__version__}, Python {sys.version.split()[0]}, {sys.platform}\narguments: {words}\n\n"
    )
    report = tidy(report + traceback.format_exc())
    try:
        path = Path(tempfile.gettempdir(), f"bootstrap-bug-{time.strftime('%Y%m%d-%H%M%S')}.log")
        path.write_text(report, "utf-8")
    except OSError:
        return f"this to the project:\n{report}"
    return f"this file to the project: {path}"


def _lazily(module: str, function: str) -> Callable[[argparse.Namespace, Console], int]:
    def call(arguments: argparse.Namespace, console: Console) -> int:
        import importlib

        command: Any = getattr(importlib.import_module(f"bootstrap.commands.{module}"), function)
        return int(command(arguments, console))

    return call


_COMMANDS = {
    "install": _lazily("install", "run"),
    "hook": _lazily("hook", "run"),
    "undo": _lazily("undo", "run"),
    "uninstall": _lazily("uninstall", "run"),
    "models": _lazily("models", "run"),
    "verify": _lazily("verify", "run"),
    "bundle": _lazily("bundle", "run"),
    "status": _lazily("service", "status"),
    "start": _lazily("service", "start"),
    "stop": _lazily("service", "stop"),
    "restart": _lazily("service", "restart"),
    "doctor": _lazily("doctor", "run"),
    "logs": _lazily("service", "logs"),
    "run": _lazily("service", "foreground"),
}
