"""What the model is asked, and what its answer means. Pure.

The model chooses a type and nothing else, under a grammar that allows nothing else; the words stay
the user's. No example stands in the prompt, since small models copy them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bootstrap.polish.convention import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TOKENS = 24  # a type and a colon are four at most; servers without grammars may think first
MAX_PATHS = 30
_MAX_PATH = 100  # characters
_SEED = 1
# End-of-turn texts that llamafile leaves in the content; four, for OpenAI's API allows no more.
_STOP = ("</s>", "<end_of_turn>", "<|eot_id|>", "<|end|>")
_ASK = """\
Which Conventional Commits type does this commit have?
feat: users can do something that they could not do before
fix: something that was wrong is right now
docs: only documentation
style: only layout of the source, no change of meaning
refactor: the same behaviour, written differently
perf: the same behaviour, faster or smaller
test: only tests
build: dependencies, packaging, the build
ci: only the configuration of continuous integration
chore: housekeeping that fits nothing above
revert: takes an earlier commit back
Answer with the type and a colon, nothing else.
"""
_KEY_FILE = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)[^/]*|\.env[^/]*|\.netrc|\.pgpass|[^/]*\.(?:pem|key|p12|pfx|jks))$",
    re.IGNORECASE,
)
_BRACKETS = str.maketrans("<>", "\u2039\u203a")  # look like them and are no token
_ANSWER = re.compile(rf"({'|'.join(TYPES)})(?:\([^()\n]*\))?!?(?::.*)?", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)


def request(model: str, temperature: float, question: str, *, breaking: bool = False) -> dict[str, Any]:
    """The body of the completion request. Nothing in it may be null: that ends a llamafile server."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": question}],
        "temperature": temperature,
        "seed": _SEED,
        "max_tokens": MAX_TOKENS,
        "stream": True,
        "cache_prompt": True,
        "stop": list(_STOP),
        "grammar": grammar(breaking),
    }


def question(model: str, subject: str, paths: Sequence[str]) -> str:
    """The one user message: the fixed text first, which the server then has in its cache."""
    shown = [path for path in paths if not _KEY_FILE.search(path)]
    lines = [f"- {neutral(path, _MAX_PATH)}" for path in shown[:MAX_PATHS]]
    if len(paths) > len(lines):
        lines.append(f"- and {len(paths) - len(lines)} more")
    files = "\nChanged files:\n" + "\n".join(lines) + "\n" if lines else ""
    # Qwen3 thinks aloud otherwise: https://huggingface.co/Qwen/Qwen3-0.6B
    end = "\n/no_think" if model.lower().startswith("qwen3") else ""
    return f"{_ASK}{files}\nWhat the author says:\n{neutral(subject, 300)}{end}"


def grammar(breaking: bool) -> str:
    """GBNF for a type and its colon, with the mark of a breaking change only if the user set it."""
    return f'root ::= ({" | ".join(f"{chr(34)}{kind}{chr(34)}" for kind in TYPES)}) "{"!" * breaking}:"\n'


def neutral(text: str, length: int) -> str:
    """One line of somebody's text that no model takes for control tokens.

    `<|im_start|>`, `</s>` or `<think>` would become real tokens, as would `[INST]`; a fence would
    end the quotation.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in text)[:length]
    text = re.sub(r"\[(/?[A-Z_]{3,})\]", r"(\1)", text)
    return text.translate(_BRACKETS).replace("```", "'''").replace("~~~", "---").strip()


def kind_in(answer: str) -> str | None:
    """The type that the model answered with, None for anything but a type.

    A server without grammars may go on behind the colon; that is not listened to.
    """
    text = _THOUGHT.sub("", answer)
    for end in (*_STOP, "<|im_end|>"):
        text = text.split(end)[0]
    found = _ANSWER.fullmatch(text.strip())
    return found[1] if found else None
