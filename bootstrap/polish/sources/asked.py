"""What one source asks of a repository's subjects, and which of its values can be used. Pure.

The values come from files that anybody may have written, so what is not plainly usable is ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST = 100  # entries in a list of types or scopes; a longer one cannot be offered to a model
SHORTEST, LONGEST = 20, 200  # limits in characters that can be meant
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}")
_SCOPE = re.compile(r'[^\s()"\\](?:[^()"\\]{0,48}[^\s()"\\])?')
# Forms of a subject that are not Conventional Commits, by the names of the packages that know them:
# https://github.com/conventional-changelog/conventional-changelog/tree/master/packages
_OTHER_FORM = re.compile(
    r"gitmoji"
    r"|(?:conventional-changelog-|\bpreset[\"']?\s*:\s*[\"']?)"
    r"(?:atom|codemirror|ember|eslint|express|jquery|jscs|jshint)\b"
)


@dataclass(frozen=True)
class Asked:
    """What one source says; None or False where it does not say.

    source: a phrase for people; closed: no other scope is allowed; scoped: there must be one;
    limit: of characters; foreign: subjects have another form than that of Conventional Commits.
    """

    source: str
    types: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    closed: bool = False
    scoped: bool = False
    limit: int | None = None
    foreign: bool = False


def types(value: object) -> tuple[str, ...] | None:
    """The usable types in a list, None where there is none or too many."""
    return _usable(value, _TYPE)


def scopes(value: object) -> tuple[str, ...] | None:
    """The usable scopes in a list, None where there is none or too many."""
    return _usable(value, _SCOPE)


def limit(value: object) -> int | None:
    """A number of characters that can be a limit."""
    return value if isinstance(value, int) and SHORTEST <= value <= LONGEST else None


def other_form(text: str) -> bool:
    """Whether a configuration names a package for another form than that of Conventional Commits."""
    return bool(_OTHER_FORM.search(text))


def _usable(value: object, pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    fit = (one for one in value if isinstance(one, str) and one.isprintable() and pattern.fullmatch(one))
    found = tuple(dict.fromkeys(fit))
    return found if 0 < len(found) <= MOST else None
