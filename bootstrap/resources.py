"""The files that we bring along: in a checkout, in a wheel, in an archive and in the frozen program."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_PLACES = (_PACKAGE, _PACKAGE / "_bundled", _PACKAGE.parent)  # the last one is that of a checkout


def text(name: str) -> str:
    """The text of a bundled file: `catalogue.toml` or `hook_template/NAME`. Newlines are LF.

    Raises FileNotFoundError.
    """
    return data(name).decode("utf-8").replace("\r\n", "\n")


def data(name: str) -> bytes:
    """The bytes of a bundled file. Raises FileNotFoundError."""
    for place in _PLACES:
        try:
            found: bytes = __spec__.loader.get_data(str(place / name))  # type: ignore[union-attr]
        except OSError:
            continue
        return found
    raise FileNotFoundError(name)
