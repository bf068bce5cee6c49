"""What a folder for offline installs says about itself: its catalogue, for `--from`, and how to use it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from bootstrap import __version__
from bootstrap.catalogue import Artifact, Catalogue, Llamafile, Model
from bootstrap.download.source import without_login
from bootstrap.files import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MARK = "Written by `bootstrap bundle`"  # in a text that may be replaced
CATALOGUE, README = "catalogue.toml", "README.txt"

_Kind = TypeVar("_Kind", bound=Artifact)


@dataclass(frozen=True)
class Program:
    """Our own program in the folder, and the system that it is for."""

    file: str
    system: str


def contents(added: Catalogue, earlier: Catalogue | None, sizes: Mapping[str, int]) -> Catalogue:
    """What is in the folder: what was added now, and of what was before all whose file is still there.

    sizes: the files in the folder and their sizes in bytes, which are pinned. added.preferred may name
    more than there is.
    """
    before = earlier or Catalogue((), (), (), ())
    models = _present(added.models, before.models, sizes)
    packaged = _present(added.packaged, before.packaged, sizes)
    names = [model.name for model in (*models, *packaged)]
    return Catalogue(
        _present(added.llamafiles, before.llamafiles, sizes),
        models,
        packaged,
        tuple(name for name in dict.fromkeys((*added.preferred, *names)) if name in names),
    )


def catalogue_text(entries: Catalogue) -> str:
    """The catalogue in the shape of the built-in one. Logins in addresses are left out: a folder is
    passed on."""
    lines = [f"# {MARK} {__version__}: what is in this folder.", f"preferred = {_toml(entries.preferred)}"]
    for kind, found in (
        ("llamafile", entries.llamafiles),
        ("model", entries.models),
        ("packaged", entries.packaged),
    ):
        for entry in found:
            lines += ["", f"[[{kind}]]", *(f"{key} = {_toml(value)}" for key, value in _values(entry))]
    return "\n".join(lines) + "\n"


def readme_text(entries: Catalogue, program: Program | None) -> str:
    """What the folder is for, and how to use it."""
    everything: tuple[Artifact, ...] = (*entries.llamafiles, *entries.everything)
    width = max(len(entry.file) for entry in everything)
    if program:
        command = f"./{program.file} --from ."
        note = f"{program.file} is for {program.system}; the other files are for every system."
    else:
        command = "bootstrap --from ."
        note = "bootstrap itself is not here: put the one for that system beside the other files."
    lines = [
        f"{MARK} {__version__}: everything for an install without a network.",
        "",
        *(
            f"  {entry.file:{width}}  {in_words(entry.about):>9}  sha256 {entry.sha256[:12]}…"
            for entry in everything
        ),
        "",
        "On the machine where it is to be installed, in this folder:",
        "",
        f"  {command}",
        "",
        note,
    ]
    return "\n".join(lines) + "\n"


def _present(new: Iterable[_Kind], old: Iterable[_Kind], sizes: Mapping[str, int]) -> tuple[_Kind, ...]:
    entries: dict[str, _Kind] = {}
    for entry in (*new, *old):
        if entry.file in sizes:
            size = sizes[entry.file]
            entries.setdefault(entry.name, replace(entry, size=size, about=size))
    return tuple(entries.values())


def _values(entry: Artifact) -> Iterator[tuple[str, object]]:
    """Keys and values of one entry; what is not known is left out."""
    url, *mirrors = map(without_login, entry.urls or ("",))
    yield "version" if isinstance(entry, Llamafile) else "name", entry.name
    values: dict[str, object] = {
        "file": entry.file,
        "url": url,
        "mirrors": mirrors,
        "sha256": entry.sha256,
        "size": entry.size,
    }
    if isinstance(entry, Model):
        values |= {
            "aliases": entry.aliases,
            "licence": entry.licence,
            "note": entry.note,
            "memory": entry.memory_needed,
            "kv_bytes_per_token": entry.kv_bytes_per_token,
            "chat_template": entry.chat_template,
            "llamafile": entry.inside,
        }
    yield from ((key, value) for key, value in values.items() if value or value == 0 or key == "url")


def _toml(value: object) -> str:
    """A text, a number or a list of texts. TOML's basic strings are JSON's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
