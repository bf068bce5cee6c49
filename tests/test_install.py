"""From a clean machine to a polished commit: the main job, with a real engine behind the server."""

import json
import os
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from bootstrap.polish import convention
from tests.mirror import Mirror
from tests.world import World, tree

BODY = """\
The session was compared with `==`, see #12.

* one
* two  \n
Co-authored-by: Someone <someone@example.com>
Signed-off-by: A U Thor <author@example.com>
"""


def message(world: World, repository: Path) -> str:
    return world.git(repository, "log", "-1", "--format=%B")


def hooked(world: World) -> list[str]:
    return json.loads(world.run("hook", "status", "--json").stdout)["hooks"]


def ask(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def test_one_command_to_a_polished_commit(real_world: World) -> None:
    world = real_world
    repository = world.repository()
    done = world.install("--repo", str(repository))
    assert "Ready: tiny-a answers" in done.stdout
    assert ask(f"http://127.0.0.1:{world.port}/v1/models")["data"][0]["id"] == "tiny-a"

    world.git(repository, "commit", "-m", "Fixed the login bug.")
    subject, _, rest = message(world, repository).partition("\n")
    kind, _, words = subject.partition(": ")
    assert kind in convention.TYPES
    assert words == "fix the login bug"
    assert not rest.strip()


def test_body_and_trailers_are_untouched(real_world: World) -> None:
    world = real_world
    repository = world.repository()
    world.install("--repo", str(repository))
    plain = "Fixed the login bug.\n\n" + BODY
    world.git(repository, "commit", "-m", plain)
    polished = message(world, repository)
    assert polished.partition("\n")[0].endswith(": fix the login bug")
    world.git(repository, "commit", "--amend", "-m", plain, COMMIT_POLISH="0")
    assert polished.partition("\n")[2] == message(world, repository).partition("\n")[2]
    assert "Co-authored-by: Someone" in polished


def test_with_the_server_stopped_the_words_stay(world: World) -> None:
    repository = world.repository()
    world.install("--repo", str(repository))
    world.run("stop")
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert message(world, repository).strip() == "Fixed the login bug."
    assert not [path for path in (repository / ".git").iterdir() if "COMMIT_POLISH" in path.name]


def test_config_is_what_the_interface_promises(world: World) -> None:
    world.install()
    written = tomllib.loads(world.config.read_text())
    assert written == {
        "ai": {"model": "llamafile/tiny-a", "temperature": 0.3, "max_tokens": 200},
        "llamafile": {
            "path": f"{world.home}/.local/bin/llamafile",
            "model_path": f"{world.data}/models/tiny-a.gguf",
            "api_base": f"http://127.0.0.1:{world.port}/v1",
        },
        "server": {"host": "127.0.0.1", "port": world.port, "ctx_size": 8192, "autostart": True},
        "hook": {"stage": "prepare-commit-msg", "deadline": 10.0},
        "install": {"catalogue": str(world.catalogue)},
    }
    said = subprocess.run(
        ["/bin/sh", written["llamafile"]["path"], "--version"],
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "llamafile v0.9.3"
    for path in world.home.glob(".ape-*"):  # this test's own doing
        path.unlink()


def test_the_second_run_does_nothing_and_says_so(world: World, server: Mirror) -> None:
    repository = world.repository()
    world.install("--repo", str(repository))
    before, pid = tree(world.home), world.status()["server"]["pid"]
    server.requests.clear()
    done = world.install("--repo", str(repository))
    assert "Nothing to do" in done.stdout
    assert tree(world.home) == before
    assert world.status()["server"]["pid"] == pid
    assert server.requests == []


def test_uninstall_leaves_the_home_as_it_was(world: World) -> None:
    repository = world.repository()
    hook = repository / ".git" / "hooks" / "prepare-commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho mine >>hook-ran\n")
    hook.chmod(0o755)
    (world.home / ".config").mkdir()
    (world.home / ".config" / "other.toml").write_text("a = 1\n")
    before = tree(world.home)
    world.install("--repo", str(repository))
    assert tree(world.home) != before
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert (repository / ".git" / "COMMIT_POLISH_ORIG").read_text() == "Fixed the login bug.\n"
    done = world.run("uninstall")
    assert "nothing is left" in done.stdout
    after = tree(world.home)
    assert {name for name in after if "COMMIT_POLISH" in name} == set()
    gits = ("project/.git/", "project/hook-ran")  # what the commit itself has changed
    assert {n: v for n, v in after.items() if not n.startswith(gits)} == {
        n: v for n, v in before.items() if not n.startswith(gits)
    }
    assert after["project/.git/hooks/prepare-commit-msg"] == before["project/.git/hooks/prepare-commit-msg"]
    with pytest.raises(OSError, match="refused"):
        ask(f"http://127.0.0.1:{world.port}/v1/models")
    assert "Nothing is installed" in world.run("uninstall").stdout


def test_an_earlier_hook_runs_first_and_can_refuse(world: World) -> None:
    repository = world.repository()
    hook = repository / ".git" / "hooks" / "prepare-commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho ran >.git/earlier-ran\n")
    hook.chmod(0o755)
    world.install("--repo", str(repository))
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert (repository / ".git" / "earlier-ran").exists()
    assert message(world, repository).strip() == "fix: fix the login bug"
    hook.with_name("prepare-commit-msg.chained").write_text("#!/bin/sh\nexit 1\n")
    world.git(repository, "commit", "--allow-empty", "-m", "Fixed another bug.", check=False)
    assert message(world, repository).strip() == "fix: fix the login bug"


