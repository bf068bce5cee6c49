"""Bad luck at every step of everything that bootstrap does, and what has to be so in the end.

A state is: how it goes wrong, at which step, and what the user does then. In the end either everything is as
after a run that nobody disturbed, or nothing is left. `dev.py test` tries a few of all states, the same ones
each time; `dev.py kills` tries every kill, `dev.py kills faults` everything else that goes wrong.
"""

import json
import os
import random
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_install import ask
from tests.world import ROOT, World, tree

WHOLE = os.environ.get("KILLS", "")  # "kills" or "faults"
PARTS = 8 if WHOLE else 1  # of the states of one scenario, so that processes can share them
SESSION = json.dumps({"systemd": True, "login_manager": True, "user_manager": True})
MINE = "# by hand\n[server]\nctx_size = 2048 # small\nmine = 1\n"
HOOK = "#!/bin/sh\necho mine >>.git/mine-ran\n"
State = tuple[str, int, str]


@dataclass(frozen=True)
class Scenario:
    """What is installed before, if anything, and what is done then; it ends with this status, and this
    model answers. systemd: it is there before, and then."""

    before: tuple[str, ...] | None
    command: tuple[str, ...]
    serves: str = "tiny-a"
    status: int = 0
    systemd: tuple[bool, bool] = (False, False)


NORMAL = ("--model", "tiny-a", "--llamafile", "0.9.3", "--ctx-size", "2048", "--repo", "project")
SCENARIOS = {
    "install": Scenario(None, ("install", *NORMAL)),
    "upgrade": Scenario((*NORMAL, "--llamafile", "0.9.2"), ("install", *NORMAL)),
    "switch": Scenario(NORMAL, ("install", "--model", "tiny-b", "--ctx-size", "4096"), "tiny-b"),
    "rollback": Scenario(NORMAL, ("install", "--model", "broken", "--mlock"), status=1),
    "uninstall": Scenario(NORMAL, ("uninstall",), ""),
    "systemd": Scenario(None, ("install", *NORMAL), systemd=(True, True)),
    "to-systemd": Scenario(NORMAL, ("install",), systemd=(False, True)),
    "systemd-rollback": Scenario(NORMAL, ("install", "--model", "broken"), status=1, systemd=(True, True)),
    "systemd-uninstall": Scenario(NORMAL, ("uninstall",), "", systemd=(True, True)),
}
KILLS = ("before", "after")
FAULTS = ("writing", "full", "failing", "moving", "systemctl")


