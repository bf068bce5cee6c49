"""run.sh: its text, and at work under every shell that is here."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bootstrap.actions import RunCommand, WriteFile
from bootstrap.autostart import run_script
from tests.autostart.services import HOSTILE, PLAIN, Silent, posix, service_in

# what /bin/sh is somewhere, as it is when it is called sh
SHELLS = {
    name: " ".join([found, *options])
    for name, *options in (
        ["dash"],
        ["bash", "--posix"],
        ["busybox", "sh"],
        ["mksh"],
        ["zsh", "--emulate", "sh"],
    )
    if (found := shutil.which(name))
}


def test_the_head_of_the_script() -> None:
    head = run_script.text(PLAIN).partition("\n\nlog=")[0]
    assert (
        head
        == """\
#!/bin/sh
# commit-polish: keeps the local model server running where no service manager does.
# usage: run.sh [run | start | stop | restart | status | pid]
# Written by bootstrap, which also removes it: what you change here is lost.

self=/home/ann/.local/share/commit-polish/run.sh
logs=/home/ann/.local/state/commit-polish/logs
TMPDIR=/home/ann/.local/share/commit-polish/loader; export TMPDIR
HOME=/home/ann/.local/share/commit-polish/loader; export HOME

serve() {
    exec /bin/sh /home/ann/.local/share/commit-polish/llamafile/0.9.3/llamafile --server --nobrowser \
--port 8080 -m /home/ann/.local/share/commit-polish/models/tiny.gguf -a tiny
}
tidy() {
    :
}"""
    )


def test_what_the_script_leaves_behind_is_removed_with_its_directory() -> None:
    files, _ = run_script.actions(PLAIN)
    _, sweep, script = files
    assert isinstance(script, WriteFile) and script.mode == 0o755
    made = {"server.log", "server.log.1", "server.pid", "keeper.1", "keeper.12"}
    assert not {name for name in made if not any(fnmatch(name, pattern) for pattern in sweep.patterns)}


# ---- run.sh: at work --------------------------------------------------------------------------

# Notes each start and how it was called, then lives on, unless it is told to crash or not to listen.
FAKE_SERVER = """\
printf '%s\\0' "$TMPDIR" "$0" "$@" >"$0.argv"
echo "$$" >>"$0.starts"
echo "server $$ is here"
[ ! -e "$0.crash" ] || exit 3
[ ! -e "$0.deaf" ] || trap '' TERM
mkfifo "$0.never" 2>/dev/null
read -r line <>"$0.never"
"""


class Box:
    """A home in which run.sh works: its directory is as hostile as can be."""

    def __init__(self, home: Path, shell: str = "/bin/sh") -> None:
        self.service = service_in(home)
        self.shell = shell
        self.script = self.service.run_script
        self.log = self.service.logs / "server.log"
        self.server = Path(self.service.argv[1])
        self.server.parent.mkdir(parents=True)
        self.service.logs.mkdir(parents=True)
        self.server.write_text(FAKE_SERVER)
        self.write()

    def write(self, pause: int = 0) -> None:
        text = run_script.text(self.service)
        for old, new in (
            ("pause=5\n", f"pause={pause}\n"),
            ("sleep 0.1 ", "sleep 0.02 "),
            ("-lt 100 ", "-lt 10 "),
            ("/bin/sh ", f"{self.shell} "),
        ):
            assert old in text
            text = text.replace(old, new)
        self.script.write_text(text, "utf-8")

    def popen(self, verb: str = "", **options) -> subprocess.Popen:
        return subprocess.Popen(
            [*self.shell.split(), str(self.script), *verb.split()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={"PATH": os.environ["PATH"]} | options.pop("env", {}),
            **options,
        )

    def do(self, verb: str, status: int = 0, **options) -> str:
        process = self.popen(verb, **options)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (status, ""), (verb, out, err)
        return out.strip()

    def claim(self, keeper: int, server: int, number: int = 1) -> None:
        """What a keeper with this process number and a server with that one leave when power fails."""
        (self.service.logs / f"keeper.{number}").symlink_to(str(keeper))
        (self.service.logs / "server.pid").write_text(f"{server}\n")

    def left(self) -> set[str]:
        """What is in the log directory beside the log and who was the last keeper."""
        names = {path.name for path in self.service.logs.iterdir()} - {"server.log"}
        last = [name for name in names if name.startswith("keeper.")]
        assert len(last) <= 1
        return names - {*last}

    def starts(self) -> list[int]:
        """The process numbers of all servers so far."""
        file = Path(f"{self.server}.starts")
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def servers(self) -> list[int]:
        return [pid for pid, command in self.processes().items() if "--server" in command]

    def keepers(self) -> list[int]:
        return [pid for pid, command in self.processes().items() if command.rstrip().endswith("run.sh run")]

    def processes(self) -> dict[int, str]:
        """Everything that runs in this home."""
        found = {}
        if Path("/proc/self/cmdline").exists():
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    found[int(process.name)] = os.fsdecode((process / "cmdline").read_bytes()).replace(
                        "\0", " "
                    )
        else:
            listing = subprocess.run(["ps", "-axww", "-o", "pid=,args="], check=True, capture_output=True)
            for line in os.fsdecode(listing.stdout).splitlines():
                pid, _, command = line.strip().partition(" ")
                found[int(pid)] = command
        return {pid: command for pid, command in found.items() if str(self.script.parent) in command}


def wait(condition, what: str, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[list[Box]]:
    made: list[Box] = []
    yield made
    for box in made:
        for _ in range(3):  # a keeper may just be starting a server
            for pid in box.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


@pytest.fixture
def box(tmp_path: Path, boxes: list[Box]) -> Box:
    boxes.append(Box(tmp_path / 'it\'s "my" 100% \\home $HOME ë'))
    return boxes[0]


@posix
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_server_gets_its_very_arguments(name: str, tmp_path: Path, boxes: list[Box]) -> None:
    boxes.append(box := Box(tmp_path / name))
    for shell in SHELLS.values():
        command = shell.split()
        subprocess.run([*command, "-n", str(box.script)], check=True)
        keeper = subprocess.Popen([*command, str(box.script), "run"], env={"PATH": os.environ["PATH"]})
        argv = Path(f"{box.server}.argv")
        wait(lambda argv=argv: argv.exists() and argv.stat().st_size, f"no server under {shell}")
        wait(box.starts, "it says so next")
        keeper.terminate()
        assert keeper.wait(5) == 0, shell
        seen = os.fsdecode(argv.read_bytes()).split("\0")[:-1]
        assert seen == [dict(box.service.environment)["TMPDIR"], *box.service.argv[1:]], shell
        argv.unlink()
        Path(f"{box.server}.starts").unlink()
    assert box.processes() == {}


@posix
@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS.keys())
def test_a_life_under_every_shell(shell: str, tmp_path: Path, boxes: list[Box]) -> None:
    boxes.append(box := Box(tmp_path / "a home", shell))
    live(box)


@posix
@pytest.mark.skipif(not shutil.which("ps"), reason="no ps")
def test_a_life_without_proc(box: Box) -> None:
    """As on the BSDs and macOS, and with the locale that cron gives."""
    box.script.write_text(box.script.read_text("utf-8").replace("/proc/", "/nowhere/"), "utf-8")
    live(box)


def live(box: Box) -> None:
    box.do("status", 1)
    box.do("start")
    box.do("start")
    box.do("status")
    (first,) = box.servers()
    assert box.do("pid") == str(first)
    os.kill(first, signal.SIGKILL)
    wait(lambda: len(box.starts()) == 2 and box.servers() == box.starts()[1:], "not started again")
    box.do("restart")
    # The process is there at once; it notes down that it has started when it gets to it.
    wait(lambda: len(box.starts()) == 3 and box.servers() == box.starts()[2:], "not restarted")
    box.do("stop")
    assert box.processes() == {}
    assert box.left() == set()
    assert "usage" in box.popen("nonsense").communicate()[1]


@posix
def test_nothing_runs_and_that_is_fine(box: Box) -> None:
    box.do("stop")
    box.do("status", 1)
    assert box.do("pid", 1) == ""
    assert box.left() == set()


@posix
def test_it_needs_no_home_and_runs_from_anywhere(box: Box) -> None:
    box.do("start", cwd="/")
    box.do("status", cwd="/", env={"HOME": "/nonexistent"})
    box.do("stop", cwd=box.script.parent, env={"HOME": str(box.service.home)})
    assert box.processes() == {}


@posix
def test_however_it_was_called_it_is_one_service(box: Box) -> None:
    """cron calls it without a verb, a person by a relative path."""
    keeper = subprocess.Popen(
        ["/bin/sh", "./run.sh"], cwd=box.script.parent, env={"PATH": os.environ["PATH"]}
    )
    wait(lambda: box.servers() and box.starts(), "no server")
    box.do("status")
    box.do("start")
    assert len(box.servers()) == 1
    box.do("stop")
    assert keeper.wait(5) == 0
    assert box.processes() == {}
    subprocess.run(["/bin/sh", "run.sh", "start"], cwd=box.script.parent, check=True)
    box.do("status")
    box.do("stop")
    assert box.processes() == {}


@posix
@pytest.mark.parametrize("stale", [None, "a dead one", "no number", "two numbers"])
def test_many_starts_at_once_are_one_server(box: Box, stale: str | None) -> None:
    for round_ in range(1, 4):
        if stale:
            box.claim(99999999, 99999998, number=9)
        if stale == "no number":
            box.claim(99999999, 99999998)
            (box.service.logs / "keeper.10").symlink_to("nobody")
            (box.service.logs / "server.pid").write_text("")
        if stale == "two numbers":
            box.claim(os.getpid(), os.getpid(), number=10)
        for process in [box.popen("start") for _ in range(6)]:
            assert process.communicate(timeout=30)[1] == ""
            assert process.returncode == 0
        wait(lambda: len(box.keepers()) == 1, "more than one keeper")
        assert len(box.starts()) == round_
        assert box.servers() == [int(box.do("pid"))]
        box.do("stop")
        assert box.processes() == {}
        for link in box.service.logs.glob("keeper.*"):
            link.unlink()


@posix
def test_a_reboot_may_give_the_keeper_the_number_it_had_before(box: Box) -> None:
    """As in a container, where numbers are few."""
    link = shlex.quote(str(box.service.logs / "keeper.3"))
    again = f'ln -s "$$" {link}; echo "$$" >"$1"; exec /bin/sh "$0" run'
    pid = str(box.service.logs / "server.pid")
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", again, str(box.script), pid], env={"PATH": os.environ["PATH"]}
    )
    wait(box.starts, "the keeper took itself for another one")
    box.do("status")
    assert box.keepers() == [keeper.pid]
    box.do("stop")
    assert keeper.wait(5) == 0


@posix
def test_a_killed_keeper_leaves_no_second_server(box: Box) -> None:
    box.do("start")
    (keeper,), (server,) = box.keepers(), box.servers()
    os.kill(keeper, signal.SIGKILL)
    wait(lambda: not box.keepers(), "still there")
    box.do("status", 1)
    box.do("start")
    # a child of the keeper looks like one, until it has become the server
    wait(lambda: len(box.servers()) == len(box.keepers()) == 1, "more than one of each")
    assert box.servers() != [server]
    os.kill(box.keepers()[0], signal.SIGKILL)
    box.do("stop")
    assert box.processes() == {}


@posix
def test_a_strangers_process_is_never_killed(box: Box) -> None:
    """After a reboot the numbers in the file belong to others."""
    for command in (
        ["sleep", "60"],
        ["sh", "-c", "sleep 60; :", "run.sh", "run"],
        ["sh", "-c", "sleep 60; :", "other", "--server", "--port"],
    ):
        stranger = subprocess.Popen(command, start_new_session=True)
        try:
            for number in (stranger.pid, os.getpid()):
                for verb in ("stop", "restart", "start"):
                    box.do("stop")
                    shutil.rmtree(box.service.logs)
                    box.service.logs.mkdir()
                    box.claim(number, number)
                    box.do("status", 1)
                    box.do(verb)
                    # for a moment, what the server is about to start looks like itself
                    wanted = int(verb != "stop")
                    wait(lambda wanted=wanted: len(box.servers()) == wanted, f"not {wanted} after {verb}")
            assert stranger.poll() is None
        finally:
            os.killpg(stranger.pid, signal.SIGKILL)
            stranger.wait()
    box.do("stop")


@posix
def test_five_crashes_end_it(box: Box) -> None:
    Path(f"{box.server}.crash").touch()
    box.do("run")
    assert len(box.starts()) == 5
    assert box.left() == set()
    said = box.log.read_text().splitlines()
    assert said[:5] == [f"server {pid} is here" for pid in box.starts()]
    assert "5 times" in said[5]
    Path(f"{box.server}.crash").unlink()
    box.do("start")
    box.do("status")
    box.do("stop")


@posix
def test_who_starts_it_does_not_wait_for_a_server_that_has_ended(box: Box) -> None:
    box.write(pause=30)
    text = box.script.read_text("utf-8")
    assert "-gt 50 " in text
    box.script.write_text(text.replace("-gt 50 ", "-gt 5000 "), "utf-8")  # longer than `do` lets it take
    Path(f"{box.server}.crash").touch()
    box.do("start")
    assert len(box.starts()) == 1
    box.do("status", 1)
    box.do("stop")


@posix
def test_it_waits_before_it_tries_again_and_can_be_stopped_while_it_waits(box: Box) -> None:
    box.write(pause=30)
    box.do("start")
    os.kill(box.servers()[0], signal.SIGKILL)
    wait(lambda: not box.servers(), "still there")
    box.do("status", 1)
    assert len(box.keepers()) == 1
    began = time.monotonic()
    box.do("stop")
    assert time.monotonic() - began < 3
    assert box.processes() == {}
    assert len(box.starts()) == 1


@posix
def test_a_server_that_was_asked_to_end_is_not_started_again(box: Box) -> None:
    box.do("start")
    os.kill(box.servers()[0], signal.SIGTERM)
    wait(lambda: not box.processes(), "still there")
    assert box.left() == set()
    assert len(box.starts()) == 1


@posix
def test_a_server_that_does_not_listen_is_ended_by_force(box: Box) -> None:
    Path(f"{box.server}.deaf").touch()
    box.do("start")
    wait(box.starts, "not there")
    box.do("stop")
    wait(lambda: not box.processes(), "still there")  # for a moment after SIGKILL
    assert box.left() == set()


@posix
@pytest.mark.parametrize("delay", [0, 0.01, 0.03, 0.06])
def test_stopping_at_any_moment_leaves_nothing(box: Box, delay: float) -> None:
    for _ in range(3):
        keeper = box.popen("run")
        time.sleep(delay)
        keeper.terminate()
        keeper.communicate(timeout=5)
        assert keeper.returncode in {0, -signal.SIGTERM}
        assert not box.servers()
    starter = box.popen("start")
    time.sleep(delay)
    box.do("stop")
    starter.communicate(timeout=30)
    box.do("stop")
    assert box.processes() == {}


@posix
def test_the_log_is_for_one_pair_of_eyes_and_does_not_grow_for_ever(box: Box) -> None:
    box.do("start")
    box.do("stop")
    assert box.log.stat().st_mode & 0o077 == 0
    box.log.write_text("x" * 4_999_000)
    box.do("start")
    box.do("stop")
    assert box.log.stat().st_size > 4_999_000, "appended to"
    box.log.write_text("x" * 5_000_001)
    box.do("start")
    box.do("stop")
    assert box.log.read_text().startswith("server ")
    assert box.log.with_name("server.log.1").stat().st_size == 5_000_001
    (_, sweep, _), _ = run_script.actions(box.service)
    left = {path.name for path in box.service.logs.iterdir()}
    assert not {name for name in left if not any(fnmatch(name, pattern) for pattern in sweep.patterns)}


@posix
def test_the_actions_start_it_and_take_it_back(box: Box) -> None:
    stop, command = run_script.actions(box.service)[1]
    assert isinstance(command, RunCommand)
    assert command.observe({}) is None
    memory = command.execute({}, Silent())
    assert command.observe(memory) == memory
    os.kill(box.servers()[0], signal.SIGKILL)
    assert command.revert(memory) == ""
    assert stop.revert({}) == ""
    assert box.processes() == {}
