"""What commitizen's configuration asks for: the one in Python, and the adapter of the one in Node.js.

https://commitizen-tools.github.io/commitizen/config/configuration_file and
https://github.com/commitizen/cz-cli
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bootstrap.polish.convention import TYPES
from bootstrap.polish.sources import asked
from bootstrap.polish.sources.configured import below, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.polish.sources.asked import Asked
    from bootstrap.polish.sources.configured import Files

_OWN = (".cz.toml", "cz.toml", ".cz.json", "cz.json", ".cz.yaml", "cz.yaml")
_DEFAULT = "cz_conventional_commits"
# its schema_pattern, commitizen/cz/conventional_commits/conventional_commits.py: `cz bump` writes "bump"
_TYPES: tuple[str, ...] = (*TYPES, "bump")
_OTHER_RULES = re.compile(r"emoji|jira", re.IGNORECASE)  # cz_jira, cz-gitmoji, cz_conventional_emoji
_QUESTIONS = ("change_type", "type", "prefix")


def find(files: Files) -> Asked | None:
    """What the first configuration says, in commitizen's own order; None where there is none."""
    for name in _OWN:
        text = files.text(name)
        if text and text.strip() and (found := _in_file(files, name, text)):
            return found
    if (settings := files.section("pyproject.toml", "tool", "commitizen")) is not None:
        return _asked(settings, "pyproject.toml")
    for name, keys in ((".czrc", ()), ("package.json", ("config", "commitizen"))):
        adapter = _adapter(files, name, keys)
        if adapter:
            return asked.Asked(f"commitizen in {name}", foreign=bool(_OTHER_RULES.search(adapter)))
    return None


def _in_file(files: Files, name: str, text: str) -> Asked | None:
    if name.endswith(".toml"):
        settings = files.section(name, "tool", "commitizen")
        return asked.Asked(f"commitizen in {name}") if settings is None else _asked(settings, name)
    try:
        found = parsed(name, text)
    except ValueError:
        return asked.Asked(f"commitizen in {name}")
    if settings := below(found, "commitizen"):
        return _asked(settings, name)
    adapter = found.get("path") if isinstance(found, dict) else None  # .cz.json is read by both
    if isinstance(adapter, str):
        return asked.Asked(f"commitizen in {name}", foreign=bool(_OTHER_RULES.search(adapter)))
    return None


def _adapter(files: Files, name: str, keys: tuple[str, ...]) -> str:
    """The package that asks the questions in Node.js, "" where none is named."""
    section = files.section(name, *keys) if keys else _whole(files.text(name))
    path = section.get("path") if section else None
    return path if isinstance(path, str) else ""


def _whole(text: str | None) -> Mapping[str, Any] | None:
    try:
        return below(parsed(".json", text)) if text else None
    except ValueError:
        return None


def _asked(settings: Mapping[str, Any], name: str) -> Asked:
    rules = settings.get("name", _DEFAULT)
    types: tuple[str, ...] | None = None
    if rules == _DEFAULT:
        types = _TYPES
    elif rules == "cz_customize":
        types = _choices(settings)
    return asked.Asked(
        f"commitizen in {name}",
        types=types,
        limit=asked.limit(settings.get("message_length_limit")),
        foreign=isinstance(rules, str) and bool(_OTHER_RULES.search(rules)),
    )


def _choices(settings: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The types that a question of cz_customize offers: strings, or tables with a "value".

    https://commitizen-tools.github.io/commitizen/customization/config_file/
    """
    questions = (below(settings, "customize") or {}).get("questions")
    for question in questions if isinstance(questions, list) else ():
        if not isinstance(question, dict) or question.get("name") not in _QUESTIONS:
            continue
        choices = question.get("choices")
        if isinstance(choices, list):
            return asked.types([one.get("value") if isinstance(one, dict) else one for one in choices])
    return None
