"""What people read and what programs read: results on stdout, the rest on stderr, words or JSON."""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import pytest

from bootstrap import __version__
from tests import mirror
from tests.mirror import Mirror
from tests.world import World, tree

BOOTSTRAP = (sys.executable, "-P", "-m", "bootstrap")
COMMANDS = {"install", "hook", "polish", "status", "start", "stop", "restart", "logs", "run", "models"}
COMMANDS |= {"uninstall", "verify", "bundle"}
COLOUR = re.compile(r"\x1b\[[0-9;:]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[0-9;:]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def events(done: subprocess.CompletedProcess) -> list[dict]:
    """Each line of stdout is one JSON object, and only the last one is the end."""
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    found = [json.loads(line) for line in lines]
    assert all(isinstance(event, dict) and isinstance(event["event"], str) for event in found)
    ends = [event["event"] for event in found if event["event"] in {"done", "error"}]
    assert ends == [found[-1]["event"]]
    return found


def plain(done: subprocess.CompletedProcess) -> None:
    """No control characters, no trailing blanks."""
    for text in (done.stdout, done.stderr):
        assert not CONTROL.search(text), CONTROL.search(text)
        assert not re.search(r"[ \t]$", text, re.MULTILINE)


def terminal(world: World, *arguments: str, **environment: str) -> tuple[int, str]:
    """The exit code and all that a terminal of 80 columns is sent."""
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*BOOTSTRAP, *arguments],
        env=world.environment | {"TERM": "xterm-256color"} | environment,
        cwd=world.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    seen = b""
    end = time.monotonic() + 60
    with contextlib.suppress(OSError):  # Linux: EIO when the other side has closed it
        while time.monotonic() < end:
            if select.select([leader], [], [], 0.2)[0]:
                data = os.read(leader, 65536)
                seen += data
                if not data:
                    break
            elif process.poll() is not None:
                break
    os.close(leader)
    return process.wait(timeout=10), seen.decode()


@pytest.fixture
def slow(world: World, artifacts: Path) -> Iterator[Mirror]:
    """The world's mirror, now with two seconds for a model."""
    with mirror.serving(artifacts, rate=235_000) as running:
        running.catalogue(world.catalogue, {"0.9.3": "scripted-0.9.3"}, {"tiny-a": "tiny-a.gguf"})
        yield running


# for programs


def test_install_as_json(world: World) -> None:
    done = world.install("--json")
    found = events(done)
    assert done.stderr == ""
    assert found[-1]["event"] == "done"
    assert found[-1]["model"]["name"] == "tiny-a"
    assert found[-1]["server"]["url"] == f"http://127.0.0.1:{world.port}/v1"
    assert found[-1]["changed"] is True
    again = events(world.install("--json"))
    assert again[-1]["event"] == "done"
    assert again[-1]["changed"] is False
    removed = events(world.run("uninstall", "--json"))
    assert removed[-1]["event"] == "done"


def test_a_dry_run_as_json_and_in_words_changes_nothing(world: World, server: Mirror) -> None:
    repository = world.repository()
    before, asked = tree(world.home), len(server.requests)
    (plan,) = events(world.install("--dry-run", "--json", "--repo", str(repository)))
    words = world.install("--dry-run", "--repo", str(repository))
    assert tree(world.home) == before
    assert len(server.requests) == asked

    assert plan["host"]["os"] == {"linux": "linux", "darwin": "macos"}.get(sys.platform, plan["host"]["os"])
    assert plan["host"]["arch"] in {"amd64", "arm64"}
    assert plan["model"] == "tiny-a"
    assert plan["actions"]
    for action in plan["actions"]:
        assert isinstance(action["kind"], str)
        assert action["description"].strip()
    paths = {action.get("path") for action in plan["actions"]}
    assert str(world.config) in paths
    assert str(world.data / "models" / "tiny-a.gguf") in paths
    assert any("hook" in action["description"] for action in plan["actions"])
    assert 0 < plan["download_bytes"] <= plan["disk_needed_bytes"] < plan["disk_free_bytes"]
    free = shutil.disk_usage(world.home).free
    assert abs(plan["disk_free_bytes"] - free) < free / 5 + (1 << 30)

    for action in plan["actions"]:
        assert action["description"].replace(str(world.home), "~") in words.stdout
    assert "MB" in words.stdout


