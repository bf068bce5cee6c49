"""The proof that the server works: a real completion through the address that clients will use."""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import files, system, tail, trouble
from bootstrap.errors import CommandError, ServerError
from bootstrap.messages import tr
from bootstrap.polish import client, key

if TYPE_CHECKING:
    from bootstrap.actions.action import Memory, Progress

_WORDS = 24  # enough to tell the speed, quick even at one token a second
# Long enough to tell how fast the model reads: 96 words of plain English, which are about so many tokens.
_QUESTION = (
    "A developer has moved the settings of a program from one file to another, so that people who share a "
    "machine no longer share their settings. The old file is still read when there is no new one, and the "
    "program says so once. While doing that, the developer noticed that the program did not say which file "
    "was at fault when a line could not be understood, and put that right as well. The tests for both were "
    "added. Now somebody has to be told about it in one short and simple sentence. Write that sentence."
)
_QUESTION_TOKENS = 115
_POLL = 0.1  # seconds
_NOT_OURS = tr("see to it where it runs")
PROOF = "proof"  # there is only one


@dataclass(frozen=True)
class ProveServer:
    """Wait for our server, known by its alias, have it complete a sentence, and note how fast it was.

    alive: the command that tells whether it still runs; log: the command that shows why not, or log_file:
    where that is; timeout in seconds;
    model_bytes: the size of the model's file, which tells the hook what to expect of it; key_file: where the
    key is that the server asks for; model: its name in config.toml, by which the hook looks for its speed.
    """

    api_base: str
    alias: str
    speed_file: Path
    generation: str
    alive: tuple[str, ...] = ()
    log: str = ""
    timeout: float = 300
    model_bytes: int = 0
    log_file: str = ""
    key_file: str = ""
    model: str = ""

    @property
    def key(self) -> str:
        return PROOF

    def describe(self) -> str:
        return tr(
            "prove it: a completion from {alias} at {api_base}", alias=self.alias, api_base=self.api_base
        )

    def report(self) -> str:
        return tr("had {alias} complete a sentence", alias=self.alias)

    def observe(self, memory: Memory) -> Memory | None:
        if memory.get("generation") != self.generation or not self.speed_file.exists():
            return None
        return memory if self._answers() else None

    def remember(self, memory: Memory) -> Memory:
        return {name: value for name, value in memory.items() if name != "generation"}

    def execute(self, memory: Memory, progress: Progress) -> Memory:
        started = time.monotonic()
        self.wait(progress)
        loaded = time.monotonic() - started
        payload = {
            "model": self.alias,
            "messages": [{"role": "user", "content": _QUESTION}],
            "max_tokens": _WORDS,
            "temperature": 0.0,
            "stream": True,
        }
        try:
            answer = client.complete(
                self.api_base, payload, deadline=time.monotonic() + self.timeout, api_key=self._key()
            )
        except ServerError as error:
            raise ServerError(error.message, error.hint if self.alive else _NOT_OURS) from error
        writing = max(answer.seconds - answer.first_piece_seconds, 1e-6)
        speed = {
            "model": self.model or self.alias,
            "load_seconds": round(loaded, 3),
            "first_token_seconds": round(answer.first_piece_seconds, 3),
            "prompt_tokens_per_second": round(_QUESTION_TOKENS / max(answer.first_piece_seconds, 1e-3), 1),
            "model_bytes": self.model_bytes,
            "tokens_per_second": round((answer.pieces - 1) / writing, 1) if answer.pieces > 1 else None,
        }
        files.write(self.speed_file, (json.dumps(speed) + "\n").encode())
        return memory | {"generation": self.generation} | speed

    def revert(self, _memory: Memory) -> str:
        files.remove(self.speed_file.with_name(self.speed_file.name + files.NEW))
        files.remove(self.speed_file)
        files.remove(self._pause)
        return ""

    def wait(self, progress: Progress) -> None:
        """Ask until it answers: nothing listens before the model is loaded. Raises ServerError."""
        started = time.monotonic()
        looked = told = started
        while not self._answers():
            now = time.monotonic()
            if now - started > self.timeout:
                raise self._explained(
                    tr("the server did not answer within {timeout:g} s", timeout=self.timeout), progress
                )
            if self.alive and now - looked > 2:
                looked = now
                if system.run(self.alive).status:
                    raise self._explained(tr("the server ended while it was starting"), progress)
            if now - told > 10:
                told = now
                progress.say(tr("still loading the model ({now:.0f} s)", now=now - started))
            time.sleep(_POLL)
        files.remove(self._pause)

    @property
    def _pause(self) -> Path:
        """What keeps the hook from asking a server that has failed."""
        return self.speed_file.with_name("pause")

    def _answers(self) -> bool:
        try:
            return self.alias in client.models(self.api_base, timeout=2, api_key=self._key())
        except ServerError:
            return False

    def _key(self) -> str | None:
        return key.read(Path(self.key_file)) if self.key_file else None

    def _explained(self, what: str, progress: Progress) -> ServerError:
        """With the cause, where the server has said one that we know."""
        if found := trouble.explain(self._said()):
            progress.say(tr("all that it said: {log}", log=self.log or self.log_file))
            return ServerError(f"{what}: {found.what}", found.hint)
        if not self.alive:
            return ServerError(what, _NOT_OURS)
        return ServerError(
            what, tr("see why: {log}", log=self.log) if self.log else tr("see why: bootstrap logs")
        )

    def _said(self) -> str:
        if not self.log:
            return tail.last(Path(self.log_file)) if self.log_file else ""
        try:
            return system.run(shlex.split(self.log), timeout=10).stdout
        except CommandError:  # why there is no log to read is not what anybody wants to know now
            return ""
