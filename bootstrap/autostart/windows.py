"""Windows: a task of the Task Scheduler, or the Run key, starts our keeper at logon, and that the server.

Sources: "Task Scheduler Schema" and "schtasks" in Microsoft's documentation. The keeper and the Run key
were run by wine; the Task Scheduler itself was never asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bootstrap.actions import CreateDirectory, RegisterLogon, RunCommand, Sweep, WriteFile
from bootstrap.autostart.service import START, STOP, Control, generation_of
from bootstrap.keeper import kept
from bootstrap.messages import later, tr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

NAME = kept.NAME
TASK = "autostart.xml"


def task(service: Service) -> str:
    """The text of the task. What it does not say has defaults that end servers: after three days, on
    batteries, when the user comes back."""
    program, *arguments = starts(service)
    user = escape(service.account)
    return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Local language model for commit-polish (llamafile)</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
      <Delay>PT15S</Delay>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
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
      <Command>{escape(program)}</Command>
      <Arguments>{escape(command_line(arguments))}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


def starts(service: Service) -> tuple[str, ...]:
    """What is started at logon: the keeper, as a program that has no window."""
    return (*_keep(service), "run")


def command_line(argv: Iterable[str]) -> str:
    """The words as Windows programs take them apart again ("Parsing C Command-Line Arguments")."""
    return " ".join(map(_word, argv))


def _word(text: str) -> str:
    """Only before a quote is a backslash special."""
    if text and not re.search(r'[\s"]', text):
        return text
    return '"' + re.sub(r'(\\*)(?="|$)', r"\1\1", text).replace('"', '\\"') + '"'


def actions(service: Service) -> tuple[Action, ...]:
    """Write what the keeper reads, register it, start it."""
    by_hand = control(service)
    described = task(service)
    path = _file(service).with_name(TASK)
    at_logon = (
        WriteFile(path, described, encoding="utf-16"),
        RegisterLogon(NAME, path, command_line(starts(service)), generation_of(described)),
    )
    start = RunCommand(
        START,
        by_hand.restart,
        check=by_hand.alive,
        generation=service.generation,
        hint=later("see why: bootstrap logs"),
    )
    return (
        CreateDirectory(service.logs, mode=0o700),
        Sweep(service.logs, kept.LITTER),
        WriteFile(_file(service), kept.text(service.argv, service.environment, service.logs), 0o600),
        *(at_logon if service.at_login else ()),
        # whoever starts it, uninstall stops it
        RunCommand(STOP, (), undo=by_hand.stop, check=by_hand.alive, generation="1"),
        *((start,) if service.now else ()),
    )


def control(service: Service) -> Control:
    """By the keeper's verbs."""
    keep = _keep(service)
    return Control(
        start=(*keep, "start"),
        stop=(*keep, "stop"),
        restart=(*keep, "restart"),
        alive=(*keep, "status"),
        enabled=(*keep, "enabled"),
        pid=(*keep, "pid"),
        logs=(),
        follow=(),
        log=str(service.logs / kept.LOG),
    )


def promise(service: Service) -> str:
    """Which of the two it is shows only when Windows is asked."""
    if service.at_login:
        return tr("Windows, when you log on (Task Scheduler or Run key)")
    return tr("off, as you chose")


def _keep(service: Service) -> tuple[str, ...]:
    return (*service.launcher, "keep", str(_file(service)))


def _file(service: Service) -> Path:
    return service.run_script.with_name("keeper.json")
