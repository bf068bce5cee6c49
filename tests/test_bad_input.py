"""Whatever is typed, found on the disk or answered by a mirror: a clear error or it just works, and
nothing is lost."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mirror
from tests.mirror import Mirror
from tests.world import ROOT, World, free_port, tree

BOOTSTRAP = (sys.executable, "-P", "-m", "bootstrap")
BROKEN_TOML = b"# mine\n[ai]\nmodel = \nother = 1\n"


def refused(done: subprocess.CompletedProcess, *words: str, status: int = 1) -> str:
    """The error, after a look at its form: what and a hint on stderr, no result, no traceback."""
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    found = re.search(r"^error: .+\nhelp: .+", done.stderr, re.MULTILINE | re.DOTALL)
    assert found, done.stderr
    for word in words:
        assert word in found[0], f"{word!r} is not in {found[0]!r}"
    return found[0]


def gone(world: World, before: dict[str, tuple]) -> None:
    """Uninstalling, after whatever happened, leaves the home as it was."""
    world.run("uninstall")
    assert tree(world.home) == before


def shown(world: World, path: Path) -> str:
    """A path as people read it: with ~ for the home."""
    return str(path).replace(str(world.home), "~")


def replaced(world: World, old: str, new: str) -> str:
    """Another catalogue, beside the good one."""
    text = world.catalogue.read_text()
    assert old in text
    target = world.catalogue.with_name("other.toml")
    target.write_text(text.replace(old, new))
    return str(target)


def sha256_of(world: World, name: str) -> str:
    tables = tomllib.loads(world.catalogue.read_text())
    return next(entry["sha256"] for entry in tables["model"] if entry["name"] == name)


# what is typed


def test_an_unknown_model_gets_the_closest_names_and_changes_nothing(world: World, server: Mirror) -> None:
    before, asked = tree(world.home), len(server.requests)
    error = refused(world.install("--model", "tiny-c", check=False), "tiny-c")
    hint = error.partition("help: ")[2]
    assert "tiny-a" in hint
    assert "tiny-b" in hint
    assert tree(world.home) == before
    assert len(server.requests) == asked


def test_an_unknown_model_later_leaves_the_installed_one_alone(world: World) -> None:
    world.install()
    before, pid = tree(world.home), world.status()["server"]["pid"]
    refused(world.install("--model", "tiny-c", check=False))
    assert tree(world.home) == before
    assert world.status()["server"]["pid"] == pid


def test_an_unknown_llamafile_names_the_known_ones(world: World) -> None:
    before = tree(world.home)
    refused(world.install("--llamafile", "0.9.4", check=False), "0.9.4", "0.9.3")
    assert tree(world.home) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nope",),
        ("frobnicate",),
        ("install", "--model"),
        ("install", "--ctx-size", "-1"),
        ("hook",),
        ("hook", "frobnicate"),
    ],
    ids=" ".join,
)
def test_wrong_usage(world: World, arguments: tuple[str, ...]) -> None:
    before = tree(world.home)
    refused(world.run(*arguments, check=False), status=2)
    assert tree(world.home) == before


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_port_out_of_range_on_the_command_line(world: World, port: str) -> None:
    before = tree(world.home)
    refused(world.run("install", f"--port={port}", "--dry-run", check=False), "--port", status=2)
    assert tree(world.home) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOTSTRAP_PORT", "70000"),
        ("BOOTSTRAP_AUTOSTART", "perhaps"),
    ],
)
def test_a_wrong_value_in_the_environment_names_the_variable(world: World, name: str, value: str) -> None:
    before = tree(world.home)
    world.environment[name] = value
    refused(world.run("install", "--catalogue", str(world.catalogue), check=False), name, value, status=2)
    assert tree(world.home) == before


def test_an_alias_of_any_characters_works(world: World) -> None:
    alias = 'it\'s "a" 50% $HOME `id` \\n é;&|'
    before = tree(world.home)
    world.install("--alias", alias)
    assert world.status()["server"]["alias"] == alias
    assert world.status()["server"]["ready"]
    gone(world, before)


# the port


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="ports are shared in another way here")
def test_a_port_from_which_another_program_calls_out(world: World) -> None:
    # llamafile could not listen there, and would silently take another one
    with socket.create_server(("127.0.0.1", 0)) as other, socket.socket() as caller:
        caller.bind(("127.0.0.1", world.port))
        caller.connect(other.getsockname())
        refused(world.install(check=False), str(world.port), "taken")
    assert not world.receipt.exists()


def test_a_port_taken_by_another_program(world: World, server: Mirror) -> None:
    before, asked = tree(world.home), len(server.requests)
    with socket.create_server(("127.0.0.1", world.port)):
        error = refused(world.install(check=False), str(world.port), "taken")
    offered = re.search(r"--port (\d+)", error.partition("help: ")[2])
    assert offered, error
    assert int(offered[1]) != world.port
    assert len(server.requests) == asked
    assert tree(world.home) == before
    world.install("--port", offered[1])
    assert world.status()["server"]["url"] == f"http://127.0.0.1:{offered[1]}/v1"
    gone(world, before)


def test_moving_to_a_taken_port_leaves_the_server_where_it_is(world: World) -> None:
    world.install()
    before, status = tree(world.home), world.status()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused(world.run("install", "--port", str(port), check=False, timeout=20), str(port))
    assert tree(world.home) == before
    assert world.status() == status


# the catalogue and the mirror


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[tuple[World, Path, Mirror]]:
    """An engine that leaves a trace when it is executed."""
    files = tmp_path / "files"
    files.mkdir()
    trace = tmp_path / "executed"
    (files / "engine").write_text(f"#!/bin/sh\ntouch '{trace}'\nexit 1\n")
    subprocess.run(["/bin/sh", str(files / "engine")], check=False)
    trace.unlink()  # so it does
    (files / "model.gguf").write_bytes(b"GGUF" * 1000)
    home = tmp_path / "traced home"
    home.mkdir()
    with mirror.serving(files) as running:
        catalogue = running.catalogue(tmp_path / "traced.toml", {"0.9.3": "engine"}, {"m": "model.gguf"})
        world = World(home, catalogue)
        yield world, trace, running
        world.run("stop", check=False)


@pytest.mark.parametrize("which", ["engine", "model.gguf"])
def test_a_wrong_checksum_executes_nothing(traced: tuple[World, Path, Mirror], which: str) -> None:
    world, trace, running = traced
    before = tree(world.home)
    with (running.directory / which).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b" ")
    error = refused(world.install(check=False), "checksum")
    assert running.url.removeprefix("http://") in error, "the mirror is named"
    assert not trace.exists()
    target = {"engine": "llamafile/0.9.3/llamafile", "model.gguf": "models/model.gguf"}[which]
    assert not (world.data / target).exists()
    assert not world.config.exists()
    gone(world, before)


def test_a_wrong_checksum_of_an_upgrade_leaves_the_old_model_running(world: World) -> None:
    world.install()
    good = sha256_of(world, "tiny-b")
    other = replaced(world, good, "0" * 64)
    status, config = world.status(), world.config.read_bytes()
    refused(world.install("--catalogue", other, "--model", "tiny-b", check=False), "checksum", "tiny-b")
    assert world.status() == status
    assert world.config.read_bytes() == config
    assert not (world.data / "models" / "tiny-b.gguf").exists()


def test_a_mirror_that_has_not_the_file(world: World, server: Mirror) -> None:
    before = tree(world.home)
    other = replaced(world, "/tiny-a.gguf", "/moved.gguf")
    error = refused(world.install("--catalogue", other, check=False), "tiny-a", "404")
    assert server.url.removeprefix("http://") in error
    gone(world, before)


def test_a_mirror_that_does_not_answer(world: World, server: Mirror) -> None:
    before = tree(world.home)
    nowhere = f"127.0.0.1:{free_port()}"
    other = replaced(world, server.url.removeprefix("http://"), nowhere)
    began = time.monotonic()
    refused(world.install("--catalogue", other, check=False), nowhere, "refused", "--mirror")
    assert time.monotonic() - began < 30
    gone(world, before)


def test_a_mirror_is_asked_first_and_the_catalogue_after_it(
    world: World, server: Mirror, artifacts: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with mirror.serving(artifacts) as own, mirror.serving(empty) as other:
        server.requests.clear()
        world.install("--mirror", own.url)
        asked = [path.rpartition("/")[2] for path in own.requests]
        assert set(asked) == {"scripted-0.9.3", "tiny-a.gguf"}
        assert server.requests == []
        # the next one has nothing: what the catalogue says is good enough
        world.install("--mirror", other.url, "--model", "tiny-b")
        assert [path.rpartition("/")[2] for path in other.requests] == ["tiny-b.gguf"]
    assert world.status()["model"]["name"] == "tiny-b"
    assert world.status()["server"]["ready"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ()),
        ("[[model]\n", ("line 1",)),
        ("", ()),
        ("model = 3\n", ()),
        ("[[llamafile]]\nversion = '0.9.3'\nurl = 'https://example.com/x'\n", ("0.9.3", "sha256")),
        (
            "[[llamafile]]\nversion = '../../x'\nurl = 'https://example.com/x'\nsha256 = '"
            + "a" * 64
            + "'\n",
            (),
        ),
    ],
    ids=["missing", "not TOML", "empty", "no tables", "no sha256", "a path for a version"],
)
def test_a_catalogue_that_is_none(world: World, tmp_path: Path, text: str | None, words: tuple) -> None:
    before = tree(world.home)
    other = tmp_path / "mine.toml"
    if text is not None:
        other.write_text(text)
    refused(world.install("--catalogue", str(other), check=False), "mine.toml", *words)
    assert tree(world.home) == before


def test_a_catalogue_that_is_a_directory(world: World, tmp_path: Path) -> None:
    refused(world.install("--catalogue", str(tmp_path), check=False), str(tmp_path))


def test_a_catalogue_that_went_away_does_not_hold_the_user_hostage(world: World) -> None:
    before = tree(world.home)
    world.install()
    world.catalogue.unlink()
    assert world.status()["server"]["ready"]
    world.run("stop")
    refused(world.run("install", check=False), str(world.catalogue))
    gone(world, before)


def test_paths_are_remembered_from_where_they_were_typed(world: World) -> None:
    repository = world.repository()
    wanted = ("--catalogue", world.catalogue.name, "--port", str(world.port), "--repo", "home/project")
    world.run("install", *wanted, cwd=world.home.parent)
    assert world.status()["hooks"] == [str(repository / ".git" / "hooks" / "prepare-commit-msg")]
    assert "Nothing to do" in world.run(cwd=repository).stdout


def test_a_model_that_does_not_fit_is_refused_before_the_first_byte(
    world: World, server: Mirror, tmp_path: Path
) -> None:
    server.catalogue(
        world.catalogue,
        {"0.9.3": "scripted-0.9.3"},
        {"tiny-a": "tiny-a.gguf", "tiny-b": "tiny-b.gguf"},
        **{"tiny-b": f"memory = {1 << 50}"},
    )
    before, asked = tree(world.home), len(server.requests)
    error = refused(world.install("--model", "tiny-b", check=False), "tiny-b", "memory")
    assert "tiny-a" in error.partition("help: ")[2], "what would fit"
    refused(world.install("--model", "tiny-b", "--yes", check=False), "tiny-b")
    assert tree(world.home) == before
    assert len(server.requests) == asked
    offered = json.loads(world.run("models", "--json").stdout.splitlines()[-1])["models"]
    assert offered  # the built-in catalogue: nothing was remembered
    world.install("--model", "tiny-b", "--force-fit")
    assert world.status()["model"]["name"] == "tiny-b"
    offered = json.loads(world.run("models", "--json").stdout.splitlines()[-1])["models"]
    assert {model["name"]: model["fits"] for model in offered} == {"tiny-a": True, "tiny-b": False}
    gone(world, before)


# what is on the disk already


WHERE = {
    "model": ".local/share/commit-polish/models/tiny-a.gguf",
    "llamafile": ".local/share/commit-polish/llamafile/0.9.3/llamafile",
    "config": ".config/commit-polish/config.toml",
    "run script": ".local/share/commit-polish/run.sh",
    "bin/llamafile": ".local/bin/llamafile",
    "bin/bootstrap": ".local/bin/bootstrap",
    "receipt": ".local/state/commit-polish/receipt.json",
    "lock": ".local/state/commit-polish/lock",
}


def in_the_way(world: World, obstacle: Path) -> None:
    """Install with something in the way: it works, or it is refused with the obstacle's name."""
    before = tree(world.home)
    done = world.install("--no-start", check=False)
    now = tree(world.home)
    assert {name: now.get(name) for name in before} == before, "what was there is the user's"
    if done.returncode:
        error = refused(done)
        assert str(obstacle) in error or shown(world, obstacle) in error, error
    else:
        assert world.status()["model"]["name"] == "tiny-a"
    undone = world.run("uninstall", check=False)
    if undone.returncode:
        refused(undone)
        now = tree(world.home)
        assert {name: now.get(name) for name in before} == before
    else:
        assert tree(world.home) == before
    if done.returncode:  # without the obstacle all is well
        shutil.rmtree(obstacle) if obstacle.is_dir() else obstacle.unlink()
        world.install("--no-start")
        world.run("uninstall")
        assert [path for path in world.home.rglob("*") if not path.is_dir()] == []


