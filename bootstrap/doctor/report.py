"""All that somebody needs who is to help, as plain text that can be pasted anywhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bootstrap import __version__
from bootstrap.host import GIB, NAMES
from bootstrap.receipt import engine_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bootstrap.doctor.finding import Check, Finding
    from bootstrap.doctor.sight import Sight
    from bootstrap.redaction import Redaction

LINES, LONGEST = 40, 300  # of a log, and characters of one of them
_MOST = 1 << 16  # characters of a log that are looked at
_FENCE = "```"


def text(
    sight: Sight,
    findings: Iterable[tuple[Check, Finding]],
    hide: Redaction,
    *,
    said: str = "",
    failure: str = "",
) -> str:
    """said: the end of the server's log; failure: the log of the last run that failed."""
    parts = [
        ("", _facts(sight)),
        ("the server is started by", [" ".join(_words(sight.argv, hide))] if sight.argv else []),
        ("checks", _told(findings)),
        ("the server's log, its end", _ending(said, hide)),
        ("the last run that failed", failure.rstrip().splitlines()),
    ]
    lines = []
    for title, content in parts:
        if content:
            lines += ["", f"{title}:"] if title else []
            lines += content
    # what fences it must not be in it
    inside = hide("\n".join(lines)).replace(_FENCE, "'''")
    return f"{_FENCE}text\n{inside}\n{_FENCE}"


def _facts(sight: Sight) -> list[str]:
    host, about = sight.host, sight.about
    memory = f"{host.memory / GIB:.1f} GiB" if host.memory else "not known"
    surroundings = [
        *(["emulated"] if host.emulated else []),
        *([f"WSL {host.wsl}"] if host.wsl else []),
        *(["in a container"] if host.container else []),
        *(["by ssh"] if host.ssh else []),
    ]
    rows = [
        ("bootstrap", f"{__version__}, {sight.form}" if sight.form else __version__),
        ("installed by", about.get("version", "nothing is installed")),
        (
            "system",
            ", ".join([f"{NAMES.get(host.os, host.os)} {host.os_version} on {host.arch}", *surroundings]),
        ),
        ("memory", memory),
        ("git", ".".join(map(str, sight.git)) or "none"),
    ]
    if about:
        model, by_itself = about["model"], about["at_login"] and about["backend"] != "none"
        rows += [
            ("engine", engine_of(about)),
            ("model", f"{model['name']}, {model.get('size') or 0} bytes"),
            ("backend", f"{about['backend']}, {'at login' if by_itself else 'by hand'}"),
            ("address", about["api_base"]),
        ]
    return [f"{name:12}  {value}" for name, value in rows]


def _words(argv: Iterable[str], hide: Redaction) -> Iterable[str]:
    """In quotes where they need some; `~` would be one of those, and means nothing else here."""
    for word in map(hide, argv):
        quoted = shlex.quote(word.replace("~", "_"))
        yield word if quoted[:1] != "'" else f"'{word}'" if "'" not in word else shlex.quote(word)


def _told(findings: Iterable[tuple[Check, Finding]]) -> list[str]:
    lines = []
    for check, finding in findings:
        lines.append(f"{finding.level:7}  {check.name:10}  {finding.what}")
        if finding.hint:
            lines.append(f"{'':7}  {'help:':>10}  {finding.hint}")
    return lines


def _ending(said: str, hide: Redaction) -> list[str]:
    """Made harmless before it is cut: half of a secret is known by nothing. What is cut before that begins
    with a whole line."""
    if len(said) > _MOST:
        said = said[-_MOST:].partition("\n")[2]
    return [line[:LONGEST] for line in hide(said).strip().splitlines()[-LINES:]]
