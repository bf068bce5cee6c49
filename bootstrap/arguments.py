"""The command line: what can be said, and what it means.

Loaded only by what has options: `bootstrap --version` and the git hook's `polish` go without.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, NoReturn

from bootstrap import __version__
from bootstrap.errors import UsageError
from bootstrap.messages import tr

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

BUNDLED = ("model", "llamafile", "mirror", "connections", "limit_rate", "reuse", "catalogue")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of the command that is called. UsageError; SystemExit after --help."""
    words = list(argv)
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help", "--version"}):
        words = ["install", *words]  # the command that needs no name
    return _parser(words[0]).parse_args(words)


class _Parser(argparse.ArgumentParser):
    """Wrong usage speaks as every other error does."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, tr("see: {prog} --help", prog=self.prog))


def _parser(called: str) -> argparse.ArgumentParser:
    """All commands, with the options of the one that is called: the others would only take time."""
    parser = _Parser(
        prog="bootstrap",
        description=tr(
            "A local language model, and commit messages polished by it. Without a command: install."
        ),
    )
    parser.add_argument("--version", action="version", version=f"bootstrap {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in _HELP.items():
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
        )
        if name == called:
            output = command.add_argument_group("output")
            if name == "run":  # what it prints is the server's own
                command.set_defaults(json=False)
            else:
                _switch(output, "--json", tr("one JSON object per line"))
            _switch(output, "--quiet", tr("errors and results only"))
            _switch(output, "--verbose", tr("every change"))
            _OPTIONS.get(name, _no_options)(command)
    commands.add_parser("polish", help=tr("polish a commit message: -m TEXT or --file FILE"), add_help=False)
    return parser


def _no_options(_command: argparse.ArgumentParser) -> None:
    """It has none of its own."""


def _bundle_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("directory", metavar="DIR", help=tr("it is used as: bootstrap --from DIR"))
    options = command.add_argument_group(tr("choices, as for install"))
    _choices(options, BUNDLED)
    _checksum(options)
    command.set_defaults(folder=None)


def _hook_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("install", "remove", "status"))
    command.add_argument(
        "directories", nargs="*", metavar="DIR", default=[], help=tr("repositories (default: this one)")
    )
    options = command.add_argument_group(tr("where and when"))
    options.add_argument(
        "--global",
        dest="everywhere",
        action="store_true",
        help=tr("all repositories, through git's configuration (git 2.54 or newer)"),
    )
    options.add_argument(
        "--stage",
        choices=("prepare-commit-msg", "commit-msg", "both"),
        help=tr(
            "polish what -m says (the default), what an editor leaves, or both; for all repositories, "
            "remembered in config.toml"
        ),
    )
    options.add_argument(
        "--hooks-path",
        action="store_true",
        help=tr("put it where core.hooksPath leads, for all repositories that take their hooks from there"),
    )
    _switch(options, "--dry-run", tr("show what would be done, and stop"))


def _doctor_options(command: argparse.ArgumentParser) -> None:
    _switch(
        command.add_argument_group("repair"), "--fix", tr("repair what can be repaired without a question")
    )
    command.add_argument_group(tr("help from others")).add_argument(
        "--report",
        action="store_true",
        help=tr(
            "print all that somebody needs who is to help you, as text to paste: without your name, the "
            "name of this machine, keys, tokens and prompts"
        ),
    )


def _logs_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("-f", "--follow", action="store_true", help=tr("keep showing"))


def _uninstall_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--keep-models", action="store_true", help=tr("keep the downloaded models"))


def _choices(options: argparse._ArgumentGroup, names: Collection[str] = ()) -> None:
    """The table of settings, or those of these names."""
    from bootstrap.settings import CHOICES

    for choice in CHOICES:
        if not choice.help or (names and choice.name not in names):
            continue
        if choice.kind is bool:
            options.add_argument(choice.flag, action=argparse.BooleanOptionalAction, help=choice.help)
        elif choice.kind is tuple:
            options.add_argument(choice.flag, action="append", metavar="URL", help=choice.help)
        else:
            options.add_argument(
                choice.flag, metavar=choice.value or choice.name.split("_")[-1].upper(), help=choice.help
            )


def _checksum(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--sha256",
        metavar="HEX",
        default=os.environ.get("BOOTSTRAP_SHA256"),
        help=tr("checksum of the file or address that --model is"),
    )


def _install_options(command: argparse.ArgumentParser) -> None:
    """The table of settings, and what holds for one run only."""
    _choices(command.add_argument_group(tr("choices, remembered in config.toml")))
    run = command.add_argument_group(tr("this run"))
    repositories = [name for name in os.environ.get("BOOTSTRAP_REPO", "").split(os.pathsep) if name]
    run.add_argument(
        "--repo",
        action="append",
        metavar="DIR",
        default=repositories,
        help=tr("put the hook into it (repeatable)"),
    )
    _switch(run, "--global-hook", tr("put the hook into all repositories (git 2.54 or newer)"))
    _checksum(run)
    run.add_argument(
        "--from",
        dest="folder",
        metavar="DIR",
        default=os.environ.get("BOOTSTRAP_FROM"),
        help=tr("take everything from a folder that `bundle` has filled, and nothing from the network"),
    )
    _switch(run, "--dry-run", tr("show what would be done, and stop"))
    _switch(
        run,
        "--print-urls",
        tr(
            "show what would be downloaded, and stop: address, sha256, size in bytes (- if unknown) and file "
            "name, with tabs between, one line for each address"
        ),
    )
    _switch(run, "--no-start", tr("do not start the server now"))
    _switch(run, "--force-fit", tr("install --model even if it does not fit in memory"))
    _switch(run, "--force", tr("take the place of a newer bootstrap"))
    _switch(run, "--yes", tr("for scripts: bootstrap never asks, so this changes nothing"))


def _switch(group: argparse._ArgumentGroup, flag: str, text: str) -> None:
    """An option without a value; BOOTSTRAP_DRY_RUN=1 is --dry-run. Raises UsageError."""
    from bootstrap import settings

    variable = "BOOTSTRAP_" + flag.removeprefix("--").replace("-", "_").upper()
    value = os.environ.get(variable) or "no"
    try:
        default = settings.truth(value)
    except ValueError as error:
        raise UsageError(
            "{variable}={value}: {error}", "set {variable} anew", variable=variable, value=value, error=error
        ) from error
    group.add_argument(flag, action="store_true", default=default, help=text)


_HELP = {
    "install": tr("install, upgrade or repair: model, server, autostart, hook"),
    "bundle": tr("fill a folder with all files for an install without a network"),
    "hook": tr("put the git hook into repositories, take it out, or list them"),
    "undo": tr("give the last commit the words back that its author wrote"),
    "status": tr("what is installed and whether it answers"),
    "start": tr("start the server"),
    "stop": tr("stop the server"),
    "restart": tr("stop and start the server"),
    "run": tr("run the server in the foreground"),
    "models": tr("the models that can be installed here"),
    "doctor": tr("what may be wrong here, and what helps"),
    "verify": tr("read every downloaded file again"),
    "logs": tr("what the server says"),
    "uninstall": tr("take everything back"),
}

_OPTIONS = {
    "install": _install_options,
    "bundle": _bundle_options,
    "hook": _hook_options,
    "doctor": _doctor_options,
    "logs": _logs_options,
    "uninstall": _uninstall_options,
}