class Trial:
    """One scenario in one world, again and again."""

    def __init__(self, world: World, name: str, outside: Path) -> None:
        self.world, self.name, self.scenario = world, name, SCENARIOS[name]
        self.counted, self.calls = outside / "counted", outside / "systemctl" / "calls"
        tools = outside / "tools"
        tools.mkdir()
        self.calls.parent.mkdir()
        command = tools / "systemctl"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -SE {ROOT / "tests" / "systemctl.py"} "$@"\n')
        command.chmod(0o755)
        world.environment |= {
            "PATH": f"{tools}:{world.environment['PATH']}",
            "SYSTEMCTL_STATE": str(self.calls.parent),
            "COUNTED": str(self.counted),
        }
        hook = world.repository() / ".git" / "hooks" / "prepare-commit-msg"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK)
        hook.chmod(0o755)
        world.config.parent.mkdir(parents=True)
        world.config.write_text(MINE)
        self.clean = tree(world.home)
        shutil.copytree(world.home, world.home.with_name("pristine"), symlinks=True)
        self.prepare()
        self.before = self.seen()
        self.bad_luck("before", 0, self.scenario.status)
        self.after = self.seen()
        self.saves = int(self.counted.read_text())

    def prepare(self) -> None:
        """The state in which it begins."""
        if self.scenario.before is None:
            self.run("uninstall")
        else:
            self.install(self.scenario.before)

    def count(self, how: str) -> int:
        """How many steps there are at which that can happen."""
        if how in KILLS:
            return self.saves
        self.prepare()
        self.calls.unlink(missing_ok=True)
        self.bad_luck(how, 0, self.scenario.status)
        if how == "systemctl":
            return int(self.calls.read_text()) if self.calls.exists() else 0
        return int(self.counted.read_text())

    def bad_luck(self, how: str, number: int, *statuses: int) -> None:
        """Do it, and have that happen at that step."""
        if how == "systemctl":
            self.calls.unlink(missing_ok=True)
            self.world.environment["FAILS"] = str(number)
            how, number = "failing", 0
        done = self.run(*self.scenario.command, how=how, number=number, systemd=self.scenario.systemd[1])
        self.world.environment["FAILS"] = "0"
        assert done[0] in statuses, f"status {done[0]}: {done[1]}"

    def try_it(self, state: State) -> None:
        """Raises AssertionError where the end is not the promised one."""
        how, number, then = state
        self.prepare()
        same(self.seen(), self.before)
        killed = how in {*KILLS, "writing"}
        self.bad_luck(how, number, *((-signal.SIGKILL,) if killed else (0, 1)))
        if then == "again":
            self.again()
        else:
            status, said = self.run("uninstall")
            assert status == 0, said
            self.nothing_is_left()

    def again(self) -> None:
        """The same command once more, or, of what was half removed, the installation."""
        scenario = self.scenario
        if scenario.serves:
            status, said = self.run(*scenario.command, systemd=scenario.systemd[1])
            assert status == scenario.status, said
            same(self.seen(), self.after)
            same(self.served(), scenario.serves)
        else:
            self.install(scenario.before or ())
            same(self.seen(), self.before)
            same(self.served(), "tiny-a")

    def nothing_is_left(self) -> None:
        same((tree(self.world.home), None), (self.clean, None))
        same(self.served(), "")

    def start_over(self) -> None:
        """After a failure nothing is taken for granted."""
        self.run("stop")
        self.run("uninstall")
        kept = self.world.home.with_name("pristine")
        shutil.rmtree(self.world.home)
        shutil.copytree(kept, self.world.home, symlinks=True)

    def install(self, arguments: tuple[str, ...]) -> None:
        status, said = self.run("install", *arguments, systemd=self.scenario.systemd[0])
        assert status == 0, said

    def run(
        self, *arguments: str, how: str = "failing", number: int = 0, systemd: bool = False
    ) -> tuple[int, str]:
        world = self.world
        world.environment["PLAYED_HOST"] = SESSION if systemd else "{}"
        prefix = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), how, str(number))
        if arguments[0] == "install":
            done = world.install(*arguments[1:], check=False, prefix=prefix)
        else:
            done = world.run(*arguments, check=False, prefix=prefix)
        return done.returncode, done.stdout + done.stderr

    def served(self) -> str:
        try:
            return str(ask(f"http://127.0.0.1:{self.world.port}/v1/models")["data"][0]["id"])
        except OSError:
            return ""

    def seen(self) -> tuple[dict[str, tuple], object]:
        """The home without what differs from one good run to the next: times, speeds, process numbers; and
        what the receipt says without them."""
        files = {name: value for name, value in tree(self.world.home).items() if "/state/" not in name}
        if not self.world.receipt.exists():
            return files, None
        content = json.loads(self.world.receipt.read_text())
        entries = [(e["group"], e["status"], _lasting(e["action"])) for e in content["entries"]]
        about = {name: value for name, value in content["about"].items() if name != "aliases"}
        return files, (entries, about, "proved" in content)


def _lasting(action: dict) -> dict:
    """How a file was brought makes it no other file."""
    return {name: value for name, value in action.items() if name not in {"found", "only_from", "urls"}}


def same(now: object, then: object) -> None:
    """What is not, if it is not."""
    if now == then:
        return
    if isinstance(now, tuple) and isinstance(then, tuple):
        files, wanted = now[0], then[0]
        names = [name for name in {**files, **wanted} if files.get(name) != wanted.get(name)]
        raise AssertionError(f"files: {names}; receipt: {now[1]} instead of {then[1]}")
    raise AssertionError(f"{now!r} instead of {then!r}")


def states(trial: Trial, part: int) -> list[State]:
    """Those to be tried: of this part all, or else one kill and one fault, always the same."""
    if WHOLE:
        return _states(trial, *(KILLS if WHOLE == "kills" else FAULTS))[part::PARTS]
    chance = random.Random(trial.name)
    fault = chance.choice(FAULTS if any(trial.scenario.systemd) else FAULTS[:-1])
    return chance.sample(_states(trial, *KILLS), 1) + chance.sample(_states(trial, fault), 1)


def _states(trial: Trial, *hows: str) -> list[State]:
    return [
        (how, number, then)
        for how in hows
        for number in range(1, trial.count(how) + 1)
        for then in ("again", "uninstall")
    ]


def try_all(trial: Trial, part: int) -> None:
    """One after the other, whatever became of the one before; what was tried is told, where that is asked."""
    failures = []
    for state in states(trial, part):
        problem = ""
        try:
            trial.try_it(state)
        except AssertionError as error:
            problem = f"{trial.name} {' '.join(map(str, state))}: {error}"
            failures.append(problem)
            trial.start_over()
        _tell(trial.name, state, problem)
    trial.run("uninstall")
    assert not failures, "\n".join(failures)
    trial.nothing_is_left()


def _tell(name: str, state: State, problem: str) -> None:
    if place := os.environ.get("KILLS_TOLD"):
        with Path(place).open("a") as file:
            file.write(json.dumps({"name": name, "state": state, "problem": problem}) + "\n")


def everywhere(*names: str) -> pytest.MarkDecorator:
    """These scenarios, in as many parts as there are."""
    parts = [(name, part) for name in names for part in range(PARTS)]
    return pytest.mark.parametrize(("name", "part"), parts)
