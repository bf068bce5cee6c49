"""The configuration files in the root of a repository, read without trusting them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 256 * 1024
_LONGEST_TABLE = 64 * 1024  # characters
_MOST_DOTS = 100  # in a line: tomllib takes time and memory by the square of the parts of a dotted key
_HEADER = re.compile(r"^\[\[?[ \t]*([A-Za-z0-9_.-]+)[ \t]*\]\]?[ \t]*(?:#.*)?\r?$", re.MULTILINE)


class Files:
    """The files that count: regular ones of at most MAX_BYTES that are inside the root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}
        try:
            with os.scandir(root) as entries:
                self._found = {entry.name: entry for entry in entries}
        except OSError:
            self._found = {}

    def text(self, name: str) -> str | None:
        """What a file says, None where there is no such file that counts.

        Bytes that are not UTF-8 become U+FFFD, which is in no value that can be used.
        """
        if name not in self._found:
            return None
        if name not in self._texts:
            raw = self._read(self._found[name])
            if raw is None:
                del self._found[name]
                return None
            self._texts[name] = raw.decode("utf-8-sig", errors="replace")
        return self._texts[name]

    def section(self, name: str, *keys: str) -> Mapping[str, Any] | None:
        """The table below these keys of a file that belongs to other tools too.

        None where there is none, and where the file cannot be made out.
        """
        text = self.text(name)
        if text is None or keys[-1] not in text:  # so that a large file is seldom parsed
            return None
        try:
            found = _tables(text, ".".join(keys)) if name.endswith(".toml") else parsed(name, text)
        except ValueError:
            return None
        return below(found, *keys)

    def _read(self, entry: os.DirEntry[str]) -> bytes | None:
        try:
            if not entry.is_file():
                return None
            if entry.is_symlink() and not Path(entry).resolve().is_relative_to(self._root.resolve()):
                return None
            with Path(entry).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except (OSError, RuntimeError):  # RuntimeError: pathlib of Python 3.11 and 3.12, a circle of links
            return None
        return raw if len(raw) <= MAX_BYTES else None


def parsed(name: str, text: str) -> Any:  # noqa: ANN401  # anything can be in a file
    """The content of a JSON or YAML file, by its name; one without an ending is YAML, of which JSON is
    a part. Raises ValueError where it cannot be made out.
    """
    try:
        if name.endswith(".json") or text.lstrip().startswith("{"):
            import json

            return json.loads(text)
        from bootstrap.polish.sources import plainyaml

        return plainyaml.load(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def below(found: object, *keys: str) -> Mapping[str, Any] | None:
    """The table below these keys, None where there is none."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _tables(text: str, name: str) -> Any:  # noqa: ANN401
    """A TOML file with nothing in it but a table and those below it.

    Only they are parsed: a pyproject.toml is mostly about other things, and tomllib is slow. Raises
    ValueError where they cannot be made out.
    """
    import tomllib

    headers = [*_HEADER.finditer(text)]
    ends = [*(header.start() for header in headers[1:]), len(text)]
    tables = "".join(
        text[header.start() : end]
        for header, end in zip(headers, ends, strict=False)
        if header[1] == name or header[1].startswith(f"{name}.")
    )
    if len(tables) > _LONGEST_TABLE or any(line.count(".") > _MOST_DOTS for line in tables.split("\n")):
        raise ValueError("it is too long")
    try:
        return tomllib.loads(tables.replace("\r\n", "\n"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
