"""A program with a Python of its own, and what its bootloader puts into our environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_frozen() -> bool:
    """Whether there is no Python but the one in this program."""
    return bool(getattr(sys, "frozen", False))


def restored(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment as it was before a frozen program began, and as it is for any other.

    Its libraries are not for others, and another frozen program must not take itself for this one.
    https://pyinstaller.org/en/stable/common-issues-and-pitfalls.html
    """
    if not is_frozen():
        return dict(environment)
    result = {name: value for name, value in environment.items() if not name.startswith("_PYI_")}
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        original = result.pop(f"{name}_ORIG", None)
        result.pop(name, None)
        if original is not None:
            result[name] = original
    return result
