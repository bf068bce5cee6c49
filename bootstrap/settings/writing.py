"""config.toml for chosen settings, with the user's comments, order and own keys kept."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bootstrap.settings.choices import CHOICES, PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


# settings with which no server is another one
_NOT_SERVING = {"temperature", "max_tokens", "mirror", "connections", "limit_rate", "reuse"}


def render(text: str, settings: Settings) -> str:
    """config.toml for these settings, made from the text it has now.

    Comments, order and keys that are not ours stay; a value that is already right is not touched.
    """
    # Most runs change nothing, and tomlkit takes its time.
    if text and not list(_changes(tomllib.loads(text), settings)):
        return text
    import tomlkit

    document = tomlkit.parse(text or _template(settings))
    for table, key, value in list(_changes(document, settings)):
        if value is None:
            del document[table][key]
        else:
            document.setdefault(table, tomlkit.table())[key] = value
    return tomlkit.dumps(document)


def taken_back(text: str, earlier: str) -> str:
    """`text` with what the server depends on as it is in `earlier`, which `render` has made: other values
    there, and nothing that is not in it. What only the hook, other clients and downloads read stays."""
    if not text:
        return earlier
    import tomlkit

    document, was = tomlkit.parse(text), tomllib.loads(earlier)
    for choice in CHOICES:
        if choice.table == "hook" or choice.name in _NOT_SERVING:
            continue
        before, now = was.get(choice.table, {}), document.get(choice.table, {})
        if choice.key in before and now.get(choice.key) != before[choice.key]:
            document.setdefault(choice.table, tomlkit.table())[choice.key] = before[choice.key]
        elif choice.key not in before and choice.key in now:
            del now[choice.key]
            if not now and choice.table not in was:
                del document[choice.table]
    return tomlkit.dumps(document)


def _changes(tables: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, str, object]]:
    """What is not as the settings say: table, key and the right value, None for what must not be there."""
    defaults = {field.name: field.default for field in fields(Settings)}
    for choice in CHOICES:
        value = getattr(settings, choice.name)
        table = tables.get(choice.table, {})
        present = choice.key in table
        if value is None and choice.derived and present:
            yield choice.table, choice.key, None
        if value is None or (not choice.always and not present and value == defaults[choice.name]):
            continue
        if choice.name == "model":
            value = PREFIX + value
        value = list(value) if isinstance(value, tuple) else value
        if not present or table[choice.key] != value:
            yield choice.table, choice.key, value


def _template(settings: Settings) -> str:
    """A new config.toml, with a word on what each table is for."""
    import tomlkit

    model = f"model = {tomlkit.string(f'{PREFIX}{settings.model}').as_string()}"
    return f"""\
{"[ai]":37} # for any client; LiteLLM takes these as they are
{model:37} # the llamafile/ prefix is LiteLLM's routing

[llamafile]

{"[server]":37} # how the server is started

[hook]
"""
