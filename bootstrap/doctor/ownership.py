"""Checks of whose everything is: who may change it, and which bootstrap a shell finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.actions import Close
from bootstrap.doctor.finding import Finding, error, ok, warning
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.doctor.sight import Sight

_WRITE = 0o022


def private(sight: Sight) -> Finding | None:
    """Who can write to the receipt or the settings decides what we run; a key is for its owner."""
    for loose in sorted(sight.loose, key=lambda one: not one.rights & _WRITE):
        if loose.rights & _WRITE:
            return error(
                tr("others may change {path}", path=loose.path), tr("forbid it: bootstrap doctor --fix")
            )
        return warning(tr("others may read {path}", path=loose.path), tr("forbid it: bootstrap doctor --fix"))
    if not sight.about or sight.host.os == "windows":  # where rights are another matter
        return None
    return ok(tr("nobody else may change what is installed"))


def close(sight: Sight) -> tuple[Action, ...]:
    """Nobody but their owner ever needs them; somebody else's file is not ours to change."""
    theirs = {strange.path for strange in sight.strange}
    return tuple(Close(loose.path, loose.rights) for loose in sight.loose if loose.path not in theirs)


def owner(sight: Sight) -> Finding | None:
    """A run as root in a user's home leaves files that its owner cannot change."""
    if not sight.strange:
        return None
    path, whose = sight.strange[0].path, sight.strange[0].owner
    if sight.host.user == "0":
        return warning(
            tr("this is root, and {path} belongs to {whose}", path=path, whose=whose),
            tr("run bootstrap as {whose}, without sudo", whose=whose),
        )
    return error(
        tr("{path} belongs to {whose}", path=path, whose=whose),
        tr('take it back: sudo chown -R "$(id -un)" {path}', path=path),
    )


def other(sight: Sight) -> Finding | None:
    """An older one, or another program of that name."""
    if not sight.about or not sight.other_program:
        return None
    return warning(
        tr("a shell finds another bootstrap first: {other_program}", other_program=sight.other_program),
        tr("call the installed one: {program}", program=sight.about["program"]),
    )