def test_hook_by_itself_into_a_second_repository(world: World) -> None:
    world.install()
    first, second = world.repository("first"), world.repository("second")
    before = tree(world.home)
    world.run("hook", "install", cwd=first)
    world.run("hook", "install", str(second))
    assert hooked(world) == [str(first), str(second)]
    world.install()  # a later run keeps them
    assert hooked(world) == [str(first), str(second)]
    world.run("hook", "remove", cwd=first)
    world.run("hook", "remove", str(second))
    after = {name: value for name, value in tree(world.home).items() if "/state/" not in name}
    assert after == {name: value for name, value in before.items() if "/state/" not in name}


def test_another_model_replaces_the_first_one_after_it_has_answered(world: World) -> None:
    world.install()
    done = world.install("--model", "tiny-b")
    assert "Ready: tiny-b answers" in done.stdout
    assert ask(f"http://127.0.0.1:{world.port}/v1/models")["data"][0]["id"] == "tiny-b"
    assert tomllib.loads(world.config.read_text())["ai"]["model"] == "llamafile/tiny-b"
    assert [path.name for path in (world.data / "models").iterdir()] == ["tiny-b.gguf"]
    assert "Nothing to do" in world.install().stdout  # the choice is remembered


def test_a_model_that_does_not_start_leaves_the_old_one_on_the_disk(real_world: World) -> None:
    world = real_world
    before = tree(world.home)
    world.install()
    done = world.install("--model", "broken", check=False)
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "does not know" in done.stderr
    assert "help: see which it is: bootstrap verify" in done.stderr
    assert (world.data / "models" / "tiny-a.gguf").exists()
    assert "Ready: tiny-a answers" in world.install("--model", "tiny-a").stdout
    world.run("uninstall")
    assert tree(world.home) == before


def test_another_llamafile_replaces_the_first_one(world: World) -> None:
    world.install("--llamafile", "0.9.2")
    assert world.status()["llamafile"]["version"] == "0.9.2"
    assert "Nothing to do" in world.install().stdout
    world.install("--llamafile", "0.9.3")
    assert world.status()["llamafile"]["version"] == "0.9.3"
    assert [path.name for path in (world.data / "llamafile").iterdir()] == ["0.9.3"]


def test_a_changed_port_moves_the_server(world: World) -> None:
    world.install()
    old, world.port = world.port, world.port + 1
    world.install()
    assert ask(f"http://127.0.0.1:{world.port}/v1/models")
    with pytest.raises(OSError, match="refused"):
        ask(f"http://127.0.0.1:{old}/v1/models")


def test_start_stop_restart_status(world: World) -> None:
    world.install()
    first = world.status()["server"]
    assert first["ready"]
    assert first["running"]
    world.run("restart")
    second = world.status()["server"]
    assert second["ready"]
    assert second["pid"] != first["pid"]
    world.run("stop")
    assert world.status()["server"] == first | {"ready": False, "running": False, "pid": None}
    world.run("start")
    assert world.status()["server"]["ready"]
    assert "llama server listening" in world.run("logs").stdout


def test_run_in_the_foreground(world: World) -> None:
    world.install("--no-start")
    argv = [sys.executable, "-P", "-m", "bootstrap", "run"]
    with subprocess.Popen(
        argv, env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as server:
        try:
            for _ in range(100):
                if world.status()["server"]["ready"]:
                    break
                time.sleep(0.1)
            assert ask(f"http://127.0.0.1:{world.port}/v1/models")["data"][0]["id"] == "tiny-a"
        finally:
            server.terminate()
            server.wait(timeout=10)


def test_a_killed_download_goes_on_where_it_stopped(world: World, server: Mirror, artifacts: Path) -> None:
    """The process is killed while bytes arrive; the next run asks only for the rest."""
    size = (artifacts / "tiny-a.gguf").stat().st_size
    part = world.data / "models" / "tiny-a.gguf.part"
    argv = [
        sys.executable,
        "-P",
        "-m",
        "bootstrap",
        "--catalogue",
        str(world.catalogue),
        "--port",
        str(world.port),
    ]
    server.rate = size / 4
    try:
        with subprocess.Popen(
            argv, env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            for _ in range(200):
                time.sleep(0.05)
                if part.with_name(part.name + ".json").exists() and part.stat().st_size > size // 3:
                    break
            running.kill()
    finally:
        server.rate = None
    assert part.exists()
    assert not (world.data / "models" / "tiny-a.gguf").exists()
    assert "Ready" in world.install().stdout


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_private_files_are_private(world: World) -> None:
    world.install()
    for path in (world.receipt, world.config):
        assert path.stat().st_mode & 0o077 == 0, path


def test_one_directory_for_everything(world: World) -> None:
    """As on macOS and Windows, where settings, data and state of a program live together."""
    place = world.home / "Application Support"
    world.environment |= dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), str(place))
    world.repository()
    before = tree(world.home)
    world.install("--repo", "project")
    assert world.status()["server"]["ready"]
    assert "Nothing to do" in world.install().stdout
    world.install("--model", "tiny-b")
    world.run("restart")
    assert world.status()["server"]["ready"]
    world.run("uninstall")
    assert tree(world.home) == before