@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE.keys())
def test_a_directory_where_a_file_should_be(world: World, where: str) -> None:
    obstacle = world.home / where
    obstacle.mkdir(parents=True)
    (obstacle / "precious").write_text("mine\n")
    in_the_way(world, obstacle)


@pytest.mark.parametrize(
    "where",
    [
        ".config/commit-polish",
        ".local",
        ".local/share/commit-polish/models",
        ".local/state",
        ".local/state/commit-polish",
    ],
)
def test_a_file_where_a_directory_should_be(world: World, where: str) -> None:
    obstacle = world.home / where
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("mine\n")
    in_the_way(world, obstacle)


def test_a_models_directory_on_another_disk(world: World, tmp_path: Path) -> None:
    """A link to a directory is as good as a directory."""
    elsewhere = tmp_path / "big disk"
    elsewhere.mkdir()
    (elsewhere / "other.gguf").write_text("mine\n")
    world.data.mkdir(parents=True)
    (world.data / "models").symlink_to(elsewhere)
    before, there = tree(world.home), tree(elsewhere)
    world.install()
    assert (elsewhere / "tiny-a.gguf").is_file()
    assert world.status()["server"]["ready"]
    gone(world, before)
    assert tree(elsewhere) == there


def test_a_config_that_is_a_link_into_the_users_dotfiles(world: World) -> None:
    dotfiles = world.home / "dotfiles" / "polish.toml"
    dotfiles.parent.mkdir()
    dotfiles.write_text("# mine\n[ai]\ntemperature = 0.7\n")
    world.config.parent.mkdir(parents=True)
    world.config.symlink_to(dotfiles)
    before = tree(world.home)
    world.install()
    assert world.config.is_symlink(), "the link is the user's"
    assert tomllib.loads(dotfiles.read_text())["ai"] == {
        "model": "llamafile/tiny-a",
        "temperature": 0.7,
        "max_tokens": 200,
    }
    assert "# mine" in dotfiles.read_text()
    gone(world, before)


