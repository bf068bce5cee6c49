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
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError, UsageError
from bootstrap.messages import tr
from bootstrap.polish import evidence, message, occasion, pause, pipeline, result, workshop
from bootstrap.polish.arguments import parse
from bootstrap.polish.pipeline import Outcome
from bootstrap.polish.sources import history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bootstrap.polish.arguments import Arguments
    from bootstrap.polish.evidence import Switches

_NO_TEXT = tr("it is not UTF-8 text of at most 64 KB")
_ELSE = tr("the repository follows another convention (git config commit-polish.enabled true changes that)")


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
            self.explain(tr("taken: {subject}", subject=outcome.subject))
        elif self.arguments.explain or not (outcome.decided and self.arguments.file):
            reason = "".join(letter if letter.isprintable() else " " for letter in outcome.reason)
            what = tr("no suggestion") if self.arguments.stage == "suggest" else tr("message left as it was")
            sys.stderr.write(tr("commit-polish: {what}: {reason}\n", what=what, reason=reason))
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
        if "--json" in argv:
            _event("error", message=error.message, hint=error.hint)
            return error.exit_status
        sys.stderr.write(f"error: {error.message}\nhelp: {error.hint}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _carry_out(run: _Run) -> int:
    as_json = run.arguments.json
    if run.arguments.file is not None:
        path = Path(run.arguments.file)
        before = _read(path) if as_json else None
        outcome = _caught(lambda: _polish_file(run, path))
        if not as_json:
            return run.report(outcome)
        out = Path(run.arguments.out) if run.arguments.out and outcome.subject is not None else path
        return _tell(outcome, before, _read(out))
    text = "\n\n".join(run.arguments.message or ())
    parts = message.split(text, None)
    outcome = _caught(lambda: _polish_text(run, parts))
    polished = text if outcome.subject is None else message.join(parts, outcome.subject)
    if as_json:
        return _tell(outcome, text, polished)
    sys.stdout.buffer.write(os.fsencode(polished) + b"\n")
    return run.report(outcome)


def _tell(outcome: Outcome, before: str | None, after: str | None) -> int:
    """How it ended, for programs; the exit status. before, after: the whole message, None where none is."""
    _event(
        "done",
        subject=None if after is None else message.split(after, None).subject,
        message=after,
        changed=before != after,
        reason=outcome.reason,
    )
    return 0


def _event(name: str, **data: object) -> None:
    import json

    sys.stdout.write(json.dumps({"event": name, **data}) + "\n")


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes()[: message.MAX_BYTES + 1].decode("utf-8", "replace")
    except OSError:
        return None


def _caught(work: Callable[[], Outcome]) -> Outcome:
    """No expected trouble of ours may cost a commit."""
    try:
        return work()
    except BootstrapError as error:
        return Outcome(None, f"{error.message} ({error.hint})" if error.hint else error.message)
    except (OSError, ValueError) as error:
        return Outcome(None, str(error))


def _polish_text(run: _Run, parts: message.Message) -> Outcome:
    if message.decode(os.fsencode(message.join(parts, parts.line))) is None:
        return Outcome(None, _NO_TEXT)
    return _polish(run, parts, evidence.asked_or_default(workshop.GIT_SECONDS))


def _polish_file(run: _Run, path: Path) -> Outcome:
    stage = run.arguments.stage
    if reason := occasion.why(path, stage, os.environ):
        return Outcome(None, reason, decided=True)
    with path.open("rb") as file:
        raw = file.read(message.MAX_BYTES + 1)
    text = message.decode(raw)
    if text is None:
        return Outcome(None, _NO_TEXT, decided=True)
    switches = evidence.switches(workshop.GIT_SECONDS)
    if switches.enabled is False:
        return Outcome(None, tr("git config commit-polish.enabled is false"), decided=True)
    edited = occasion.is_edited(os.environ)
    comment = switches.comment_in(text, edited)
    parts = message.split(text, comment)
    if stage == "suggest":
        return _suggest(run, path, text, parts, switches, comment)
    if stage == "commit-msg" and (reason := _not_the_users(parts.subject, switches)):
        return Outcome(None, reason, decided=True)
    outcome = _polish(run, parts, switches)
    if outcome.subject is not None:
        subjects = result.Subjects(outcome.subject, parts.subject, evidence.head(workshop.GIT_SECONDS))
        if edited and stage != "commit-msg":
            parts = message.with_note(
                parts, tr("commit-polish: you wrote: {subject}", subject=parts.subject), comment
            )
        result.save(path, raw, message.join(parts, outcome.subject), subjects, run.arguments.out)
    return outcome


def _suggest(
    run: _Run, path: Path, text: str, parts: message.Message, switches: Switches, comment: str | None
) -> Outcome:
    """A comment line for the editor; nothing of it gets into history by itself."""
    if parts.subject or comment is None:
        return Outcome(None, tr("there is a message already"), decided=True)
    outcome = _polish(run, None, switches)
    if outcome.subject is not None:
        noted = message.noted(text, tr("commit-polish suggests: {subject}", subject=outcome.subject), comment)
        result.write(path, noted, run.arguments.out)
    return outcome


def _not_the_users(subject: str, switches: Switches) -> str:
    """Why a subject that comes out of an editor was there before; git does not say whether it amends or
    takes a message over."""
    if subject in history.subjects(workshop.GIT_SECONDS):
        return tr("its subject is that of an earlier commit")
    if subject in switches.template_lines():
        return tr("its subject is a line of the template")
    return ""


def _polish(run: _Run, parts: message.Message | None, switches: Switches) -> Outcome:
    here = workshop.place(run.arguments.config)
    from_hook = run.arguments.file is not None
    if from_hook and pause.is_on(here.pause):
        return Outcome(None, tr("the server has failed a moment ago"), decided=True)
    with workshop.hard_end(from_hook):
        tools = workshop.tools(here, switches, run.started, run.explain, from_hook=from_hook)
        if tools is None:
            return Outcome(None, _ELSE, decided=True)
        return pipeline.suggest(tools) if parts is None else pipeline.polish(parts, tools)
