"""What the pipeline works with, from config.toml, git and this machine: a set of tools for one commit."""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import paths
from bootstrap import settings as choices
from bootstrap.errors import CommandError, ServerError, SettingsError
from bootstrap.messages import tr
from bootstrap.polish import diff, evidence, pause, sources, speed
from bootstrap.polish.pipeline import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bootstrap.polish.client import Answer
    from bootstrap.polish.evidence import Switches
    from bootstrap.settings import Settings

GIT_SECONDS = 2.0  # for each question to git
_REMOTE_CONNECT_SECONDS = 2.0
_GRACE = 0.5  # seconds beyond the deadline, for what keeps to it by itself


@dataclass(frozen=True)
class Place:
    """Where our files are on this machine."""

    config: Path
    speed: Path
    pause: Path


def place(config: str | None) -> Place:
    """config: another config.toml. Raises SettingsError."""
    try:
        found = paths.find()
    except RuntimeError as error:  # pathlib: neither HOME nor an entry for this user
        raise SettingsError("there is no home directory, so no config.toml", "set HOME") from error
    return Place(Path(config) if config else found.config_file, found.speed_file, found.pause_file)


def tools(
    here: Place, switches: Switches, started: float, explain: Callable[[str], None], *, from_hook: bool
) -> Tools | None:
    """The tools; None where the repository plainly follows another convention.

    started: moment of time.monotonic(); from_hook: we stand at the top of the work tree, and a failure of
    the server makes a pause.
    Raises SettingsError.
    """
    settings = choices.read(here.config)
    end = started + settings.deadline
    if from_hook:
        _end_hard(max(end - time.monotonic(), 0) + _GRACE)

    def left() -> float:
        return end - time.monotonic()

    def seconds() -> float:
        return min(GIT_SECONDS, left())

    root = Path.cwd() if from_hook else evidence.top(seconds())
    rules = sources.find(root, switches, settings.limit, seconds())
    if rules is None:
        return None
    model = settings.model or "default"
    measured = speed.measured(here.speed, model)
    mode = speed.mode(settings.mode, measured, settings.deadline)
    room = speed.room(mode, measured, settings.deadline)
    explain(tr("convention: {source}; mode: {mode}", source=rules.source, mode=mode))

    def ask(request: Mapping[str, Any]) -> Answer:
        if left() <= 0:
            raise CommandError("git took all the time that there was", "see hook.deadline in config.toml")
        try:
            return _answer(settings, request, end)
        except ServerError:
            if from_hook:
                pause.begin(here.pause)
            raise

    return Tools(
        model=model,
        temperature=settings.temperature,
        mode=mode,
        rules=rules,
        files=lambda: diff.files(seconds()),
        pieces=lambda files: diff.pieces(files, room, seconds()),
        ask=ask,
        left=left,
        explain=explain,
    )


@contextlib.contextmanager
def hard_end(from_hook: bool) -> Iterator[None]:
    """What `tools` has set for the hook does not outlive this."""
    try:
        yield
    finally:
        if from_hook:
            _end_hard(0)


def _end_hard(seconds: float) -> None:
    """The system ends this process then, whatever it is at; 0 takes that back. The message is not written
    by then, so it stays as it was. Windows has no such timer."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _answer(settings: Settings, request: Mapping[str, Any], end: float) -> Answer:
    from bootstrap.polish import client, key

    api_base = settings.api_base or f"http://127.0.0.1:{settings.port}/v1"
    local = _is_this_machine(api_base)
    if not (local or settings.allow_remote or api_base == settings.attached):
        raise ServerError("{api_base} is another machine and hook.allow_remote is not set", api_base=api_base)
    patience = 0.3 if local else _REMOTE_CONNECT_SECONDS
    api_key = key.read(Path(settings.api_key_file)) if settings.api_key_file else None
    try:
        return client.complete(api_base, request, deadline=end, connect_timeout=patience, api_key=api_key)
    except ServerError as error:
        if api_base != settings.attached:
            raise
        raise ServerError(error.message, tr("that server is not ours: see to it where it runs")) from error


def _is_this_machine(api_base: str) -> bool:
    """Whether an address is of the loopback interface, as a literal or by its usual name."""
    import ipaddress
    from urllib.parse import urlsplit

    host = urlsplit(api_base).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
