"""One subject through the pipeline, as at a commit: with a real client, and without a repository."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bootstrap.errors import ServerError
from bootstrap.polish import client, message, pipeline
from bootstrap.polish.convention import Convention
from bootstrap.polish.diff import File

_TEMPERATURE = 0.3  # the default of `[ai] temperature`


class Model(Protocol):
    """Who is asked. deadline: seconds for one subject, as `hook.deadline`."""

    @property
    def name(self) -> str: ...
    @property
    def deadline(self) -> float: ...
    def complete(self, request: Mapping[str, Any], end: float) -> client.Answer:
        """end: moment of time.monotonic(). Raises ServerError."""


@dataclass(frozen=True)
class Served:
    """A model behind an OpenAI-compatible server."""

    base: str
    name: str
    deadline: float

    def complete(self, request: Mapping[str, Any], end: float) -> client.Answer:
        return client.complete(self.base, request, deadline=end, connect_timeout=2)


@dataclass(frozen=True)
class Polished:
    """What came of a subject. used: None where it stayed as it was; answers: what the model wrote, each
    time that it was asked; failed: what the server did wrong; seconds: of it all.
    """

    used: str | None
    reason: str
    answers: tuple[str, ...]
    asked: int
    failed: str
    seconds: float


@dataclass
class _Asking:
    """Asks the model, and remembers what it said."""

    model: Model
    end: float
    asked: int = 0
    answers: list[str] = field(default_factory=list)

    def __call__(self, request: Mapping[str, Any]) -> client.Answer:
        self.asked += 1
        answer = self.model.complete(request, self.end)
        self.answers.append(answer.text)
        return answer


def polish(text: str, paths: tuple[str, ...], mode: str, model: Model) -> Polished:
    """mode: "type" or "rewrite". A server that fails costs no more than this one subject."""
    started = time.monotonic()
    asking = _Asking(model, started + model.deadline)
    tools = pipeline.Tools(
        model=model.name,
        temperature=_TEMPERATURE,
        mode=mode,
        rules=Convention(),
        files=lambda: tuple(File(path) for path in paths),
        pieces=lambda _files: (),
        ask=asking,
        left=lambda: asking.end - time.monotonic(),
        explain=lambda _text: None,
    )
    failed, outcome = "", pipeline.Outcome(None)
    try:
        outcome = pipeline.polish(message.split(text, None), tools)
    except ServerError as error:
        failed = str(error)
    seconds = time.monotonic() - started
    return Polished(outcome.subject, outcome.reason, tuple(asking.answers), asking.asked, failed, seconds)
