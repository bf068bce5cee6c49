"""How a path or a name may be spelt in a log. Pure."""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# what must come behind a directory: /home/ann is not in /home/anna, nor in /home/ann.old
NOT_LONGER = r"(?![\w-]|\.\w)"


def without_home(text: str, homes: Iterable[str]) -> str:
    """The text with these directories as `~`, however they are spelt."""
    return replaced(text, (home.rstrip("/\\") for home in homes), "~", "", NOT_LONGER)


def without_words(text: str, words: Iterable[str], instead: str) -> str:
    """The text with something instead of these words, however they are spelt."""
    return replaced(text, words, instead, r"(?<![^\W_])", r"(?![^\W_])")


def replaced(text: str, words: Iterable[str], instead: str, before: str, behind: str) -> str:
    """before, behind: patterns of what must be around a word of two or more letters."""
    spelt = {form for word in words if len(word) > 1 for form in spellings(word) if len(form) > 1}
    if not spelt:
        return text
    either = "|".join(re.escape(form) for form in sorted(spelt, key=len, reverse=True))
    return re.sub(f"{before}(?:{either}){behind}", lambda _: instead, text, flags=re.IGNORECASE)


def spellings(word: str) -> Iterator[str]:
    """A word as it is, and as JSON, Python, shells, addresses, units and XML have it."""
    for form in dict.fromkeys((word, word.replace("\\", "/"), *_on_other_shells(word))):
        yield form
        for asciis in (True, False):
            yield json.dumps(form, ensure_ascii=asciis)[1:-1]
        yield repr(form)[1:-1]
        yield ascii(form)[1:-1]
        yield form.encode("ascii", "backslashreplace").decode()
        for safe in ("/", "/:", "/:~!$&'()*+,;=@", ""):
            yield quote(os.fsencode(form), safe=safe)
        yield shlex.quote(form).removeprefix("'").removesuffix("'")
        yield form.replace("'", "'\\''")
        yield re.sub(r"([^\w/.,:@%+=-])", r"\\\1", form)
        doubled = form.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
        yield doubled
        yield doubled.replace("$", "$$")
        yield form.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _on_other_shells(word: str) -> Iterator[str]:
    """C:\\Users\\Ann for git's sh and for WSL."""
    if found := re.match(r"([A-Za-z]):[\\/]", word):
        rest = word[3:].replace("\\", "/")
        yield f"/{found[1].lower()}/{rest}"
        yield f"/mnt/{found[1].lower()}/{rest}"
