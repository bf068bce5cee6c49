"""From a message to a better subject, or to the reason why it stays: the order of the decisions.

Only `hook.mode = "type"` exists so far, and stands for the other modes too: the model chooses the
type, and the description is the user's own words after the repairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bootstrap.polish import convention, evidence, leave, message, prompt, repair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bootstrap.polish.client import Answer


@dataclass(frozen=True)
class Tools:
    """What the pipeline may use: the paths that the commit changes, a completion (raises
    ServerError), and where to explain itself.
    """

    model: str
    temperature: float
    limit: int
    paths: Callable[[], tuple[str, ...]]
    ask: Callable[[Mapping[str, Any]], Answer]
    explain: Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """The subject to use, or why the message stays. decided: on purpose, so nobody need be told."""

    subject: str | None
    reason: str = ""
    decided: bool = False


def polish(parts: message.Message, tools: Tools) -> Outcome:
    """A better subject. Raises ServerError where the model is needed and does not answer."""
    affixes = message.affixes(parts.subject)
    draft = repair.draft(affixes.core)
    reason = _why_left(parts, affixes.core)
    if reason or draft is None:
        return Outcome(None, reason or "its subject follows another convention", decided=True)
    draft = replace(draft, breaking=draft.breaking or message.marks_breaking(parts))

    def finished(kind: str) -> Outcome:
        subject = affixes.prefix + str(draft.typed(kind)) + affixes.suffix
        if len(subject) > tools.limit:
            return Outcome(None, f"its subject would have {len(subject)} characters, more than {tools.limit}")
        return Outcome(subject)

    if draft.type:
        tools.explain("type: the author's own, so no model is asked")
        return finished(draft.type)
    if (shortest := finished("ci")).reason:  # too long with any type: that needs no model
        return shortest
    paths = tools.paths()
    if kind := evidence.kind_of(paths):
        tools.explain("type: from the changed paths, so no model is asked")
        return finished(kind)
    question = prompt.question(tools.model, affixes.core, paths)
    if leave.has_secret(question):
        return Outcome(None, "a path looks like a secret, so nothing was sent", decided=True)
    kind, reason = _asked(tools, question, breaking=draft.breaking)
    return finished(kind) if kind else Outcome(None, reason)


def _why_left(parts: message.Message, core: str) -> str:
    reason = leave.why(parts.subject) or leave.why(core)
    if not reason and not parts.alone:
        reason = "its subject runs over several lines"
    if not reason and convention.valid(core, len(core)):  # too long a one cannot be helped either
        reason = "its subject is a Conventional Commit already"
    if not reason and leave.has_secret(message.join(parts, parts.line)):
        reason = "something in it looks like a secret, so nothing was sent"
    return reason


def _asked(tools: Tools, question: str, *, breaking: bool) -> tuple[str | None, str]:
    """The type that the model chose, or None and the reason."""
    request = prompt.request(tools.model, tools.temperature, question, breaking=breaking)
    tools.explain(f"sent:\n{question}\nwith the grammar:\n{request['grammar']}")
    answer = tools.ask(request)
    tools.explain(f"came back ({answer.finish_reason}, {answer.seconds:.2f} s): {answer.text!r}")
    if answer.finish_reason == "length":
        return None, "the model did not come to an end"
    kind = prompt.kind_in(answer.text)
    return kind, "" if kind else "the model did not answer with a type"
