"""What can be told of a commitlint configuration in JavaScript or TypeScript without running it. Pure.

Only literals are read, only where a name stands in the file once, comments apart: a list with a
spread or a variable in it, or a rule that is written twice, is as good as not there.
"""

from __future__ import annotations

import re
from typing import Any

_STRING = r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
# What is never closed goes to the end of the line or file, so that each character is read once.
_COMMENT = re.compile(
    r"('(?:\\.|[^'\\\n])*+'?|\"(?:\\.|[^\"\\\n])*+\"?|`(?:\\.|[^`\\])*+`?)|//[^\n]*|/\*(?:.*?\*/|.*)",
    re.DOTALL,
)
_PRESET = re.compile(r"['\"](@commitlint/config-[\w-]+)['\"]")
_LEVELS = {"Disabled": 0, "Warning": 1, "Error": 2}  # RuleConfigSeverity of @commitlint/types
_RULE = re.compile(
    r"\s*+:\s*+\[\s*+(?:RuleConfigSeverity\.)?(?P<level>[012]|Disabled|Warning|Error)\s*+"
    r"(?:,\s*+['\"](?P<when>always|never)['\"]\s*+"
    rf"(?:,\s*+(?:(?P<number>\d{{1,9}})|\[\s*+(?P<list>(?:(?:{_STRING})\s*+(?:,\s*+|(?=\])))*)\])\s*+)?)?,?\s*+\]"
)


def config(text: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The `extends` and the rules of these names, in the shape that a JSON configuration has."""
    bare = _COMMENT.sub(lambda found: found[1] or " ", text)
    rules = {name: rule for name in names if (rule := _rule(bare, name))}
    return {"extends": _PRESET.findall(bare), "rules": rules}


def _rule(text: str, name: str) -> list[Any] | None:
    before, named, _ = text.partition(name)
    end = len(before) + len(name) + 1
    if not named or name in text[end:] or text[len(before) - 1 : len(before)] not in {"'", '"'}:
        return None
    found = _RULE.match(text, end)
    if not found:
        return None
    level = found["level"]
    rule: list[Any] = [_LEVELS[level] if level in _LEVELS else int(level), found["when"]]
    if found["number"]:
        rule.append(int(found["number"]))
    elif found["list"] is not None:
        rule.append([item[1:-1] for item in re.findall(_STRING, found["list"])])
    return rule
