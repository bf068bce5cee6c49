"""Arguments → one call → exit status."""

from __future__ import annotations

import io
import os
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from bootstrap import __version__
from bootstrap.errors import BootstrapError
from bootstrap.messages import tr

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

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
    said: deque[str] = deque(maxlen=1000)
    try:
        status = _run(argv, said)
        return status if _all_is_said() else FAILED
    except KeyboardInterrupt:
        print(
            tr("\ninterrupted: run the same command again, it goes on where it stopped"),
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:
        _hush(sys.stdout, sys.stderr)
        return FAILED
    except Exception as error:  # noqa: BLE001  # the one place: a bug must not end in a page of traceback
        what = tr("this is a bug in bootstrap: {kind}: {error}", kind=type(error).__name__, error=error)
        print(f"error: {what}", file=sys.stderr)
        print(f"help: {_log_bug(argv, error, said)}", file=sys.stderr)
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
        what = tr("cannot write the result: {reason}", reason=error.strerror)
        print(f"error: {what}", file=sys.stderr)
        print(f"help: {tr('look at where the output goes')}", file=sys.stderr)
        _hush(sys.stdout)
        return False
    return True


def _hush(*streams: TextIO | None) -> None:
    """What they still hold goes nowhere, or Python would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, streams):
        os.dup2(nowhere, stream.fileno())


def _run(argv: Sequence[str], said: deque[str]) -> int:
    """said: takes up what a command says that a person or a script calls."""
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
    from bootstrap.console import RememberingConsole, open_console

    _hear_interrupts_once()
    console: Console = open_console(as_json="--json" in argv)
    worth_a_log = False
    try:
        arguments = parse(argv)
        worth_a_log = arguments.command not in _TELLING and not _is_rehearsal(arguments)
        console = open_console(as_json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose)
        console = RememberingConsole(console, said)
        return _COMMANDS[arguments.command](arguments, console)
    except BootstrapError as error:
        console.fail(error)
        if worth_a_log and error.exit_status == FAILED:
            _log(argv, error, said)
        return error.exit_status
    except KeyboardInterrupt as error:
        console.stop()
        if worth_a_log:
            _log(argv, error, said)
        raise
    except SystemExit as ended:  # argparse has shown its help
        return int(ended.code or DONE)


def _is_rehearsal(arguments: argparse.Namespace) -> bool:
    return any(getattr(arguments, name, False) for name in ("dry_run", "print_urls"))


def _log(argv: Sequence[str], error: BaseException, said: Collection[str]) -> tuple[str, Path | None]:
    """Write down how a run has ended: what was written, and where; None where no file can be.

    In it there is no environment, no value of an option, and nothing that `redaction` knows to hide.
    """
    import platform

    from bootstrap import failure

    words = [word.partition("=")[0] if word.startswith("--") else "…" for word in argv]
    if argv and argv[0] in {*_COMMANDS, "polish", "keep"}:
        words[0] = argv[0]
    header = [
        f"bootstrap {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {' '.join(words) or 'none'}",
    ]
    report = failure.text("\n".join(header), said, error, _keys())
    return report, failure.keep(report, error)


def _keys() -> list[str]:
    """The key of the server, as far as it can be known now."""
    from pathlib import Path

    from bootstrap import paths, settings
    from bootstrap.polish import key

    try:
        file = settings.read(paths.find().config_file).api_key_file
        return [key.read(Path(file))] if file else []
    except (BootstrapError, RuntimeError):  # RuntimeError: no home
        return []


def _log_bug(argv: Sequence[str], error: BaseException, said: Collection[str]) -> str:
    """Where the log of a bug is, for people; all of it where no file can be written."""
    from bootstrap.console import tidy

    report, path = _log(argv, error, said)
    return tidy(
        tr("send this file to the project: {path}", path=path)
        if path
        else tr("send this to the project:\n{report}", report=report)
    )


def _lazily(module: str, function: str) -> Callable[[argparse.Namespace, Console], int]:
    def call(arguments: argparse.Namespace, console: Console) -> int:
        import importlib

        command: Any = getattr(importlib.import_module(f"bootstrap.commands.{module}"), function)
        return int(command(arguments, console))

    return call


# what they say of a failure is what they were asked for, and must not take the place of its log
_TELLING = {"status", "models", "doctor", "logs"}
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
