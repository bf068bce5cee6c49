"""Texts in the user's part of the Windows registry (HKEY_CURRENT_USER). There is none elsewhere."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any


def value(key: str, name: str) -> str | None:
    """The text of this name below a key; None where there is none."""
    winreg = _winreg()
    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
            found = winreg.QueryValueEx(opened, name)[0]
    except FileNotFoundError:
        return None
    return str(found)


def write(key: str, name: str, text: str) -> None:
    """Make it this text; the key is made where it is missing. Raises OSError."""
    winreg = _winreg()
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
        winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, text)


def remove(key: str, name: str) -> None:
    """Have none of this name; there may be none already. Raises OSError."""
    winreg = _winreg()
    with (
        contextlib.suppress(FileNotFoundError),
        winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened,
    ):
        winreg.DeleteValue(opened, name)


def _winreg() -> Any:  # noqa: ANN401  # a module that type checkers know on Windows only
    return importlib.import_module("winreg")