def test_programs_of_the_same_names_stay(world: World, server: Mirror, artifacts: Path) -> None:
    binaries = world.home / ".local" / "bin"
    binaries.mkdir(parents=True)
    for name in ("llamafile", "bootstrap"):
        (binaries / name).write_text(f"#!/bin/sh\necho my own {name}\n")
        (binaries / name).chmod(0o755)
    before = tree(world.home)
    world.install()
    now = tree(world.home)
    for name in (".local/bin/llamafile", ".local/bin/bootstrap"):
        assert now[name] == before[name]
    assert world.status()["server"]["ready"]
    ours = Path(tomllib.loads(world.config.read_text())["llamafile"]["path"])
    assert ours.read_bytes() == (artifacts / "scripted-0.9.3").read_bytes(), "config.toml names what runs"
    assert "Nothing to do" in world.install().stdout
    gone(world, before)


def test_a_good_model_file_that_was_there_before_is_used_and_stays(
    world: World, server: Mirror, artifacts: Path
) -> None:
    (world.data / "models").mkdir(parents=True)
    shutil.copy(artifacts / "tiny-a.gguf", world.data / "models")
    before = tree(world.home)
    server.requests.clear()
    world.install()
    assert "/tiny-a.gguf" not in server.requests
    gone(world, before)


