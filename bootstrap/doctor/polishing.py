"""Checks of what the hook needs: git, a switch that is on, and a model that is fast enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.doctor.finding import Finding, error, ok, warning
from bootstrap.messages import tr
from bootstrap.polish import speed as speeds

if TYPE_CHECKING:
    from bootstrap.doctor.sight import Sight

# `git log --no-show-signature`, without which `bootstrap undo` cannot read a commit, came with 2.10; all else
# that we ask git for is older
OLDEST_GIT = (2, 10)
SLOWEST = 1.0  # tokens a second; with fewer no commit gets its answer in time


def git(sight: Sight) -> Finding | None:
    """What calls the hook."""
    version = ".".join(map(str, sight.git))
    if not sight.git:
        what = tr("git cannot be found in PATH, so no commit is polished")
        return error(what, tr("install git")) if sight.health else warning(what, tr("install git"))
    if sight.git < OLDEST_GIT:
        wanted = ".".join(map(str, OLDEST_GIT))
        return warning(
            tr(
                "git {version} is older than {wanted}, with which the hook was made",
                version=version,
                wanted=wanted,
            ),
            tr("update git"),
        )
    return ok(f"git {version}")


def switched_off(sight: Sight) -> Finding | None:
    """In all repositories: what holds in one of them is seen with its hook."""
    if not sight.off:
        return None
    if sight.off.startswith("git "):
        return warning(
            tr("the hook is switched off everywhere: {off}", off=sight.off),
            "git config --global --unset commit-polish.enabled",
        )
    return warning(
        tr("the hook does nothing in this shell: {off} is set", off=sight.off),
        f"unset {sight.off.partition('=')[0]}",
    )


def speed(sight: Sight) -> Finding | None:
    """By what the proof has measured; the hook waits for `deadline` and then leaves the message alone."""
    writing = sight.speed.writing
    if not sight.about or not writing:
        return None
    alias, deadline = sight.about["alias"], sight.settings.deadline
    least = speeds.least(sight.speed)
    if writing < SLOWEST:
        return warning(
            tr("{alias} writes {writing:.1f} tokens/s on this machine", alias=alias, writing=writing),
            tr("choose a smaller model: bootstrap models"),
        )
    if least is not None and least > deadline:
        return warning(
            tr(
                "{alias} needs {least:.0f} s for the type of a commit, and the hook waits for {deadline:g} s",
                alias=alias,
                least=least,
                deadline=deadline,
            ),
            tr("choose a smaller model: bootstrap models"),
        )
    return ok(
        tr("{alias} writes {rate} tokens/s", alias=alias, rate=f"{writing:.{0 if writing > 10 else 1}f}")
    )