def test_a_dry_run_is_what_is_done(world: World) -> None:
    (plan,) = events(world.install("--dry-run", "--json"))
    done = events(world.install("--json"))
    said = [event["description"] for event in done if event["event"] == "begin"]
    planned = [action["description"] for action in plan["actions"]]
    assert [text for text in planned if text in said] == said
    (again,) = events(world.install("--dry-run", "--json"))
    assert again["actions"] == []
    assert again["download_bytes"] == 0
    (other,) = events(world.install("--dry-run", "--json", "--model", "tiny-b"))
    sizes = [action["size"] for action in other["actions"] if action["kind"] == "Download"]
    assert sizes == [other["download_bytes"]]


def test_status_and_models_as_json(world: World) -> None:
    repository = world.repository()
    world.install("--repo", str(repository))
    (status,) = events(world.run("status", "--json"))
    hook = repository / ".git" / "hooks" / "prepare-commit-msg"
    pid = status["server"]["pid"]
    assert isinstance(pid, int)
    assert Path(f"/proc/{pid}").exists() or not Path("/proc/self").exists()
    model = world.data / "models" / "tiny-a.gguf"
    assert {name: status[name] for name in ("version", "server", "hooks")} == {
        "version": __version__,
        "server": {
            "url": f"http://127.0.0.1:{world.port}/v1",
            "running": True,
            "ready": True,
            "pid": pid,
            "alias": "tiny-a",
            "key_file": None,
        },
        "hooks": [str(hook)],
    }
    assert status["llamafile"]["version"] == "0.9.3"
    assert Path(status["llamafile"]["path"]).is_file()
    assert re.fullmatch("[0-9a-f]{64}", status["llamafile"]["sha256"])
    assert status["model"]["name"] == "tiny-a"
    assert status["model"]["path"] == str(model)
    assert status["model"]["size"] == model.stat().st_size
    assert set(status["autostart"]) >= {"backend", "enabled"}
    assert isinstance(status["autostart"]["enabled"], bool)

    world.run("stop")
    (stopped,) = events(world.run("status", "--json"))
    assert stopped["server"] | {"url": ""} == {
        "url": "",
        "running": False,
        "ready": False,
        "pid": None,
        "alias": "tiny-a",
        "key_file": None,
    }

    (offered,) = events(world.run("models", "--json"))
    assert [(entry["name"], entry["installed"]) for entry in offered["models"]] == [
        ("tiny-a", True),
        ("tiny-b", False),
        ("broken", False),
    ]
    for entry in offered["models"]:
        assert entry["size"] > 0
        assert entry["memory"] > entry["size"]
        assert entry["fits"] is True
        assert "licence" in entry


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (("install", "--model", "nope"), 1, "nope"),
        (("install", "--port", "70000"), 2, "70000"),
        (("install", "--frobnicate"), 2, "frobnicate"),
        (("status",), 1, "installed"),
        (("hook", "install", "."), 1, "installed"),
    ],
)
def test_an_error_as_json(world: World, arguments: tuple[str, ...], status: int, word: str) -> None:
    done = world.run(*arguments, "--json", check=False)
    assert done.returncode == status
    error = events(done)[-1]
    assert error["event"] == "error"
    assert word in error["message"]
    assert error["hint"]
    assert "Traceback" not in done.stderr


