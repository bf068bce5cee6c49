"""From a message to a better subject, or to the reason why it stays: the order of the decisions.

In mode "type" the model chooses the type, and the description is the user's own words after the
repairs. In mode "rewrite" it may also rephrase them, and the guard has the last word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bootstrap.messages import tr
from bootstrap.polish import convention, evidence, leave, message, prompt, repair, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bootstrap.polish.client import Answer
    from bootstrap.polish.convention import Convention, Subject
    from bootstrap.polish.diff import File, Piece
    from bootstrap.polish.message import Affixes
    from bootstrap.polish.repair import Draft

# A subject may be so many times as long as the longest one: the guard lets none lose more.
_SHORTER = 2.5


@dataclass(frozen=True)
class Tools:
    """What the pipeline may use: the files that the commit changes and the largest pieces of the change,
    a completion (raises ServerError), the seconds that are left, and where to explain itself.

    mode: "type" or "rewrite".
    """

    model: str
    temperature: float
    mode: str
    rules: Convention
    files: Callable[[], Sequence[File]]
    pieces: Callable[[Sequence[File]], Sequence[Piece]]
    ask: Callable[[Mapping[str, Any]], Answer]
    left: Callable[[], float]
    explain: Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """The subject to use, or why the message stays. decided: on purpose, so nobody need be told."""

    subject: str | None
    reason: str = ""
    decided: bool = False


def polish(parts: message.Message, tools: Tools) -> Outcome:
    """A better subject. Raises ServerError where the model is needed and does not answer."""
    if reason := leave.why(parts.subject):
        return Outcome(None, reason, decided=True)
    affixes = message.affixes(parts.subject)
    draft = repair.draft(affixes.core, tools.rules.types)
    reason = _why_left(parts, affixes.core, tools.rules)
    if reason or draft is None:
        return Outcome(None, reason or tr("its subject follows another convention"), decided=True)
    draft = replace(draft, breaking=draft.breaking or message.marks_breaking(parts))
    if draft.type:
        own = _finished(draft.typed(draft.type), affixes, tools)
        if own.subject or tools.mode == "type":
            tools.explain(tr("type: the author's own, so no model is asked"))
            return own
    return _Question(parts, affixes, draft, tools).put()


def suggest(tools: Tools) -> Outcome:
    """A subject for a change that nobody has described yet. Raises ServerError."""
    files = tools.files()
    pieces = tools.pieces(files)
    if not files:
        return Outcome(None, tr("nothing is staged"), decided=True)
    paths = tuple(file.path for file in files)
    wanted = prompt.Wanted("suggest", tools.rules, evident(tools.rules, paths, ""))
    text, reason = _answer(tools, prompt.question(tools.model, "", wanted, files, pieces), wanted)
    if reason:
        return Outcome(None, reason)
    written, reason = reply.subject(text, wanted)
    if not written or not str(written).isprintable():
        return Outcome(
            None, tr("the model's words were refused: {reason}", reason=reason or tr("they cannot be shown"))
        )
    return _finished(written, message.affixes(""), tools)


def _finished(subject: Subject, affixes: Affixes, tools: Tools) -> Outcome:
    text = f"{affixes.prefix}{subject}{affixes.suffix}"
    limit = tools.rules.limit
    if len(text) > limit:
        return Outcome(
            None,
            tr(
                "its subject would have {length} characters, more than {limit}", length=len(text), limit=limit
            ),
        )
    return Outcome(text)


def _why_left(parts: message.Message, core: str, rules: Convention) -> str:
    # one that is too long, or has a scope that is not allowed, cannot be helped either
    lenient = replace(rules, limit=len(core), closed=False, scoped=False)
    reason = leave.why(core)
    if not reason and not parts.alone:
        reason = tr("its subject runs over several lines")
    if not reason and convention.valid(core, lenient):
        reason = tr("its subject is a Conventional Commit already")
    if not reason and leave.has_secret(message.join(parts, parts.line)):
        reason = tr("something in it looks like a secret, so nothing was sent")
    return reason


@dataclass(frozen=True)
class _Question:
    """A subject that needs the model."""

    parts: message.Message
    affixes: Affixes
    draft: Draft
    tools: Tools

    def put(self) -> Outcome:
        """Ask, if the changed paths do not tell the type already."""
        tools, draft = self.tools, self.draft
        shortest = self._typed(min(tools.rules.types, key=len))
        # too long with any type, or for any answer that says the same: that needs no model
        beyond_help = tools.mode == "type" or len(self.affixes.core) > tools.rules.limit * _SHORTER
        if shortest.reason and beyond_help:
            return shortest
        files = tools.files()
        paths = tuple(path for file in files for path in (file.old, file.path) if path)
        kind = evidence.kind_of(paths)
        if kind in tools.rules.types and not draft.type:
            found = self._typed(kind)
            if found.subject and not tools.rules.scoped:
                tools.explain(tr("type: from the changed paths, so no model is asked"))
                return found
        rules = replace(tools.rules, limit=tools.rules.limit - len(self.affixes.prefix + self.affixes.suffix))
        if draft.type:
            rules = replace(rules, types=(draft.type,))
        scopes = () if draft.scope else evident(rules, paths, self.affixes.core)
        wanted = prompt.Wanted(tools.mode, rules, scopes, draft.breaking)
        question = prompt.question(tools.model, self.affixes.core, wanted, files, tools.pieces(files))
        if leave.has_secret(question):
            return Outcome(None, tr("a path looks like a secret, so nothing was sent"), decided=True)
        return self._chosen(question, wanted) if tools.mode == "type" else self._rewritten(question, wanted)

    def _typed(self, kind: str, scope: str | None = None) -> Outcome:
        subject = self.draft.typed(kind)
        return _finished(replace(subject, scope=subject.scope or scope), self.affixes, self.tools)

    def _chosen(self, question: str, wanted: prompt.Wanted) -> Outcome:
        text, reason = _answer(self.tools, question, wanted)
        if reason:
            return Outcome(None, reason)
        found = reply.kind(text, wanted)
        if not found:
            return Outcome(None, tr("the model did not answer with a type"))
        with_scope = self._typed(*found)
        return with_scope if with_scope.subject or wanted.rules.scoped else self._typed(found[0])

    def _rewritten(self, question: str, wanted: prompt.Wanted) -> Outcome:
        before = self.tools.left()
        text, reason = _answer(self.tools, question, wanted)
        outcome = self._judged(text, reason, wanted)
        took = before - self.tools.left()
        if outcome.subject or self.tools.left() < took * 1.2:
            return outcome
        self.tools.explain(tr("asked again, because {reason}", reason=outcome.reason))
        text, reason = _answer(self.tools, prompt.again(question, text, outcome.reason), wanted)
        return self._judged(text, reason, wanted)

    def _judged(self, text: str, reason: str, wanted: prompt.Wanted) -> Outcome:
        from bootstrap.polish import guard

        if reason:
            return Outcome(None, reason)
        written, reason = reply.subject(text, wanted)
        if written:
            written = replace(written, description=prompt.restored(written.description, self.affixes.core))
            reason = guard.objection(self.draft.description, written.description)
        if not written or reason:
            return Outcome(None, tr("the model's words were refused: {reason}", reason=reason))
        if self.draft.scope:
            written = replace(written, scope=self.draft.scope)
        return _finished(written, self.affixes, self.tools)


def _answer(tools: Tools, question: str, wanted: prompt.Wanted) -> tuple[str, str]:
    """What the model wrote, and why it cannot be used, if so."""
    request = prompt.request(tools.model, tools.temperature, question, wanted)
    tools.explain(
        tr("sent:\n{question}\nwith the grammar:\n{grammar}", question=question, grammar=request["grammar"])
    )
    answer = tools.ask(request)
    tools.explain(
        tr(
            "came back ({finish_reason}, {seconds:.2f} s): {text!r}",
            finish_reason=answer.finish_reason,
            seconds=answer.seconds,
            text=answer.text,
        )
    )
    return answer.text, tr("the model did not come to an end") if answer.finish_reason == "length" else ""


def evident(rules: Convention, paths: Sequence[str], words: str) -> tuple[str, ...]:
    """The scopes of the convention that a changed path or the user's words name; all of them where there
    must be one and none is named."""
    named = {part.lower() for path in paths for part in re.split(r"[/.]", path)}
    named |= {word.strip(".,:;()").lower() for word in words.split()}
    found = tuple(scope for scope in rules.scopes if scope.lower() in named)
    return found or (rules.scopes if rules.scoped else ())
