"""Receipts for ever: those of every release are read and undone, and one that is lost is made anew."""

import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from bootstrap import __version__
from tests.test_upgrade import lasting, served
from tests.world import ROOT, World, tree

STORED = sorted((ROOT / "tests" / "receipts").glob("*.json"))
HOME = "/home/placeholder"  # in what is stored


@pytest.fixture
def systemctl(world: World, tmp_path: Path) -> None:
    """One that plays, and asks nobody else."""
    tools = tmp_path / "tools"
    tools.mkdir()
    command = tools / "systemctl"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -SE {ROOT / "tests" / "systemctl.py"} "$@"\n')
    command.chmod(0o755)
    world.environment |= {"PATH": f"{tools}:{world.environment['PATH']}", "SYSTEMCTL_STATE": str(tools)}


def store(world: World, name: str) -> None:
    """Keep the receipt of what is installed there, for every later version to read."""
    text = world.receipt.read_text()
    places = {world.home: HOME, world.home.parent: "/srv", sys.executable: "/usr/bin/python3"}
    for found, kept in places.items():
        text = text.replace(str(found), kept)
    (ROOT / "tests" / "receipts" / f"{__version__}-{name}.json").write_text(text)


def put(world: World, stored: Path) -> None:
    """The home as the receipt tells of it, with other bytes for what was downloaded."""
    content = json.loads(stored.read_text().replace(HOME, str(world.home)))
    for entry in content["entries"]:
        action, memory = entry["action"], entry["memory"]
        path = Path(action.get("path", "/nowhere"))
        if action["kind"] == "CreateDirectory":
            path.mkdir(parents=True, exist_ok=True, mode=action["mode"])
        elif action["kind"] == "WriteFile":
            data = action["text"].encode()
            path.write_bytes(data)
            memory["ours"] = [hashlib.sha256(data).hexdigest()]
        elif action["kind"] == "Download":
            path.write_bytes(path.name.encode())
            action["sha256"] = hashlib.sha256(path.name.encode()).hexdigest()
            action["size"] = len(path.name)
        elif action["kind"] == "Link":
            path.symlink_to(action["target"])
        elif action["kind"] == "MoveAside":
            path.rename(action["to"])
    world.receipt.parent.mkdir(parents=True, exist_ok=True)
    world.receipt.write_text(json.dumps(content))


@pytest.mark.usefixtures("systemctl")
@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
def test_every_receipt_that_was_ever_written_is_undone(world: World, stored: Path) -> None:
    hook = world.repository() / ".git" / "hooks" / "prepare-commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("mine\n")
    before = tree(world.home)
    put(world, stored)
    assert tree(world.home).keys() > before.keys()
    assert "nothing is left" in world.run("uninstall").stdout
    assert tree(world.home) == before


@pytest.mark.usefixtures("systemctl")
@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
def test_every_receipt_that_was_ever_written_is_upgraded(world: World, stored: Path) -> None:
    hook = world.repository() / ".git" / "hooks" / "prepare-commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("mine\n")
    before = tree(world.home)
    put(world, stored)
    world.install()
    assert served(world) == "tiny-a"
    assert world.status()["hooks"] == [str(hook)]
    world.run("uninstall")
    left = {name: value for name, value in tree(world.home).items() if not name.endswith(".edited")}
    assert {name: value for name, value in left.items() if name in before} == before


def shape(content: dict) -> set[str]:
    """The members of a receipt, by which a version knows or does not know what to do with it."""
    found = {f"member {name}" for name in content} | {f"about {name}" for name in content["about"]}
    for entry in content["entries"]:
        found |= {f"{entry['action']['kind']} {name}" for name in entry["action"]}
    return found


def test_there_is_a_receipt_of_this_form(world: World) -> None:
    """Whoever changes what a receipt holds stores one more, as `store` does."""
    world.install("--repo", str(world.repository()))
    stored = [shape(json.loads(path.read_text())) for path in STORED]
    assert shape(json.loads(world.receipt.read_text())) <= set().union(*stored)


def test_what_a_later_version_adds_to_a_receipt_does_no_harm(world: World) -> None:
    before = tree(world.home)
    world.install()
    content = json.loads(world.receipt.read_text())
    content |= {"later": [1, 2]}
    content["about"] |= {"later": {"a": 1}}
    for entry in content["entries"]:
        entry["later"] = "x"
    world.receipt.write_text(json.dumps(content))
    assert world.status()["server"]["ready"]
    assert "Nothing to do" in world.install().stdout
    world.run("uninstall")
    assert tree(world.home) == before


# one that is lost

LOST = {"gone": None, "empty": "", "cut off": '{"format": 1, "about": {"ver', "null": "null", "shape": "[1]"}
SHARED = {".config", ".local", ".local/bin", ".local/share", ".local/state"}  # anybody's, however they came


