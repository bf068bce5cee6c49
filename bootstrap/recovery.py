"""What of ours is here, where no receipt tells: it was lost or is broken. What is exactly as it would be made
now becomes ours again, as far as nobody else can have made it; so uninstall finds it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files
from bootstrap.actions import (
    CreateDirectory,
    Download,
    EditCrontab,
    InstallProgram,
    KeepKey,
    Link,
    WriteFile,
)
from bootstrap.actions.secret import KEY_MARK
from bootstrap.paths import NAME
from bootstrap.settings import Settings, choices_in, overlay, parse, writing

if TYPE_CHECKING:
    from bootstrap.actions import Action, Memory
    from bootstrap.paths import Paths


def is_installed(paths: Paths) -> bool:
    """Whether it looks as if we had been here: settings, and an engine or our program in its place."""
    ours = [*paths.programs.glob("llamafile/*/llamafile*"), *paths.programs.glob("program/*/bootstrap*")]
    return paths.config_file.exists() and bool(ours)


def memory_of(action: Action) -> Memory | None:
    """What the receipt would remember of this action, had it been carried out; None where nothing is there,
    where it may be somebody else's, or where carrying it out again is as good."""
    if isinstance(action, CreateDirectory):
        return {"made": [str(action.path)]} if is_ours(action.path) and action.path.is_dir() else None
    if isinstance(action, Download | Link | EditCrontab):
        ours = not isinstance(action, Download) or is_ours(action.path)
        found = ours and action.observe({}) is not None
        return action.remember({"ours": True} if isinstance(action, Download) else {}) if found else None
    if isinstance(action, KeepKey):
        made = (files.read(action.path) or b"").startswith(KEY_MARK.encode())
        return {"ours": [action.fingerprint]} if made and action.observe({}) is not None else None
    if isinstance(action, InstallProgram):
        return action.found_again() if action.path.is_dir() else None
    if isinstance(action, WriteFile) and not action.ours:
        return _file(action)
    return None


def is_ours(path: Path) -> bool:
    """Whether it is in a directory, or has a name, that only we use."""
    home = Path.home()
    inside = path.relative_to(home) if path.is_relative_to(home) else path
    return any(NAME in part for part in inside.parts)


def _file(action: WriteFile) -> Memory | None:
    """Another text under a name of ours is the user's edit: it is kept beside the right one. Who has written
    into a merged one cannot be known, unless it is as a first run makes it."""
    now = files.read(action.path)
    if now is None or not is_ours(action.path):
        return None
    exact = now == action.text.encode(action.encoding)
    ours = [hashlib.sha256(now).hexdigest()] if exact else []
    edited = {"edited": True} if action.merged and not (exact and _is_plain(action)) else {}
    return {"previous": None, "mode": None, "ours": ours} | edited


def _is_plain(action: WriteFile) -> bool:
    chosen = overlay(Settings(), choices_in(parse(action.text, action.path), action.path))
    return writing.render("", chosen) == action.text
