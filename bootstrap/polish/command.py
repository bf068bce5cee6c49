"""`bootstrap polish`: a message from a file or from the command line, with a better subject.

With --file, which the git hook uses, every trouble leaves the file as it was, with status 0 and at
most one line on stderr; what is left alone on purpose is left without a word.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import settings as choices
from bootstrap.errors import BootstrapError, ServerError, SettingsError, UsageError
from bootstrap.polish import evidence, message, pipeline
from bootstrap.polish.arguments import parse
from bootstrap.polish.pipeline import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bootstrap.polish.arguments import Arguments
    from bootstrap.polish.client import Answer

ORIGINAL = "COMMIT_POLISH_ORIG"  # beside the message file: what the user wrote, for `bootstrap undo`
_NEW = ".commit-polish-new"
_GIT_SECONDS = 2.0  # for each question to git
_REMOTE_CONNECT_SECONDS = 2.0


@dataclass(frozen=True)
class _Run:
    """One call of the command. started: moment of time.monotonic()."""

    arguments: Arguments
    started: float

    def explain(self, text: str) -> None:
        """What --explain shows."""
        if self.arguments.explain:
            sys.stderr.write(f"{text}\n")

    def report(self, outcome: Outcome) -> int:
        """Tell what became of the message; the exit status."""
        if not outcome.reason:
            self.explain(f"taken: {outcome.subject}")
        elif self.arguments.explain or not (outcome.decided and self.arguments.file):
            sys.stderr.write(f"commit-polish: message left as it was: {outcome.reason}\n")
        return 0


def main(argv: Sequence[str]) -> int:
    """Run `bootstrap polish` with the arguments behind that word; the exit status.

    2 for a wrong command line, 130 when interrupted; every other expected trouble leaves the message
    and is 0.
    """
    started = time.monotonic()
    try:
        return _carry_out(_Run(parse(argv), started))
    except UsageError as error:
        sys.stderr.write(f"error: {error.message}\nhelp: {error.hint}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _carry_out(run: _Run) -> int:
    if run.arguments.file is not None:
        path = Path(run.arguments.file)
        return run.report(_caught(lambda: _polish_file(run, path)))
    text = "\n\n".join(run.arguments.message or ())
    parts = message.split(text, None)
    outcome = _caught(lambda: _polish_text(run, parts))
    result = text if outcome.subject is None else message.join(parts, outcome.subject)
    sys.stdout.buffer.write(os.fsencode(result) + b"\n")
    return run.report(outcome)


def _caught(work: Callable[[], Outcome]) -> Outcome:
    """No expected trouble of ours may cost a commit."""
    try:
        return work()
    except (BootstrapError, OSError, ValueError) as error:
        return Outcome(None, str(error))


def _polish_text(run: _Run, parts: message.Message) -> Outcome:
    if message.decode(os.fsencode(message.join(parts, parts.line))) is None:
        return Outcome(None, "it is not UTF-8 text of at most 64 KB")
    return pipeline.polish(parts, _tools(run))


def _polish_file(run: _Run, path: Path) -> Outcome:
    if os.environ.get("COMMIT_POLISH") == "0" or os.environ.get("CI"):
        return Outcome(None, "COMMIT_POLISH=0 or CI is set", decided=True)
    with path.open("rb") as file:
        raw = file.read(message.MAX_BYTES + 1)
    text = message.decode(raw)
    if text is None:
        return Outcome(None, "it is not UTF-8 text of at most 64 KB", decided=True)
    switches = evidence.switches(_GIT_SECONDS)
    if not switches.enabled:
        return Outcome(None, "git config commit-polish.enabled is false", decided=True)
    # git says with GIT_EDITOR=: that it opens none, and always sets GIT_INDEX_FILE for its hooks
    edited = "GIT_INDEX_FILE" in os.environ and os.environ.get("GIT_EDITOR") != ":"
    comment = switches.comment_in(text, edited)
    parts = message.split(text, comment)
    at_end = run.arguments.stage == "commit-msg"
    if at_end and parts.subject == evidence.last_subject(_GIT_SECONDS):
        # here git does not say whether it amends or takes a message over
        return Outcome(None, "its subject is that of the last commit", decided=True)
    outcome = pipeline.polish(parts, _tools(run))
    if outcome.subject is not None:
        if edited and not at_end:
            parts = message.with_note(parts, f"commit-polish: you wrote: {parts.subject}", comment)
        _save(path, raw, message.join(parts, outcome.subject).encode(), run.arguments.out)
    return outcome


def _tools(run: _Run) -> pipeline.Tools:
    """Raises SettingsError."""
    settings = choices.read(_config_file(run.arguments.config))
    end = run.started + settings.deadline

    def ask(request: Mapping[str, Any]) -> Answer:
        from bootstrap.polish import client

        api_base = settings.api_base or f"http://127.0.0.1:{settings.port}/v1"
        here = _is_this_machine(api_base)
        if not (here or settings.allow_remote):
            raise ServerError(f"{api_base} is another machine and hook.allow_remote is not set")
        patience = 0.3 if here else _REMOTE_CONNECT_SECONDS
        return client.complete(api_base, request, deadline=end, connect_timeout=patience)

    return pipeline.Tools(
        model=settings.model or "default",
        temperature=settings.temperature,
        limit=settings.limit,
        paths=lambda: evidence.staged(min(_GIT_SECONDS, end - time.monotonic())),
        ask=ask,
        explain=run.explain,
    )


def _config_file(given: str | None) -> Path:
    if given is not None:
        return Path(given)
    from bootstrap import paths

    try:
        return paths.find().config_file
    except RuntimeError as error:  # pathlib: neither HOME nor an entry for this user
        raise SettingsError("there is no home directory, so no config.toml", "set HOME") from error


def _is_this_machine(api_base: str) -> bool:
    """Whether an address is of the loopback interface, as a literal or by its usual name."""
    import ipaddress
    from urllib.parse import urlsplit

    host = urlsplit(api_base).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _save(path: Path, raw: bytes, polished: bytes, out: str | None) -> None:
    """Write the result, and beside the message what the user wrote. Raises OSError."""
    mode = path.stat().st_mode & 0o777
    directory = path.parent
    if (directory / "HEAD").is_file():  # a git directory, of a worktree too
        _write(directory / ORIGINAL, raw, mode)
    _write(Path(out) if out else path.resolve(), polished, mode)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all."""
    new = path.with_name(path.name + _NEW)
    try:
        new.write_bytes(data)
        new.chmod(mode)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
