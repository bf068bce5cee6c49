"""The task and the Run value of Windows, read back as Windows reads them."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bootstrap.actions import RegisterLogon, WriteFile
from bootstrap.actions.logon import command_in, plain
from bootstrap.autostart import windows
from bootstrap.autostart.service import Service
from bootstrap.keeper import kept
from tests.autostart.services import PLAIN
from tests.windows_words import split

LAUNCHER = (r"C:\Python\pythonw.exe", "-P", "-m", "bootstrap")
PROFILES = ("ann", "Ann B  C", "100%h %n", "it's; (so) & ^so!", "Zoë 日本 🦙", "<b>&amp;", "trailing\\")
SCHEMA = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
GOLDEN = r"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Local language model for commit-polish (llamafile)</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>DESK\ann</UserId>
      <Delay>PT15S</Delay>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>DESK\ann</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>6</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>C:\Python\pythonw.exe</Command>
      <Arguments>-P -m bootstrap keep C:\Users\ann\AppData\Local\commit-polish\keeper.json run</Arguments>
    </Exec>
  </Actions>
</Task>
"""


def service_of(name: str, python: str = LAUNCHER[0]) -> Service:
    data = PureWindowsPath("C:/Users", name, "AppData", "Local", "commit-polish")
    return replace(
        PLAIN,
        run_script=data / "run.sh",  # type: ignore[arg-type]
        logs=data / "logs",  # type: ignore[arg-type]
        launcher=(python, *LAUNCHER[1:]),
        account=f"DESK\\{name}",
    )


def written(service: Service, name: str) -> WriteFile:
    return next(it for it in windows.actions(service) if isinstance(it, WriteFile) and it.path.name == name)


def test_the_task() -> None:
    assert windows.task(service_of("ann")) == GOLDEN


@pytest.mark.parametrize("name", PROFILES)
def test_the_task_starts_the_keeper_of_this_user(name: str) -> None:
    service = service_of(name, rf"C:\Users\{name}\Python 3\pythonw.exe")
    action = next(
        it for it in windows.actions(service) if isinstance(it, WriteFile) and "xml" in it.path.name
    )
    data = action.text.encode(action.encoding)
    assert data.startswith((b"\xff\xfe", b"\xfe\xff")), "schtasks takes no XML without the mark"
    task = ET.fromstring(data)

    def told(path: str) -> str | None:
        return task.findtext(".//" + "/".join(SCHEMA + part for part in path.split("/")))

    assert told("LogonTrigger/UserId") == told("Principal/UserId") == f"DESK\\{name}"
    assert (told("Exec/Command"), *split(f"x {told('Exec/Arguments')}")[1:]) == windows.starts(service)
    assert plain(command_in(action.text)) == plain(windows.command_line(windows.starts(service)))


@pytest.mark.parametrize("name", PROFILES)
def test_the_run_value_starts_the_keeper_of_this_user(name: str) -> None:
    service = service_of(name, rf"C:\Users\{name}\Python 3\pythonw.exe")
    action = next(it for it in windows.actions(service) if isinstance(it, RegisterLogon))
    assert tuple(split(action.command)) == windows.starts(service)
    assert windows.starts(service)[-3:] == ("keep", str(service.run_script.with_name("keeper.json")), "run")


@example(["C:\\two words\\", "", "\\", 'a\\"b c\\\\', '"'])
@given(st.lists(st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]))))
def test_any_words_come_back(words: list[str]) -> None:
    assert split(windows.command_line(["program", *words])) == ["program", *words]


@pytest.mark.parametrize("name", PROFILES)
def test_the_keeper_reads_what_is_written_for_it(name: str, tmp_path: Path) -> None:
    service = service_of(name)
    action = next(
        it for it in windows.actions(service) if isinstance(it, WriteFile) and "json" in it.path.name
    )
    file = tmp_path / "keeper.json"
    file.write_bytes(action.text.encode(action.encoding))
    read = kept.read(file)
    assert (read.argv, read.environment, str(read.logs)) == (
        service.argv,
        dict(service.environment),
        str(service.logs),
    )


def test_a_task_that_starts_something_else_is_another_one() -> None:
    command = windows.command_line(windows.starts(service_of("Zoë")))
    told = windows.task(service_of("Zoë")).encode("cp437", "replace").decode("utf-8", "surrogateescape")
    assert plain(command_in(told)) == plain(command), "as schtasks tells it, in the console's code page"
    assert plain(command_in(told.replace("keeper.json", "other.json"))) != plain(command)
    assert command_in("<Task><ComHandler/></Task>") == ""