def test_a_file_of_the_user_with_a_models_name_is_not_lost(world: World) -> None:
    mine = world.data / "models" / "tiny-a.gguf"
    mine.parent.mkdir(parents=True)
    mine.write_text("my own experiment\n")
    before = tree(world.home)
    done = world.install(check=False)
    if done.returncode:
        refused(done, "tiny-a.gguf")
    gone(world, before)


# config.toml


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (BROKEN_TOML, 3),
        (b'[ai]\nmodel = "x"\nmodel = "y"\n', 3),
        (b'[server]\nport = 8080\n[hook]\nstage = "never closed\n', 4),
        (b"[server\n", 1),
    ],
    ids=["no value", "twice", "open text", "open table"],
)
def test_a_broken_config_is_shown_and_left_alone(
    world: World, server: Mirror, content: bytes, line: int
) -> None:
    world.config.parent.mkdir(parents=True)
    world.config.write_bytes(content)
    before, asked = tree(world.home), len(server.requests)
    error = refused(world.install(check=False), "config.toml", f"line {line}")
    assert re.search(r"line \d+,? column \d+", error), error
    assert world.config.read_bytes() == content
    assert tree(world.home) == before
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"a = 1\0\n", b'name = "caf\xe9"\n'], ids=["binary", "NUL", "Latin-1"]
)
def test_a_config_that_is_no_text(world: World, content: bytes) -> None:
    world.config.parent.mkdir(parents=True)
    world.config.write_bytes(content)
    refused(world.install(check=False), "config.toml")
    assert world.config.read_bytes() == content


