"""What the model is asked. Pure.

It chooses a type, or writes the whole subject, under a grammar that allows nothing else. No example
stands in the prompt, since small models copy them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.polish import diff
from bootstrap.polish.convention import TYPES, Convention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bootstrap.polish.diff import File, Piece

MAX_PATHS = 30
_MAX_PATH = 100  # characters
_MAX_WORDS = 300
_SEED = 1
# A type and a colon are four at most, but servers without grammars may think first; a whole subject.
_TOKENS = {"type": 24, "rewrite": 64, "suggest": 64}
# End-of-turn texts that llamafile leaves in the content; four, for OpenAI's API allows no more.
STOP = ("</s>", "<end_of_turn>", "<|eot_id|>", "<|end|>")
_MEANINGS = {
    "feat": "users can do something that they could not do before",
    "fix": "something that was wrong is right now",
    "docs": "only documentation",
    "style": "only layout of the source, no change of meaning",
    "refactor": "the same behaviour, written differently",
    "perf": "the same behaviour, faster or smaller",
    "test": "only tests",
    "build": "dependencies, packaging, the build",
    "ci": "only the configuration of continuous integration",
    "chore": "housekeeping that fits nothing above",
    "revert": "takes an earlier commit back",
}
_CHOOSE = "Which Conventional Commits type does this commit have?\n{types}\n{answer}\n"
_REWRITE = """\
Correct the subject line of this commit and put its Conventional Commits type in front.
{types}
Say what the author says, with the author's words: add nothing, leave nothing out. Correct the spelling. \
Begin with a verb in the imperative, in lower case, without a full stop at the end. Copy names, numbers, \
references and quotations letter by letter. Stay in the author's language.
{answer}
"""
_SUGGEST = """\
Write the subject line of this commit, with its Conventional Commits type in front.
{types}
Say what the change does, as far as it can be seen below, and nothing else. Begin with a verb in the \
imperative, in lower case, without a full stop at the end.
{answer}
"""
_BRACKETS = str.maketrans("<>", "\u2039\u203a")  # look like them and are no token
_BACK = str.maketrans("\u2039\u203a", "<>")


@dataclass(frozen=True)
class Wanted:
    """What the answer may be. mode: "type", "rewrite" or "suggest"; scopes: those to choose from, if any."""

    mode: str
    rules: Convention
    scopes: tuple[str, ...] = ()
    breaking: bool = False


def request(model: str, temperature: float, question: str, wanted: Wanted) -> dict[str, Any]:
    """The body of the completion request. Nothing in it may be null: that ends a llamafile server."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "temperature": temperature,
        "seed": _SEED,
        "max_tokens": _TOKENS[wanted.mode],
        "stream": True,
        "cache_prompt": True,
        "stop": list(STOP),
        "grammar": grammar(wanted),
    }


def question(
    model: str, subject: str, wanted: Wanted, files: Sequence[File] = (), pieces: Sequence[Piece] = ()
) -> str:
    """The one user message: the fixed text first, which the server then has in its cache."""
    # Qwen3 thinks aloud otherwise: https://huggingface.co/Qwen/Qwen3-0.6B
    end = "\n/no_think" if model.lower().startswith("qwen3") else ""
    said = f"\nWhat the author says:\n{neutral(subject, _MAX_WORDS)}" if subject else ""
    return f"{_task(wanted)}{_listed(files)}{_shown(pieces)}{said}{end}"


def again(question: str, answer: str, objection: str) -> str:
    """The question after an answer that was refused, with the reason."""
    return (
        f"{question}\n\nThis answer was refused, because {neutral(objection, 200)}:\n"
        f"{neutral(answer, _MAX_WORDS)}\nAnswer again, with the author's words."
    )


def grammar(wanted: Wanted) -> str:
    """GBNF for a type and its colon, or for the whole subject; a scope only of those that are known, the
    mark of a breaking change only if the user set it."""
    kinds = " | ".join(map(_quoted, wanted.rules.types))
    scope = ""
    if wanted.scopes:
        scope = f' ("(" ({" | ".join(map(_quoted, wanted.scopes))}) ")"){"" if wanted.rules.scoped else "?"}'
    mark = f'"{"!" * wanted.breaking}:"'
    if wanted.mode == "type":
        return f"root ::= ({kinds}){scope} {mark}\n"
    most = max(wanted.rules.limit - 4, 8)
    words = f'letter (" "? letter){{0,{most}}}'
    return f'root ::= ({kinds}){scope} {mark} " " {words}\nletter ::= [^\\x01- \\x7F]\n'


def neutral(text: str, length: int) -> str:
    """One line of somebody's text that no model takes for control tokens.

    `<|im_start|>`, `</s>` or `<think>` would become real tokens, as would `[INST]`; a fence would
    end the quotation.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in text)[:length]
    text = re.sub(r"\[(/?[A-Z_]{3,})\]", r"(\1)", text)
    return text.translate(_BRACKETS).replace("```", "'''").replace("~~~", "---").strip()


def restored(written: str, said: str) -> str:
    """What a model has copied from a subject that `neutral` had changed, with its own brackets."""
    return written if set("\u2039\u203a") & set(said) else written.translate(_BACK)


def _task(wanted: Wanted) -> str:
    known = [f"{kind}: {_MEANINGS[kind]}" if kind in _MEANINGS else kind for kind in wanted.rules.types]
    if wanted.rules.types != TYPES:
        known = ["One of:", *known]
    form = "the type"
    if wanted.scopes:
        scopes = ", ".join(neutral(scope, 50) for scope in wanted.scopes)
        known.append(f"Scopes, to stand in parentheses behind the type where one fits: {scopes}")
        form = "the type, perhaps a scope"
    if wanted.mode == "type":
        return _CHOOSE.format(types="\n".join(known), answer=f"Answer with {form} and a colon, nothing else.")
    answer = (
        f"Answer with {form}, a colon and the words, in one line of at most {wanted.rules.limit} characters."
    )
    task = _SUGGEST if wanted.mode == "suggest" else _REWRITE
    return task.format(types="\n".join(known), answer=answer)


def _listed(files: Sequence[File]) -> str:
    paths = [path for file in files for path in (file.old, file.path) if path]
    shown = [path for path in paths if not diff.names_a_key(path)]
    lines = [f"- {neutral(path, _MAX_PATH)}" for path in shown[:MAX_PATHS]]
    if len(paths) > len(lines):
        lines.append(f"- and {len(paths) - len(lines)} more")
    return "\nChanged files:\n" + "\n".join(lines) + "\n" if lines else ""


def _shown(pieces: Sequence[Piece]) -> str:
    lines, path = [], ""
    for piece in pieces:
        if piece.path != path:
            path = piece.path
            lines.append(f"in {neutral(path, _MAX_PATH)}:")
        lines += [line[:1] + neutral(line[1:].expandtabs(2), 400) for line in piece.text.split("\n")]
    return "\nThe largest changes (+ added, - deleted):\n" + "\n".join(lines) + "\n" if lines else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
