"""Choices from config.toml and the environment. Standard library only: the hook reads at every commit."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from bootstrap.errors import SettingsError, UsageError
from bootstrap.settings.choices import (
    CHOICES,
    PREFIX,
    Settings,
    Value,
    check,
    convert,
    overlay,
    without_password,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read(path: Path) -> Settings:
    """What config.toml says, over the defaults.

    Raises SettingsError with line and column where it is not TOML, and with the key where a value
    is wrong. A missing file is no error.
    """
    return overlay(Settings(), choices_in(parse(text_of(path), path), path))


def text_of(path: Path) -> str:
    """The text of config.toml, "" where there is none. Raises SettingsError."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise SettingsError("{path} is not UTF-8 text", "correct it or move it away", path=path) from error
    except OSError as error:
        raise SettingsError(
            "{path} cannot be read: {strerror}", "make it readable", path=path, strerror=error.strerror
        ) from error


def parse(text: str, path: Path) -> dict[str, Any]:
    """The tables of config.toml. Raises SettingsError with line and column."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            "{path} is not valid TOML: {error}",
            "correct that line; the file was left untouched",
            path=path,
            error=error,
        ) from error
    except RecursionError as error:
        raise SettingsError(
            "{path} has lists within lists without end", "correct it; the file was left untouched", path=path
        ) from error


def choices_in(tables: Mapping[str, Any], path: Path) -> dict[str, Value]:
    """The choices that a parsed config.toml makes, checked. Raises SettingsError."""
    found: dict[str, Value] = {}
    for choice in CHOICES:
        table = tables.get(choice.table, {})
        if not isinstance(table, dict):
            raise SettingsError(
                "{path}: {table} must be a table", "write [{table}]", path=path, table=choice.table
            )
        if choice.key in table:
            where = f"{path}: {choice.table}.{choice.key}"
            try:
                found[choice.name] = check(choice, table[choice.key])
            except ValueError as error:
                raise SettingsError(
                    "{where} {error}", "correct that value", where=where, error=error
                ) from error
    if isinstance(model := found.get("model"), str):  # as `writing` has it, whatever it is called
        found["model"] = model.removeprefix(PREFIX)
    return found


def from_environment(environment: Mapping[str, str]) -> dict[str, Value]:
    """The choices that `BOOTSTRAP_*` variables make. Raises UsageError with the variable's name."""
    found: dict[str, Value] = {}
    for choice in CHOICES:
        text = environment.get(choice.variable, "")
        if choice.help and text:
            try:
                found[choice.name] = check(choice, convert(choice, text))
            except ValueError as error:
                raise UsageError(
                    "{variable}={text}: {error}",
                    "set {variable} anew",
                    variable=choice.variable,
                    text=without_password(text),
                    error=error,
                ) from error
    return found
