"""`bootstrap bundle DIR`: a folder with everything for an install without a network."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import bundle, carried, catalogue, download, files, frozen, host, lock, paths, supply
from bootstrap.catalogue import Catalogue
from bootstrap.commands import look, nearby, own, verify
from bootstrap.errors import FileError, HostError
from bootstrap.messages import later, tr
from bootstrap.stores import Found

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from bootstrap.console import Console
    from bootstrap.settings import Settings

LOCK = ".bundle-lock"


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Fill the folder, or add to it; what is there already is read again and stays."""
    where = paths.find()
    chosen, _ = look.wishes(arguments, where)
    entries = catalogue.load(Path(chosen.catalogue) if chosen.catalogue else None)
    wished = own.resolve(arguments, chosen, entries, where, console)
    added = _choose(wished)
    folder = Path(arguments.directory).absolute()
    items = _items(added, folder)
    with files.explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        earlier = _earlier(folder)
        changed = _bring(items, chosen, {item.path: _here(item, wished, where) for item in items}, console)
        program, copied = _program(folder, ours=earlier is not None)
        entries = bundle.contents(added, earlier, nearby.sizes(folder))
        told = [
            _write(folder / bundle.CATALOGUE, bundle.catalogue_text(entries)),
            _write(folder / bundle.README, bundle.readme_text(entries, program)),
        ]
        if not program:
            console.say(
                tr("bootstrap itself is not in it: put the one for that machine beside the other files")
            )
        _report(folder, entries, changed or copied or any(told), console)
    return 0


def _choose(wished: own.Own) -> Catalogue:
    """The engine and the model to bring. Raises CatalogueError.

    Whether the model fits into this machine's memory is no matter: it is for another one.
    """
    chosen, entries = wished.settings, wished.catalogue
    model = entries.model(chosen.model or entries.preferred[0])
    if model.engine:
        return Catalogue((), (), (model,), entries.preferred)
    return Catalogue((entries.llamafile(chosen.llamafile),), (model,), (), entries.preferred)


def _items(added: Catalogue, folder: Path) -> list[supply.Item]:
    """What the user has brought is checked for the llamafile that is to serve it."""
    engines, version = added.llamafiles, "".join(engine.version for engine in added.llamafiles)
    return [
        *(supply.Item(f"llamafile {engine.version}", engine, folder / engine.file) for engine in engines),
        *(
            supply.Item(model.name, model, folder / model.file, own_for=version if model.source else "")
            for model in added.everything
        ),
    ]


def _bring(
    items: list[supply.Item],
    chosen: Settings,
    found: Mapping[Path, tuple[Found, ...]],
    console: Console,
) -> bool:
    """Every file verified in its place; whether one had to be brought. Raises FileError for one that is
    there and wrong: it may be somebody's own."""
    beside = supply.Supply(found)
    actions = supply.downloads(items, chosen, beside)
    missing = [action for action in actions if not action.path.exists()]
    for action in actions:
        if action not in missing and (problem := verify.check(action.what, action, console)):
            raise FileError(
                "{path} is not {what}: {problem}",
                "move it, then run the same command again",
                path=action.path,
                what=action.what,
                problem=problem,
            )
    for action in missing:
        parts = {action.path: download.already(action.path, action.sha256)}
        _room(action.path.parent, supply.amounts([action], parts, beside).disk)
        console.begin(action)
        action.execute({}, console)
        console.end(action)
    return bool(missing)


def _here(item: supply.Item, wished: own.Own, where: paths.Paths) -> tuple[Found, ...]:
    """Where this machine has the file already: what the user has named, then our own installation, then
    other programs."""
    places = [where.models / item.artifact.file, where.llamafile(item.artifact.name)]
    named = [Found(file, str(file)) for place, file in wished.given.items() if place in places]
    named += [found for place, found in wished.found.items() if place in places]
    if not wished.settings.reuse:
        return tuple(named)
    installed = (Found(path, later("this installation")) for path in places if path.is_file())
    return (*named, *installed, *nearby.elsewhere(item.artifact))


def _room(folder: Path, needed: int) -> None:
    if needed > (free := host.free_disk(folder)):
        raise HostError(
            "not enough room in {folder}: {needed} needed, {free} free",
            "free some space, or name a folder on a larger disk",
            folder=folder,
            needed=files.in_words(needed),
            free=files.in_words(free),
        )


def _program(folder: Path, *, ours: bool) -> tuple[bundle.Program | None, bool]:
    """Put this program into the folder, if it is one file, and whether that changed anything. ours: one
    that is there is ours to replace."""
    if not frozen.is_frozen() or carried.home():
        return None, False
    own, machine = Path(sys.executable), host.detect()
    target = folder / f"bootstrap{own.suffix if own.suffix == '.exe' else ''}"
    program = bundle.Program(target.name, tr("{os} on {arch}", os=machine.os, arch=machine.arch))
    source = download.Source("bootstrap", (), download.sha256_of(own), None)
    if target.exists():
        if download.sha256_of(target) == source.sha256:
            return program, False
        if not ours:
            raise _in_the_way(target)
    if not download.adopt(own, source, target):
        raise FileError("cannot copy {own}", "run the same command again", own=own)
    with files.explained(target):
        target.chmod(0o755)
    return program, True


def _earlier(folder: Path) -> Catalogue | None:
    """What an earlier run says is in the folder. Raises FileError for texts that are not of one."""
    texts = {name: files.read(folder / name) for name in (bundle.CATALOGUE, bundle.README)}
    for name, text in texts.items():
        if text is not None and bundle.MARK.encode() not in text:
            raise _in_the_way(folder / name)
    return catalogue.load(folder / bundle.CATALOGUE) if texts[bundle.CATALOGUE] is not None else None


def _in_the_way(path: Path) -> FileError:
    return FileError(
        "{path} is not from `bootstrap bundle`, and in its way", "name another folder", path=path
    )


def _write(path: Path, text: str) -> bool:
    if files.read(path) == text.encode():
        return False
    files.write(path, text.encode())
    return True


def _report(folder: Path, entries: Catalogue, changed: bool, console: Console) -> None:
    rows = [
        {"file": entry.file, "size": entry.size, "sha256": entry.sha256}
        for entry in (*entries.llamafiles, *entries.everything)
    ]
    first = (
        tr("Everything for an install without a network is in")
        if changed
        else tr("Nothing to do: it is all in")
    )
    lines = [
        f"{first} {folder}",
        *(f"  {row['file']}" for row in rows),
        tr("How to use it: {readme}", readme=bundle.README),
    ]
    console.result("\n".join(lines), {"changed": changed, "folder": str(folder), "files": rows})


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other run fills the folder meanwhile. Raises LockedError."""
    mine = False
    try:
        with lock.held(folder / LOCK):
            mine = True
            yield
    finally:
        if mine:  # Windows removes nothing that is open, so the next run may have it by now
            with contextlib.suppress(FileError):
                files.remove(folder / LOCK)
