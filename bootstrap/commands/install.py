"""`bootstrap`: install, upgrade or repair."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import __version__, paths, rollback, server, session
from bootstrap.commands import look, outcome, urls
from bootstrap.errors import BootstrapError, ServerError
from bootstrap.messages import tr

if TYPE_CHECKING:
    import argparse

    from bootstrap.console import Console
    from bootstrap.receipt import Receipt
    from bootstrap.situation import Situation


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Plan and carry out; with --dry-run only plan, with --print-urls only tell the addresses."""
    where = paths.find()
    if arguments.dry_run or arguments.print_urls:
        present = session.look(where)
        _refuse_older(present, force=arguments.force)
        seen = look.situation(arguments, where, present, console)
        if arguments.print_urls:
            urls.show(seen, console)
        else:
            outcome.preview(look.planned(seen), seen, console)
        return 0
    with session.begin(where, rebuild=True) as present:
        if present.rebuilding:
            console.say(_lost(present))
        _refuse_older(present, force=arguments.force)
        seen = look.situation(arguments, where, present, console)
        wanted = look.planned(seen)
        console.say(outcome.headline(seen, wanted))
        for note in wanted.notes:
            console.say(note)
        earlier = dict(present.about)
        try:
            changed = rollback.carry_out(wanted, present, console)
        except ServerError as error:
            seen = _without_gpu(seen, error)
            console.say(
                tr(
                    "not with the GPU: {message}; going on without it, as with --gpu-layers off",
                    message=error.message,
                )
            )
            wanted = look.planned(seen)
            changed = rollback.carry_out(wanted, present, console)
        text = outcome.summary(wanted, present, where) if changed else outcome.nothing(wanted, present)
        if changed and "version" in earlier:
            text = outcome.what_is_new(wanted, earlier, present)
        console.result(text, {"changed": changed} | outcome.status_data(present))
    return 0


def _without_gpu(seen: Situation, error: ServerError) -> Situation:
    """What was seen, for a plan that leaves a GPU alone which nobody has asked for by name. Raises the error
    where there is none."""
    by_itself = seen.settings.gpu_layers == "auto" and not seen.settings.attached
    if not (by_itself and server.layers(seen.settings, seen.host)):
        raise error
    return replace(seen, settings=replace(seen.settings, gpu_layers="off"))


def _lost(present: Receipt) -> str:
    """That nobody has told what is installed, and what the user can tell."""
    then = tr("name repositories that have the hook once more, with --repo")
    if present.broken.exists():
        broken = present.broken.name
        what = tr("The receipt was broken, and is now {name}: it is made anew by looking", name=broken)
    else:
        what = tr("The receipt of what is installed was lost: it is made anew by looking")
    return f"{what}; {then}"


def _refuse_older(present: Receipt, *, force: bool) -> None:
    """An old download that is run by mistake must not take the place of what is newer, and works."""
    about = present.about
    if (
        force
        or _order(about.get("version", "")) <= _order(__version__)
        or not Path(about["program"]).exists()
    ):
        return
    raise BootstrapError(
        "bootstrap {version} is installed here, and this is the older {own_version}",
        "use that one: {program}; or go back with --force",
        version=about["version"],
        own_version=__version__,
        program=about["program"],
    )


def _order(version: str) -> tuple[list[int], bool]:
    """To compare versions by: 1.0.0rc1 is older than 1.0.0, which is 1.0.0+here."""
    public = version.partition("+")[0]
    numbers = [int(number) for number in re.findall(r"\d+", public)[:3]]
    return numbers + [0] * (3 - len(numbers)), bool(re.fullmatch(r"[\d.]*", public))
