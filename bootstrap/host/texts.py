"""Reading what a system says about itself."""

from __future__ import annotations

import re
from pathlib import Path

from bootstrap import system
from bootstrap.errors import CommandError


def of(path: str | Path) -> str:
    """What a file says; "" where it is not there or not for us."""
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def said(*argv: str) -> str | None:
    """What a program says; None where it fails, is missing or does not answer."""
    try:
        result = system.run(argv, timeout=10)
    except CommandError:
        return None
    return result.stdout.strip() if result.status == 0 else None


def processor_flags(text: str) -> frozenset[str] | None:
    """The processor's features in small letters, from a listing in which they stand between commas or in
    `<>`, as in the messages that the BSDs print at boot. None where no features are listed."""
    found = frozenset(re.findall(r"[a-z][a-z0-9_.]*", text.lower()))
    # every processor with 64 bits has SSE2: without it, this is a listing of something else
    return found if "sse2" in found else None