def test_a_config_from_windows_notepad(world: World) -> None:
    """A byte order mark and CRLF: it just works, or it is refused; never lost."""
    content = b'\xef\xbb\xbf# mine\r\n[ai]\r\nstyle = "brief"\r\n'
    world.config.parent.mkdir(parents=True)
    world.config.write_bytes(content)
    before = tree(world.home)
    done = world.install(check=False)
    if done.returncode:
        refused(done, "config.toml")
        assert world.config.read_bytes() == content
    else:
        assert tomllib.loads(world.config.read_text("utf-8-sig"))["ai"]["style"] == "brief"
    gone(world, before)


@pytest.mark.parametrize(
    ("text", "table", "key"),
    [
        ("[server]\nport = 70000\n", "server", "port"),  # the others are in test_settings
        ('[hook]\nstage = "post-commit"\n', "hook", "stage"),
        ("server = 3\n", "server", "server"),
    ],
)
def test_a_wrong_value_in_the_config_names_the_key(world: World, text: str, table: str, key: str) -> None:
    world.config.parent.mkdir(parents=True)
    world.config.write_text(text)
    before = tree(world.home)
    done = world.run("install", "--catalogue", str(world.catalogue), check=False)
    refused(done, "config.toml", table, key)
    assert tree(world.home) == before


def test_a_config_broken_later_is_kept_and_stops_nothing_else(world: World) -> None:
    before = tree(world.home)
    world.install()
    world.config.write_bytes(BROKEN_TOML)
    for command in ("status", "stop", "start"):
        done = world.run(command, check=False)
        assert done.returncode in {0, 1}, (command, done.stderr)
        assert "Traceback" not in done.stderr
    refused(world.install(check=False), "config.toml", "line 3")
    assert world.config.read_bytes() == BROKEN_TOML
    done = world.run("uninstall")
    assert "config.toml" in done.stdout + done.stderr
    assert world.config.read_bytes() == BROKEN_TOML
    left = set(tree(world.home)) - set(before)
    assert left == {".config", ".config/commit-polish", ".config/commit-polish/config.toml"}


