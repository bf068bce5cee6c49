"""The only changes that we ever make to a machine, and how the receipt spells them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from bootstrap.actions.action import Action, Memory, Progress
from bootstrap.actions.aside import MoveAside
from bootstrap.actions.command import EditCrontab, RunCommand
from bootstrap.actions.download import Download
from bootstrap.actions.filesystem import CreateDirectory, Link, Sweep
from bootstrap.actions.gitconfig import EditGitConfig
from bootstrap.actions.logon import RegisterLogon
from bootstrap.actions.port import AwaitPort
from bootstrap.actions.program import InstallProgram
from bootstrap.actions.prove import PROOF, ProveServer
from bootstrap.actions.repair import Close, Discard, Shorten, Unquarantine
from bootstrap.actions.secret import KeepKey
from bootstrap.actions.textfile import WriteFile
from bootstrap.errors import ReceiptError

__all__ = [
    "KINDS", "PROOF", "Action", "AwaitPort", "Close", "CreateDirectory", "Discard", "Download",
    "EditCrontab", "EditGitConfig", "InstallProgram", "KeepKey", "Link", "Memory", "MoveAside", "Progress",
    "ProveServer", "RegisterLogon", "RunCommand", "Shorten", "Sweep", "Unquarantine", "WriteFile",
    "from_json", "to_json",
]  # fmt: skip

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        AwaitPort,
        CreateDirectory,
        Download,
        EditCrontab,
        EditGitConfig,
        InstallProgram,
        KeepKey,
        Link,
        MoveAside,
        ProveServer,
        RegisterLogon,
        RunCommand,
        Sweep,
        Unquarantine,
        WriteFile,
    )
}


def to_json(action: Action) -> dict[str, Any]:
    """The action as JSON data, with its class's name as `kind`. What is a secret is not in it."""
    data: dict[str, Any] = {"kind": type(action).__name__}
    for field in fields(action):
        if field.metadata.get("unspoken"):
            continue
        value = getattr(action, field.name)
        data[field.name] = str(value) if isinstance(value, Path) else value
    return data


def from_json(data: dict[str, Any]) -> Action:
    """The action that `to_json` wrote. Fields that it did not know yet take their defaults.

    Raises ReceiptError for a kind or field that this version does not know.
    """
    values = dict(data)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ReceiptError(
            "the receipt holds an unknown action {kind!r}", "use the newest bootstrap", kind=kind
        )
    try:
        action: Action = KINDS[kind](
            **{name: _revived(KINDS[kind], name, value) for name, value in values.items()}
        )
    except (TypeError, KeyError) as error:
        raise ReceiptError(
            "the receipt holds a broken {kind}: {error}", "use the newest bootstrap", kind=kind, error=error
        ) from error
    return action


def _revived(kind: type[Action], name: str, value: object) -> object:
    """JSON knows neither paths nor tuples."""
    annotation = str(kind.__dataclass_fields__[name].type)
    if annotation.startswith("Path"):
        return Path(str(value))
    return _tuples(value)


def _tuples(value: object) -> object:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
