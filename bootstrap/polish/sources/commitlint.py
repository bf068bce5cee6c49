"""What commitlint's configuration asks for, as far as it can be told without running anything.

https://commitlint.js.org/reference/configuration and https://commitlint.js.org/reference/rules
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap.polish.convention import TYPES
from bootstrap.polish.sources import asked
from bootstrap.polish.sources.configured import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bootstrap.polish.sources.asked import Asked
    from bootstrap.polish.sources.configured import Files

# in the order of commitlint, @commitlint/load/src/utils/load-config.ts
_SHARED = ("package.json", "package.yaml")
_STATIC = (".commitlintrc", ".commitlintrc.json", ".commitlintrc.yaml", ".commitlintrc.yml")
_SCRIPTS = (
    *(f".commitlintrc.{ending}" for ending in ("js", "cjs", "mjs")),
    *(f"commitlint.config.{ending}" for ending in ("js", "cjs", "mjs")),
    *(f".commitlintrc.{ending}" for ending in ("ts", "cts", "mts")),
    *(f"commitlint.config.{ending}" for ending in ("ts", "cts", "mts")),
)
_RULES = ("type-enum", "type-empty", "scope-enum", "scope-empty", "header-max-length")
# @commitlint/config-angular-type-enum/index.js: as the usual ones, but no "chore"
_ANGULAR = [
    2,
    "always",
    ["build", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"],
]
# @commitlint/config-conventional/src/index.ts and @commitlint/config-angular/index.js
_PRESETS: dict[str, dict[str, list[Any]]] = {
    "@commitlint/config-conventional": {
        "type-enum": [2, "always", list(TYPES)],
        "header-max-length": [2, "always", 100],
    },
    "@commitlint/config-angular": {"type-enum": _ANGULAR, "header-max-length": [2, "always", 72]},
    "@commitlint/config-angular-type-enum": {"type-enum": _ANGULAR},
}


def find(files: Files) -> Asked | None:
    """What the first configuration says, in commitlint's own order; None where there is none."""
    for name in _SHARED:
        section = files.section(name, "commitlint")
        if section is not None:
            return _asked(section, name)
    for name in (*_STATIC, *_SCRIPTS):
        text = files.text(name)
        if text and text.strip():
            return _in_file(name, text)
    return None


def _in_file(name: str, text: str) -> Asked:
    if name in _SCRIPTS:
        from bootstrap.polish.sources import javascript

        if asked.other_form(text):
            return asked.Asked(_source(name), foreign=True)
        return _asked(javascript.config(text, _RULES), name)
    try:
        config = parsed(name, text)
    except ValueError:
        config = None
    return _asked(config if isinstance(config, dict) else {}, name)


def _asked(config: Mapping[str, Any], name: str) -> Asked:
    rules = _rules(config)
    no_type, no_scope = _rule(rules, "type-empty"), _rule(rules, "scope-empty")
    if (no_type and no_type[0]) or asked.other_form(" ".join(_named(config))):
        return asked.Asked(_source(name), foreign=True)
    scopes = () if no_scope and no_scope[0] else _scopes(rules)
    length = _rule(rules, "header-max-length")
    return asked.Asked(
        _source(name),
        types=_types(rules),
        scopes=scopes,
        closed=scopes is not None,
        scoped=bool(no_scope and not no_scope[0]),
        limit=asked.limit(length[1]) if length and length[0] else None,
    )


def _source(name: str) -> str:
    return f"commitlint in {name}"


def _rules(config: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of what is extended, the later ones first, and its own rules over them."""
    rules: dict[str, Any] = {}
    for name in _strings(config.get("extends")):
        rules |= _PRESETS.get(name, {})
    own = config.get("rules")
    return rules | own if isinstance(own, dict) else rules


def _named(config: Mapping[str, Any]) -> list[str]:
    """The packages that know the form of a subject."""
    preset = config.get("parserPreset")
    name = preset.get("name") if isinstance(preset, dict) else preset
    return [*_strings(config.get("extends")), *_strings(name)]


def _strings(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _rule(rules: Mapping[str, Any], name: str) -> tuple[bool, Any] | None:
    """Whether it says "always", and its value; None where it is off or cannot be made out."""
    rule = rules.get(name)
    if not isinstance(rule, list) or len(rule) < 2:
        return None
    level, when = rule[:2]
    if level not in (1, 2) or when not in ("always", "never"):  # either may be a list
        return None
    return when == "always", rule[2] if len(rule) > 2 else None


def _types(rules: Mapping[str, Any]) -> tuple[str, ...] | None:
    rule = _rule(rules, "type-enum")
    named = asked.types(rule[1]) if rule else None
    if not rule or not named:
        return None
    return named if rule[0] else tuple(one for one in TYPES if one not in named)


def _scopes(rules: Mapping[str, Any]) -> tuple[str, ...] | None:
    rule = _rule(rules, "scope-enum")
    if not rule or not rule[0]:
        return None
    value = rule[1].get("scopes") if isinstance(rule[1], dict) else rule[1]  # a mapping since 20.0
    return asked.scopes(value)
