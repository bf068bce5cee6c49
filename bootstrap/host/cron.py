"""Whether the user's crontab would be read."""

from __future__ import annotations

from bootstrap import system
from bootstrap.errors import CommandError

_DAEMONS = {"cron", "crond", "fcron", "busybox crond"}


def works() -> bool:
    """Whether `crontab` serves us: an empty one is as good."""
    if not system.find("crontab"):
        return False
    try:
        result = system.run(["crontab", "-l"], timeout=10)
    except CommandError:
        return False
    return result.status == 0 or "no crontab" in result.stderr.lower()


def is_among(listing: str) -> bool:
    """Whether a listing of commands, one a line, has a daemon in it."""
    return any(line.strip().rpartition("/")[2] in _DAEMONS for line in listing.splitlines())
