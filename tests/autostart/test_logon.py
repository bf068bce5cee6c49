"""What Windows starts at logon is a task or a Run value, never both, and afterwards what it was before."""

import os
import stat
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from bootstrap.actions import RegisterLogon
from bootstrap.actions.logon import LONGEST_RUN_VALUE
from bootstrap.errors import CommandError
from tests.autostart.services import Silent


class Registry(types.ModuleType):
    """As much of winreg as is used, under its names; there is one key."""

    HKEY_CURRENT_USER, KEY_SET_VALUE, REG_SZ = range(3)

    def __init__(self) -> None:
        super().__init__("winreg")
        self.values: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def OpenKey(self, *_: object) -> Self:  # noqa: N802
        return self

    CreateKey = OpenKey

    def QueryValueEx(self, _key: object, name: str) -> tuple[str, int]:  # noqa: N802
        if name not in self.values:
            raise FileNotFoundError(name)
        return self.values[name], self.REG_SZ

    def SetValueEx(self, _key: object, name: str, _reserved: int, _kind: int, text: str) -> None:  # noqa: N802
        self.values[name] = text

    def DeleteValue(self, _key: object, name: str) -> None:  # noqa: N802
        if name not in self.values:
            raise FileNotFoundError(name)
        del self.values[name]


SCHTASKS = """#!/bin/sh
cd "$(dirname "$0")" || exit
if [ -e denied ] && [ "$1" != /query ]; then echo 'ERROR: Access is denied.' >&2; exit 1; fi
case $1 in
    /create) cp "$5" "$3.xml" ;;
    /query) [ -e "$3.xml" ] && { [ -z "${4-}" ] || cat "$3.xml"; } ;;
    /delete) rm "$3.xml" ;;
esac
"""


class Machine:
    """A Windows with a Task Scheduler and a registry, as far as they are asked."""

    def __init__(self, root: Path, registry: Registry) -> None:
        self.system, self.values = root / "System32", registry.values
        self.system.mkdir()
        program = self.system / "schtasks.exe"
        program.write_text(SCHTASKS)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.xml = root / "autostart.xml"

    def action(self, command: str = "pythonw.exe keep x run", generation: str = "1") -> RegisterLogon:
        program, _, rest = command.partition(" ")
        self.xml.write_text(f"<Command>{program}</Command><Arguments>{rest}</Arguments>")
        return RegisterLogon("commit-polish", self.xml, command, generation)

    def deny(self, denied: bool) -> None:
        mark = self.system / "denied"
        if denied:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)

    def starts(self) -> tuple[bool, str | None]:
        """Whether there is a task, and the Run value."""
        return (self.system / "commit-polish.xml").exists(), self.values.get("commit-polish")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    if os.name == "nt":
        pytest.skip("imitates Windows elsewhere")
    registry = Registry()
    monkeypatch.setitem(sys.modules, "winreg", registry)
    monkeypatch.setenv("SystemRoot", str(tmp_path))
    return Machine(tmp_path, registry)


def carry_out(action: RegisterLogon, memory: dict | None = None) -> dict:
    memory = memory or {}
    assert action.observe(memory) is None
    done = action.execute(action.remember(memory), Silent())
    assert action.observe(done) == done
    return done


@pytest.mark.parametrize("before", [None, "somebody else's"])
@pytest.mark.parametrize("denied", [False, True])
def test_a_task_or_a_run_value_and_back(machine: Machine, denied: bool, before: str | None) -> None:
    if before:
        machine.values["commit-polish"] = before
    machine.deny(denied)
    action = machine.action()
    memory = carry_out(action)
    assert machine.starts() == ((False, action.command) if denied else (True, before))
    assert action.revert(memory) == ""
    assert machine.starts() == (False, before)


def test_from_one_to_the_other_never_both(machine: Machine) -> None:
    memory = carry_out(machine.action())
    assert machine.starts() == (True, None)
    (machine.system / "commit-polish.xml").unlink()
    machine.deny(True)
    memory = carry_out(machine.action(), memory)
    assert machine.starts() == (False, "pythonw.exe keep x run")
    machine.deny(False)
    memory = carry_out(machine.action("pythonw.exe keep y run", "2"), memory)
    assert machine.starts() == (True, None)


def test_a_task_that_cannot_be_replaced_stays_the_only_one(machine: Machine) -> None:
    memory = carry_out(machine.action())
    machine.deny(True)
    changed = machine.action("pythonw.exe keep y run", "2")
    with pytest.raises(CommandError, match="stays"):
        changed.execute(changed.remember(memory), Silent())
    assert machine.starts() == (True, None)


def test_what_was_registered_or_changed_by_others_is_seen(machine: Machine) -> None:
    action = machine.action()
    memory = carry_out(action)
    (machine.system / "commit-polish.xml").write_text("<Command>other.exe</Command>")
    assert action.observe(memory) is None
    machine.action("pythonw.exe keep x run")
    assert action.observe({}) is None, "nobody knows what was there before it"


def test_a_run_value_has_its_limit(machine: Machine) -> None:
    machine.deny(True)
    action = machine.action("pythonw.exe " + "x" * LONGEST_RUN_VALUE)
    with pytest.raises(CommandError, match="too many"):
        action.execute(action.remember({}), Silent())
    assert machine.starts() == (False, None)