def lose(world: World, text: str | None) -> None:
    if text is None:
        world.receipt.unlink()
    else:
        world.receipt.write_text(text)


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
def test_a_lost_receipt_is_made_anew_by_looking(world: World, text: str | None) -> None:
    repository = world.repository()
    clean = tree(world.home)
    world.install("--repo", str(repository))
    before = lasting(world)
    lose(world, text)
    for command in (["uninstall"], ["uninstall", "--keep-models"]):
        done = world.run(*command, check=False)
        assert done.returncode == 1
        assert "help: have it found out again" in done.stderr
        assert "bootstrap" in done.stderr
    assert lasting(world) == before
    assert served(world) == "tiny-a"
    done = world.install("--repo", str(repository))
    assert "receipt" in done.stderr
    assert ("receipt.json.broken" in done.stderr) == (text is not None)
    if text is not None:
        assert (world.state / "receipt.json.broken").read_text() == text
    assert lasting(world) == before
    assert served(world) == "tiny-a"
    content = json.loads(world.receipt.read_text())
    assert "rebuilding" not in content
    assert "Nothing to do" in world.install().stdout
    assert "nothing is left" in world.run("uninstall").stdout
    assert {name: value for name, value in tree(world.home).items() if name not in SHARED} == clean
    assert not served(world)


def test_looking_again_can_be_killed_too(world: World) -> None:
    clean = tree(world.home)
    for number in (1, 2, 9, 20, 27):
        world.install()
        lose(world, None)
        killed = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), "after", str(number))
        assert world.install(check=False, prefix=killed).returncode == -signal.SIGKILL
        done = world.run("uninstall", check=False)
        assert done.returncode == 1, number
        assert "help: have it found out again" in done.stderr
        world.install()
        assert served(world) == "tiny-a"
        world.run("uninstall")
        left = {name: value for name, value in tree(world.home).items() if name not in SHARED}
        assert left == clean, number


def test_a_dry_run_with_a_lost_receipt_changes_nothing(world: World) -> None:
    world.install()
    lose(world, "{")
    before = tree(world.home)
    text = world.run("install", "--dry-run").stdout
    assert "download" not in text.split("in this order")[1].split("to download")[0]
    assert tree(world.home) == before


def test_a_run_that_fails_leaves_a_broken_receipt_where_it_was(world: World) -> None:
    world.install()
    lose(world, "{")
    before = tree(world.home)
    done = world.run("install", "--model", "nope", check=False)
    assert done.returncode == 1
    assert tree(world.home) == before


def test_what_may_be_the_users_stays_with_a_lost_receipt(world: World) -> None:
    world.install()
    text = world.config.read_text() + "# mine\n"
    world.config.write_text(text)
    other = world.data / "models" / "other.gguf"
    other.write_text("of another day")
    lose(world, None)
    world.install()
    said = world.run("uninstall").stdout
    assert "config.toml was edited since, so it stays" in said
    assert "models is not empty" in said
    assert world.config.read_text() == text
    left = {name for name, value in tree(world.home).items() if value[0] == "file"}
    assert left == {str(path.relative_to(world.home)) for path in (world.config, other)}


def test_settings_alone_are_nothing_that_was_lost(world: World) -> None:
    world.config.parent.mkdir(parents=True)
    world.config.write_text("# mine\n")
    model = world.data / "models" / "tiny-a.gguf"
    model.parent.mkdir(parents=True)
    before = tree(world.home)
    assert "Nothing is installed" in world.run("uninstall").stdout
    assert "receipt" not in world.install().stderr
    world.run("uninstall")
    assert tree(world.home) == before


def test_files_that_somebody_has_put_there_for_us_stay_theirs(world: World, artifacts: Path) -> None:
    engine = world.data / "llamafile" / "0.9.3" / "llamafile"
    engine.parent.mkdir(parents=True)
    shutil.copy(artifacts / "scripted-0.9.3", engine)
    before = tree(world.home)
    assert "receipt" not in world.install().stderr
    world.run("uninstall")
    assert tree(world.home) == before


def test_uninstall_goes_on_where_something_is_gone_already(world: World) -> None:
    """Every single file or directory of ours, each in turn."""
    clean = tree(world.home)
    world.install()
    ours = [name for name in tree(world.home) if "/state/" not in name and name not in SHARED]
    assert len(ours) > 10
    for number, name in enumerate(ours[::4]):
        if number:
            world.install()
        path = world.home / name
        world.run("stop")
        if path.is_dir() and not path.is_symlink():
            path.rename(world.home.with_name(f"away-{number}"))
        else:
            path.unlink()
        world.run("uninstall")
        assert tree(world.home) == clean, name


def test_a_server_that_nobody_can_stop_any_more_is_named(world: World) -> None:
    clean = tree(world.home)
    world.install()
    pid = world.status()["server"]["pid"]
    keeper = int(max(world.state.glob("logs/keeper.*")).readlink().name)
    (world.data / "run.sh").unlink()
    done = world.run("uninstall", check=False)
    try:
        assert done.returncode == 1
        assert f"tiny-a still answers at http://127.0.0.1:{world.port}/v1: end " in done.stdout
        assert f"(process {pid})" in done.stdout
        assert tree(world.home) == clean
    finally:
        os.kill(keeper, signal.SIGTERM)


def test_a_link_that_leads_to_us_is_ours_without_a_receipt(world: World) -> None:
    world.install()
    lose(world, None)
    assert "is not ours" not in world.install().stderr
    assert not [path for path in (world.home / ".local" / "bin").iterdir() if not path.is_symlink()]