def test_what_the_user_writes_into_the_config_stays(world: World) -> None:
    before = tree(world.home)
    world.install()
    text = world.config.read_text()
    text = text.replace("temperature = 0.3", "temperature = 0.3  # cool\nstyle = 'brief'")
    text = "# all of this is mine\n" + text + "\n[mine]\nkey = [1, 2]  # two numbers\n"
    world.config.write_text(text)

    assert "Nothing to do" in world.install().stdout
    assert world.config.read_text() == text

    world.install("--model", "tiny-b")
    switched = world.config.read_text()
    old, new = text.splitlines(), switched.splitlines()
    changed = [(was, now) for was, now in zip(old, new, strict=True) if was != now]
    assert [was.split(" = ")[0].strip() for was, _ in changed] == ["model", "model_path"]

    done = world.run("uninstall")
    assert "config.toml" in done.stdout + done.stderr
    assert world.config.read_text() == switched
    left = set(tree(world.home)) - set(before)
    assert left == {".config", ".config/commit-polish", ".config/commit-polish/config.toml"}

    # and once more from there: now all of the file is the user's
    before = tree(world.home)
    world.install()
    gone(world, before)


def test_directories_that_were_there_before_are_left_as_they_were(world: World) -> None:
    """Somebody has cleaned up by hand, and left the empty directories."""
    for path in (
        world.config.parent,
        world.data / "models",
        world.data / "loader",
        world.data / "llamafile" / "0.9.3",
        world.state / "logs",
        world.home / ".local" / "bin",
    ):
        path.mkdir(parents=True)
    before = tree(world.home)
    world.install()
    gone(world, before)


def test_a_config_from_before_the_first_install_comes_back(world: World) -> None:
    world.config.parent.mkdir(parents=True, mode=0o755)
    world.config.write_text("# by hand\n[server]\nctx_size = 2048 # small\nmine = 1\n")
    world.config.chmod(0o644)
    before = tree(world.home)
    world.install()
    written = world.config.read_text()
    assert tomllib.loads(written)["server"]["ctx_size"] == 2048
    assert "# by hand" in written
    assert "ctx_size = 2048 # small" in written
    gone(world, before)


# the receipt


NEWER = {
    "newer": '{"format": 999, "entries": [], "made": [], "about": {}, "more": 1}',
    "unknown action": (
        '{"format": 1, "about": {}, "made": [], "entries": [{"group": "install", "status": "done", '
        '"memory": {}, "action": {"kind": "Teleport", "path": "/tmp/x"}}]}'
    ),
    "action of wrong types": (
        '{"format": 1, "about": {}, "made": [], "entries": [{"group": "install", "status": "done", '
        '"memory": {}, "action": {"kind": "WriteFile", "path": 5}}]}'
    ),
}
BROKEN = {
    "empty file": "",
    "cut off": "{",
    "null": "null",
    "format only": '{"format": 1}',
    "entry": '{"format": 1, "about": {}, "made": [], "entries": [{"status": "done"}]}',
    "wrong types": '{"format": 1, "about": [], "made": 7, "entries": "all"}',
}


@pytest.mark.parametrize("content", NEWER.values(), ids=NEWER)
def test_a_receipt_of_another_version_is_not_touched(world: World, server: Mirror, content: str) -> None:
    world.receipt.parent.mkdir(parents=True)
    world.receipt.write_text(content)
    asked = len(server.requests)
    before = {name: value for name, value in tree(world.home).items() if not name.endswith("/lock")}
    for command in ("install", "uninstall"):
        done = world.install(check=False) if command == "install" else world.run(command, check=False)
        refused(done, "receipt")
        now = {name: value for name, value in tree(world.home).items() if not name.endswith("/lock")}
        assert now == before, command
    assert len(server.requests) == asked


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_receipt_that_is_none_is_kept_and_made_anew(world: World, content: str) -> None:
    before = tree(world.home)
    world.receipt.parent.mkdir(parents=True)
    world.receipt.write_text(content)
    refused(world.run("uninstall", check=False), "receipt", "bootstrap")
    assert world.receipt.read_text() == content
    assert "receipt.json.broken" in world.install().stderr
    assert world.receipt.with_name("receipt.json.broken").read_text() == content
    world.run("uninstall")
    assert {name for name in tree(world.home) if name not in before} <= {".local", ".local/state"}