def test_what_the_server_says_as_json(world: World) -> None:
    world.install()
    log = world.state / "logs" / "server.log"
    with log.open("a") as file:
        file.write('one "line" ~é\nand the last')
    found = events(world.run("logs", "--json"))
    assert found[-1] == {"event": "done"}
    assert {event["event"] for event in found[:-1]} == {"line"}
    assert [event["text"] for event in found[-3:-1]] == ['one "line" ~é', "and the last"]
    following = subprocess.Popen(
        [*BOOTSTRAP, "logs", "--json", "--follow"],
        env=world.environment,
        cwd=world.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert following.stdout
    with log.open("a") as file:
        file.write(" one\n")
    for line in following.stdout:
        if json.loads(line)["text"] == "and the last one":
            break
    following.send_signal(signal.SIGINT)
    following.stdout.close()
    assert following.wait(timeout=20) == 130
    log.unlink()
    assert events(world.run("logs", "--json", check=False))[-1]["event"] == "error"


def test_what_becomes_the_server_has_no_json_of_its_own(world: World) -> None:
    refused = world.run("run", "--json", check=False)
    assert refused.returncode == 2
    assert events(refused)[-1]["event"] == "error"


def test_json_of_a_slow_download_tells_how_far_it_is(world: World, slow: Mirror) -> None:
    began = time.monotonic()
    found = events(world.install("--json", "--no-start"))
    took = time.monotonic() - began
    progress = [event for event in found if event["event"] == "progress"]
    assert len(progress) >= 2
    assert all(0 <= event["done"] <= event["total"] for event in progress)
    assert len(progress) <= took * 10 + 4, "at most ten a second"


# for people, through a pipe or a log


def test_not_on_a_terminal_there_are_plain_lines(world: World, slow: Mirror) -> None:
    before = tree(world.home)
    done = world.install()
    plain(done)
    assert "tiny-a" in done.stdout
    assert f"http://127.0.0.1:{world.port}/v1" in done.stdout
    assert "download" in done.stderr
    assert "download" not in done.stdout, "progress is no result"
    assert "Ready" not in done.stderr, "the result is said once"
    repeated = [line for line in done.stderr.splitlines() if "tiny-a" in line and "%" in line]
    assert len(repeated) <= 3, "a line every few seconds at most"
    for arguments in (("status",), ("models",), ("hook", "status"), ("stop",), ("start",), ("logs",)):
        plain(world.run(*arguments))
    again = world.install()
    plain(again)
    assert "nothing to do" in again.stdout.lower()
    plain(world.run("uninstall"))
    assert tree(world.home) == before


def test_a_second_install_changes_nothing_and_downloads_nothing(world: World, server: Mirror) -> None:
    repository = world.repository()
    world.install("--repo", str(repository))
    before, asked = tree(world.home), len(server.requests)
    times = {path: path.lstat().st_mtime_ns for path in world.home.rglob("*") if path.is_file()}
    done = world.install("--repo", str(repository))
    assert "nothing to do" in done.stdout.lower()
    assert tree(world.home) == before
    unwritten = {
        path: path.lstat().st_mtime_ns for path in times if path.name not in {"lock", "receipt.json"}
    }
    assert unwritten == {path: times[path] for path in unwritten}
    assert len(server.requests) == asked


def test_quiet_says_the_result_only(world: World) -> None:
    done = world.install("--quiet")
    assert done.stderr == ""
    assert "tiny-a" in done.stdout
    removed = world.run("uninstall", "--quiet")
    assert removed.stderr == ""
    failed = world.install("--quiet", "--model", "nope", check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("error: ")


def test_errors_of_every_kind_go_to_stderr_and_have_their_exit_code(world: World) -> None:
    for arguments, status in (
        (("status",), 1),
        (("start",), 1),
        (("logs",), 1),
        (("--nope",), 2),
        (("install", "--threads", "none"), 2),
        (("uninstall",), 0),
        (("hook", "status"), 0),
        (("models",), 0),
    ):
        done = world.run(*arguments, check=False)
        assert done.returncode == status, (arguments, done.stderr)
        plain(done)
        if status:
            assert done.stdout == "", arguments
            assert re.match(r"error: .+\nhelp: .+\n", done.stderr), arguments
        else:
            assert done.stderr == "", arguments
    assert not [path for path in world.home.rglob("*") if not path.is_dir()]


def test_version_and_help(world: World) -> None:
    world.environment["COLUMNS"] = "80"
    before = tree(world.home)
    assert __version__ in world.run("--version").stdout.split()
    text = world.run("--help").stdout
    listed = set(re.findall(r"^ {2,6}([a-z]+)\b", text, re.MULTILINE))
    assert listed >= COMMANDS
    assert max(map(len, text.splitlines())) <= 80
    options = world.run("install", "--help").stdout
    for option in ("--model", "--port", "--no-autostart", "--repo", "--mirror", "--dry-run", "--force-fit"):
        assert option in options
    for option in ("--from", "--print-urls", "--no-reuse", "--connections", "--limit-rate"):
        assert option in options
    assert max(map(len, options.splitlines())) <= 80
    for command in sorted(COMMANDS):
        assert command in world.run(command, "--help").stdout
    assert tree(world.home) == before


def test_the_table_of_models_fits_on_a_terminal(world: World) -> None:
    world.environment["COLUMNS"] = "80"
    lines = world.run("models").stdout.splitlines()
    assert any(line.startswith("gemma-3-4b ") for line in lines)
    assert any("Gemma" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_results_arrive_with_any_locale(world: World, tmp_path: Path) -> None:
    """A name that only UTF-8 can write, where the output is no UTF-8."""
    world.environment |= {"LANG": "C", "LC_ALL": "C", "TMPDIR": str(tmp_path)}
    world.install("--alias", "küçük 模型", "--no-start")
    world.environment["PYTHONIOENCODING"] = "ascii"
    done = world.run("status", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["server"]["alias"] == "küçük 模型"
    plain(world.run("status"))
    world.run("install", "--catalogue", str(world.catalogue), "--alias", "模型", "--no-start")


def test_a_reader_that_goes_away_is_no_bug(world: World) -> None:
    command = f"{' '.join(BOOTSTRAP)} install --help | true; {' '.join(BOOTSTRAP)} models | true"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=world.environment,
        cwd=world.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


# for people, on a terminal


def test_a_terminal_shows_progress_without_colour_where_none_is_wanted(world: World) -> None:
    wanted = ("install", "--catalogue", str(world.catalogue), "--port", str(world.port))
    status, seen = terminal(world, *wanted, NO_COLOR="1")
    assert status == 0, seen
    assert not COLOUR.search(seen), repr(COLOUR.search(seen))
    assert "tiny-a" in seen
    assert f"http://127.0.0.1:{world.port}/v1" in seen
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h"), "the cursor is back"


def test_a_dumb_terminal_gets_no_escapes(world: World) -> None:
    wanted = ("install", "--catalogue", str(world.catalogue), "--port", str(world.port), "--no-start")
    status, seen = terminal(world, *wanted, TERM="dumb")
    assert status == 0, seen
    assert "\x1b" not in seen


def test_quiet_on_a_terminal_is_plain(world: World) -> None:
    wanted = ("install", "--catalogue", str(world.catalogue), "--no-start", "--quiet")
    status, seen = terminal(world, *wanted)
    assert status == 0, seen
    assert "\x1b" not in seen
    assert "\r" not in seen.replace("\r\n", "\n")


def test_an_error_on_a_terminal_is_the_same_words(world: World) -> None:
    status, seen = terminal(world, "install", "--model", "nope", NO_COLOR="1")
    assert status == 1
    assert not COLOUR.search(seen)
    words = re.sub(r"\x1b\[[0-9;]*m", "", seen)
    assert re.fullmatch(r"error: .*nope.*\r\nhelp: .*\r\n", words)


def rows(seen: str) -> list[str]:
    """What stands on a terminal, without colour and what was overwritten."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.replace("\r\n", "\n"))
    return [line.rpartition("\r")[2] for line in text.split("\n")]


def test_on_a_terminal_every_line_fits_but_for_paths_and_commands(world: World) -> None:
    """Of what is installed first, found wrong, put into repositories, and not found."""
    repository = world.repository("a project with a long name, as they are given to projects by committees")
    wanted = ("--catalogue", str(world.catalogue), "--port", str(world.port))
    shown = []
    for arguments in (
        ("install", "--dry-run", *wanted),
        ("install", "--verbose", *wanted),
        ("doctor",),
        ("hook", "install", str(repository)),
        ("hook", "status"),
        ("status",),
        ("models",),
        ("verify",),
        ("hook", "install", str(world.home)),
        ("install", "--model", "gemma-3-27b-that-nobody-has", *wanted),
        ("install", "--ctx-size", "many", *wanted),
        ("uninstall",),
    ):
        shown += rows(terminal(world, *arguments)[1])
    assert len(shown) > 80
    long = [line for line in shown if len(line) > 80]
    for line in long:
        rest = re.sub(r"^ *(?:\d+\. )?(?:\S+ {2,})*", "", line)
        assert re.match(r"[~/]\S*|TMPDIR=|/bin/sh |git config |bootstrap |sh |curl ", rest), line
    assert len(long) < 15


def test_a_report_is_not_broken_on_a_terminal(world: World) -> None:
    world.install()
    seen = terminal(world, "doctor", "--report")[1]
    told = "ok       loader      ~/.local/share/commit-polish/loader takes llamafile's loader"
    assert len(told) > 80
    assert told in rows(seen)
    assert "\x1b" not in seen


# what must not be said or shown


def test_nothing_of_the_environment_is_written_down(world: World) -> None:
    secrets = {
        "HF_TOKEN": "hf_SecretOne",
        "API_PASSWORD": "SecretTwo",
        "AWS_SECRET_ACCESS_KEY": "SecretThree",
    }
    world.environment |= secrets
    done = world.install("--verbose")
    world.run("uninstall", "--keep-models", "--json")
    world.install("--json")
    for path in world.home.rglob("*"):
        if path.is_file() and path.suffix != ".gguf":
            data = path.read_bytes()
            for value in secrets.values():
                assert value.encode() not in data, path
    for value in secrets.values():
        assert value not in done.stdout + done.stderr


def test_what_is_private_is_private(world: World) -> None:
    before = os.umask(0)
    try:
        world.install()
        world.install("--model", "tiny-b")
    finally:
        os.umask(before)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.lstat().st_mode)

    assert mode(world.receipt) == 0o600
    assert mode(world.config.parent) == 0o700
    assert mode(world.state) == 0o700
    assert mode(world.config) & 0o077 == 0
    for path in world.home.rglob("*"):
        if path.is_file() and mode(path) & 0o111 and not path.is_symlink():
            assert not mode(path) & 0o022, f"{path} is executed and can be written by others"
