"""config.toml for chosen settings, with the user's comments, order and own keys kept."""

from __future__ import annotations

from dataclasses import fields

import tomlkit

from bootstrap.settings.choices import CHOICES, PREFIX, Settings


def render(text: str, settings: Settings) -> str:
    """config.toml for these settings, made from the text it has now.

    Comments, order and keys that are not ours stay; a value that is already right is not touched.
    """
    document = tomlkit.parse(text or _template(settings))
    defaults = {field.name: field.default for field in fields(Settings)}
    for choice in CHOICES:
        value = getattr(settings, choice.name)
        table = document.get(choice.table)
        present = table is not None and choice.key in table
        if value is None or (not choice.always and not present and value == defaults[choice.name]):
            continue
        if choice.name == "model":
            value = PREFIX + value
        value = list(value) if isinstance(value, tuple) else value
        if table is None:
            table = document.setdefault(choice.table, tomlkit.table())
        if not present or table[choice.key] != value:
            table[choice.key] = value
    return tomlkit.dumps(document)


def _template(settings: Settings) -> str:
    """A new config.toml, with a word on what each table is for."""
    model = f"model = {tomlkit.string(f'{PREFIX}{settings.model}').as_string()}"
    return f"""\
{"[ai]":37} # for any client; LiteLLM takes these as they are
{model:37} # the llamafile/ prefix is LiteLLM's routing

[llamafile]

{"[server]":37} # how the server is started

[hook]
"""