@pytest.mark.parametrize("command", ["status", "start", "logs", "hook status"])
def test_no_command_dies_of_a_receipt_it_cannot_read(world: World, command: str) -> None:
    world.receipt.parent.mkdir(parents=True)
    world.receipt.write_text("{")
    refused(world.run(*command.split(), check=False), "receipt")


# repositories


@pytest.mark.parametrize("kind", ["missing", "plain", "file", "bare"])
def test_what_is_not_a_repository_is_refused_before_anything_else(
    world: World, server: Mirror, kind: str
) -> None:
    place = world.home / "place"
    if kind == "plain":
        place.mkdir()
    elif kind == "file":
        place.write_text("")
    elif kind == "bare":
        world.git(world.home, "init", "--quiet", "--bare", str(place))
    before, asked = tree(world.home), len(server.requests)
    error = refused(world.install("--repo", str(place), check=False))
    assert "~/place" in error or str(place) in error
    assert len(server.requests) == asked
    gone(world, before)


def test_without_git_only_the_hook_is_missing(world: World, tmp_path: Path) -> None:
    repository = world.repository()
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for directory in reversed(world.environment["PATH"].split(":")):
        for program in Path(directory).iterdir() if Path(directory).is_dir() else ():
            if not program.name.startswith("git"):
                (binaries / program.name).unlink(missing_ok=True)
                (binaries / program.name).symlink_to(program)
    world.environment["PATH"] = str(binaries)
    before = tree(world.home)
    refused(world.install("--repo", str(repository), check=False), "git")
    world.run("uninstall")
    world.install()
    gone(world, before)


# homes, processes, disks


@pytest.mark.parametrize(
    "name",
    [
        'it\'s a "home"  & more;',
        "100%n %% $HOME `id` $(id) ~",
        "back\\slash \\n #a=[b]{c}<d>|e*?!",
        "ünï 日本語 🏠",
    ],
)
def test_a_home_of_any_name(world: World, tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    home.mkdir()
    other = World(home, world.catalogue)
    repository = other.repository("my project")
    before = tree(home)
    try:
        other.install("--repo", str(repository))
        status = other.status()
        assert status["server"]["ready"]
        assert status["hooks"] == [str(repository / ".git" / "hooks" / "prepare-commit-msg")]
        assert status["model"]["path"] == str(other.data / "models" / "tiny-a.gguf")
        assert tomllib.loads(other.config.read_text())["llamafile"]["model_path"] == status["model"]["path"]
        command = [str(home / ".local" / "bin" / "bootstrap"), "status", "--json"]
        said = subprocess.run(command, env=other.environment, capture_output=True, text=True, check=True)
        assert json.loads(said.stdout.splitlines()[-1]) == status
        assert "Nothing to do" in other.install("--repo", str(repository)).stdout
    finally:
        other.run("uninstall")
    assert tree(home) == before


def test_a_server_that_dies_is_reported_and_another_model_works(world: World) -> None:
    before = tree(world.home)
    done = world.install("--model", "broken", check=False)
    refused(done, "server", "the model's file is damaged")
    assert "server.log" in done.stderr, "where to look"
    world.install("--model", "tiny-a")
    assert world.status()["server"]["ready"]
    assert not (world.data / "models" / "broken.gguf").exists()
    gone(world, before)


def test_installs_at_the_same_time_end_well(world: World, artifacts: Path) -> None:
    before = tree(world.home)
    with mirror.serving(artifacts, rate=400_000) as slow:
        slow.catalogue(world.catalogue, {"0.9.3": "scripted-0.9.3"}, {"tiny-a": "tiny-a.gguf"})
        command = [*BOOTSTRAP, "install", "--catalogue", str(world.catalogue), "--port", str(world.port)]
        running = [
            subprocess.Popen(
                command,
                env=world.environment,
                cwd=world.home,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(6)
        ]
        said = [process.communicate(timeout=60)[1] for process in running]
    codes = [process.returncode for process in running]
    assert 0 in codes, said
    assert set(codes) <= {0, 1}, said
    for code, stderr in zip(codes, said, strict=True):
        if code:  # in words: it is another run that is at work, nothing is broken
            assert re.search(r"^error: .*\banother\b.*\nhelp: ", stderr, re.MULTILINE), stderr
    assert world.status()["server"]["ready"]
    gone(world, before)


def limited(blocks: int) -> tuple[str, ...]:
    """bootstrap, unable to write a file of more than so many blocks of 512 bytes."""
    return ("/bin/sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *BOOTSTRAP)


def test_a_write_that_fails_in_the_middle_is_an_error_and_is_resumed(world: World) -> None:
    before = tree(world.home)
    shell = ["/bin/sh", "-c", "ulimit -f 300; ulimit -f"]
    if subprocess.run(shell, capture_output=True, text=True, check=False).stdout.strip() != "300":
        pytest.skip("this shell has no ulimit -f")
    error = refused(world.install(check=False, prefix=limited(300)))
    assert "tiny-a.gguf" in error
    assert not (world.data / "models" / "tiny-a.gguf").exists()
    world.install()
    assert world.status()["server"]["ready"]
    gone(world, before)


def test_a_disk_without_room_is_refused_before_the_first_byte(world: World, server: Mirror) -> None:
    mounted = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$HOME" && exec "$@"', "sh")
    probe = subprocess.run(
        [*mounted, "true"], env=world.environment, capture_output=True, text=True, check=False
    )
    if probe.returncode:
        pytest.skip(f"no small disk can be made here: {probe.stderr.strip()}")
    asked = len(server.requests)
    error = refused(world.install(check=False, prefix=(*mounted, *BOOTSTRAP)))
    assert re.search(r"\d+(\.\d+)? [KMG]B", error), "how much"
    assert len(server.requests) == asked


@pytest.fixture
def as_nobody(world: World) -> Iterator[tuple[World, tuple[str, ...]]]:
    """A world of somebody who is not root, and the start of a command that is run by them."""
    home = Path(tempfile.mkdtemp(prefix="bootstrap-", dir="/tmp"))
    catalogue = home / "catalogue.toml"
    shutil.copy(world.catalogue, catalogue)
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root, and no setpriv to be somebody else")
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        os.chown(home, 65534, 65534)
    other = World(home, catalogue)
    probe = subprocess.run(
        [*prefix, sys.executable, "-P", "-c", "import bootstrap.cli"],
        env=other.environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        if probe.returncode:
            pytest.skip(f"somebody else cannot read {ROOT} or {sys.executable}")
        yield other, prefix
    finally:
        home.chmod(0o755)
        shutil.rmtree(home)


@pytest.mark.parametrize("where", [".", ".config", ".local", ".local/state"])
def test_a_home_that_cannot_be_written(as_nobody: tuple[World, tuple[str, ...]], where: str) -> None:
    world, prefix = as_nobody
    place = world.home / where
    place.mkdir(parents=True, exist_ok=True)
    if prefix:
        for path in (place, *place.parents):
            if path.is_relative_to(world.home):
                os.chown(path, 65534, 65534)
    place.chmod(0o555)
    before = tree(world.home)
    done = world.install(check=False, prefix=(*prefix, *BOOTSTRAP))
    error = refused(done)
    assert re.search(r"~|" + re.escape(str(world.home)), error), error
    assert re.search(r"permi|writ|read-only", error, re.IGNORECASE), error
    done = world.run("uninstall", check=False, prefix=(*prefix, *BOOTSTRAP))
    assert done.returncode in {0, 1}
    assert "Traceback" not in done.stderr
    assert tree(world.home) == before


def test_a_catalogue_that_cannot_be_read(as_nobody: tuple[World, tuple[str, ...]]) -> None:
    world, prefix = as_nobody
    world.catalogue.chmod(0)
    refused(world.install(check=False, prefix=(*prefix, *BOOTSTRAP)), "catalogue.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root through sudo")
def test_root_through_sudo_is_refused(world: World, server: Mirror) -> None:
    before, asked = tree(world.home), len(server.requests)
    world.environment |= {"SUDO_USER": "alice", "SUDO_UID": "1000", "SUDO_GID": "1000"}
    refused(world.install(check=False), "sudo", "alice")
    assert tree(world.home) == before
    assert len(server.requests) == asked
