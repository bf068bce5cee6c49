"""What takes the place of a working server has to prove itself; where it does not, the old one comes back."""

import json
import os
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from bootstrap.moved import between, follow
from tests import mirror
from tests.test_install import ask
from tests.test_output import terminal
from tests.world import ROOT, World, free_port, tree

MINE = "# all of this is mine\n"


def served(world: World) -> str:
    """The name of the model that answers; "" where none does."""
    try:
        return ask(f"http://127.0.0.1:{world.port}/v1/models")["data"][0]["id"]
    except OSError:
        return ""


def lasting(world: World) -> dict[str, tuple]:
    """The home without what the server and our notes of it change by themselves."""
    return {name: value for name, value in tree(world.home).items() if "/state/" not in name}


def facts(world: World) -> dict:
    """`status --json` without the process number, which a restart changes."""
    status = world.status()
    status["server"] = {name: value for name, value in status["server"].items() if name != "pid"}
    return status


def edit(world: World, old: str, new: str) -> str:
    """config.toml by hand; what it says then."""
    text = world.config.read_text()
    assert old in text
    world.config.write_text(text.replace(old, new))
    return world.config.read_text()


def went_back(world: World, *arguments: str, prefix: tuple[str, ...] = ()) -> str:
    """An upgrade that has to fail, and to say so; what it said."""
    name = "tiny-a with llamafile 0.9.3"
    done = world.run("install", *arguments, check=False, prefix=prefix)
    assert done.returncode == 1, done.stdout + done.stderr
    error = next(line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert f"{name} runs again at http://127.0.0.1:{world.port}/v1" in error, done.stderr
    assert served(world) == "tiny-a"
    assert "proved" not in json.loads(world.receipt.read_text())
    return done.stderr


def planned(world: World, *arguments: str) -> list[str]:
    """Why there is something to do, as a dry run tells it to people and to programs."""
    text = world.run("install", "--dry-run", *arguments).stdout
    data = json.loads(world.run("install", "--dry-run", "--json", *arguments).stdout)
    told = [f"{one['what']}: {one['from']} -> {one['to']}" for one in data["changes"]]
    assert {line.replace(str(world.home), "~") for line in told} <= set(text.splitlines())
    return told


def unlucky(how: str, number: int) -> tuple[str, ...]:
    return (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), how, str(number))


def undone(world: World, before: dict[str, tuple]) -> None:
    world.run("uninstall")
    assert tree(world.home) == before
    assert not served(world)


def test_a_newer_llamafile(world: World) -> None:
    clean = tree(world.home)
    world.install("--llamafile", "0.9.2")
    edit(world, "[hook]", f"[hook]\n{MINE}")
    assert planned(world, "--llamafile", "0.9.3") == ["llamafile: 0.9.2 -> 0.9.3"]
    done = world.run("install", "--llamafile", "0.9.3")
    assert "0.9.2 -> 0.9.3" in done.stdout
    assert facts(world)["llamafile"]["version"] == "0.9.3"
    assert [path.name for path in (world.data / "llamafile").iterdir()] == ["0.9.3"]
    assert "proved" not in json.loads(world.receipt.read_text())
    assert planned(world) == []
    assert "Nothing to do" in world.run("install").stdout
    world.config.write_text(world.config.read_text().replace(MINE, ""))
    world.run("install", "--llamafile", "0.9.2")
    assert "config.toml was edited" in world.run("uninstall").stdout
    world.config.unlink()
    world.config.parent.rmdir()
    world.config.parent.parent.rmdir()
    assert tree(world.home) == clean


def test_a_model_that_cannot_be_loaded_is_taken_back(world: World, server: mirror.Mirror) -> None:
    clean = tree(world.home)
    world.install()
    before, config, status = lasting(world), world.config.read_bytes(), facts(world)
    assert planned(world, "--model", "broken") == ["model: tiny-a -> broken"]
    said = went_back(world, "--model", "broken")
    assert "file is damaged" in said
    assert "going back to tiny-a" in said
    assert world.config.read_bytes() == config
    assert facts(world) == status
    kept = ".local/share/commit-polish/models/broken.gguf"
    assert {name: value for name, value in lasting(world).items() if name != kept} == before
    server.requests.clear()
    went_back(world, "--model", "broken")
    assert server.requests == [], "what was downloaded is still there"
    assert planned(world) == []
    world.run("install")
    assert lasting(world) == before
    assert "Nothing to do" in world.run("install").stdout
    undone(world, clean)


def test_a_start_that_fails_is_taken_back(world: World) -> None:
    clean = tree(world.home)
    world.install()
    before, config = lasting(world), world.config.read_bytes()
    said = went_back(world, "--model", "tiny-b", prefix=unlucky("failing", 1))
    assert "cannot start the server: played" in said
    assert world.config.read_bytes() == config
    world.run("install", "--model", "tiny-b")
    assert served(world) == "tiny-b"
    world.run("install", "--model", "tiny-a")
    assert lasting(world) == before
    undone(world, clean)


@pytest.mark.skipif(os.name == "nt", reason="what starts it on a desktop of Linux")
@pytest.mark.parametrize("number", [0, 1], ids=["proof", "start"])
def test_what_starts_it_goes_back_too(world: World, number: int) -> None:
    """The earlier one is undone before the new one comes, and comes back when that fails."""
    clean = tree(world.home)
    world.install()
    before, status = lasting(world), facts(world)
    assert status["autostart"] == {"backend": "none", "enabled": False}
    world.environment["PLAYED_HOST"] = '{"desktop": true}'
    said = went_back(world, "--model", "broken", prefix=unlucky("failing", number))
    assert "taken back: write ~/.config/autostart/commit-polish.desktop" in said
    assert facts(world) == status
    kept = ".local/share/commit-polish/models/broken.gguf"
    assert {name: value for name, value in lasting(world).items() if name != kept} == before
    world.run("install", prefix=unlucky("failing", 0))
    assert facts(world)["autostart"] == {"backend": "xdg", "enabled": True}
    world.run("uninstall")
    world.environment["PLAYED_HOST"] = "{}"
    assert tree(world.home) == clean


def test_uninstall_removes_what_was_taken_back(world: World) -> None:
    clean = tree(world.home)
    world.install()
    went_back(world, "--model", "broken", "--llamafile", "0.9.2")
    assert (world.data / "llamafile" / "0.9.2").is_dir()
    undone(world, clean)


def test_both_a_llamafile_and_options_are_taken_back(world: World) -> None:
    world.install()
    edit(world, "[server]", "# mine\n[server]\nmine = 1  # too\n")
    world.run("install")
    before, config = lasting(world), world.config.read_bytes()
    more = ("--llamafile", "0.9.2", "--threads", "2", "--mlock", "--ctx-size", "4096", "--alias", "other")
    assert planned(world, "--model", "broken", *more) == [
        "llamafile: 0.9.3 -> 0.9.2",
        "model: tiny-a -> broken",
        "ctx_size: 8192 -> 4096",
        "threads: automatic -> 2",
        "mlock: false -> true",
        "alias: automatic -> other",
    ]
    went_back(world, "--model", "broken", *more)
    assert world.config.read_bytes() == config
    world.run("install")
    assert lasting(world) == before


def test_a_changed_option_restarts_the_server(world: World) -> None:
    clean = tree(world.home)
    world.install()
    pid = world.status()["server"]["pid"]
    assert planned(world, "--ctx-size", "4096") == ["ctx_size: 8192 -> 4096"]
    world.run("install", "--ctx-size", "4096")
    assert world.status()["server"]["pid"] != pid
    assert tomllib.loads(world.config.read_text())["server"]["ctx_size"] == 4096
    assert "Nothing to do" in world.run("install").stdout
    undone(world, clean)


def test_a_port_that_was_edited_by_hand(world: World) -> None:
    world.install()
    old, world.port = world.port, free_port()
    text = edit(world, f"port = {old}", f"port = {world.port}  # nginx has the other one")
    assert planned(world) == [f"port: {old} -> {world.port}"]
    world.run("install")
    assert served(world) == "tiny-a"
    assert world.config.read_text() == text.replace(f":{old}/v1", f":{world.port}/v1")
    assert facts(world)["server"]["url"] == f"http://127.0.0.1:{world.port}/v1"
    world.port = old
    assert not served(world)


def test_a_port_that_was_edited_by_hand_goes_back_with_the_rest(world: World) -> None:
    """What only the hook reads is no part of what failed."""
    world.install()
    port = free_port()
    edit(world, f"port = {world.port}", f"port = {port}  # nginx has the other one")
    edit(world, "[hook]", f"[hook]\nlimit = 60 # short\n{MINE}")
    text = edit(world, "temperature = 0.3", "temperature = 0.5")
    went_back(world, "--model", "broken")
    world.run("install")
    assert world.config.read_text() == text.replace(f"port = {port}", f"port = {world.port}")
    assert "Nothing to do" in world.run("install").stdout


def test_what_is_hooked_stays_hooked(world: World) -> None:
    repository = world.repository()
    clean = tree(world.home)
    world.install("--repo", str(repository))
    before = lasting(world)
    went_back(world, "--model", "broken")
    world.run("install")
    assert lasting(world) == before
    undone(world, clean)


def test_where_nothing_had_proved_itself_nothing_comes_back(world: World) -> None:
    for arguments in (("--model", "broken"), ("--model", "broken", "--threads", "1")):
        done = world.install(*arguments, check=False)
        assert done.returncode == 1
        assert "runs again" not in done.stderr
        assert "going back" not in done.stderr
    world.install("--model", "tiny-a", "--no-start")
    assert not served(world)


def test_what_was_chosen_without_a_start_goes_back_to_what_runs(world: World) -> None:
    clean = tree(world.home)
    world.install()
    config = world.config.read_bytes()
    world.run("install", "--model", "broken", "--no-start")
    assert served(world) == "tiny-a"
    assert facts(world)["model"]["name"] == "broken"
    went_back(world)
    assert world.config.read_bytes() == config
    assert facts(world)["model"]["name"] == "tiny-a"
    undone(world, clean)


def test_before_the_server_is_touched_nothing_has_to_come_back(world: World, tmp_path: Path) -> None:
    world.install()
    pid = world.status()["server"]["pid"]
    text = world.catalogue.read_text()
    world.catalogue.write_text(text.replace("/tiny-b.gguf", "/nowhere.gguf"))
    done = world.run("install", "--model", "tiny-b", check=False)
    assert done.returncode == 1
    assert "runs again" not in done.stderr
    assert world.status()["server"]["pid"] == pid
    world.catalogue.write_text(text)
    assert planned(world, "--model", "tiny-b") == ["model: tiny-a -> tiny-b"]
    went_back(world, "--model", "broken")
    world.run("install", "--model", "tiny-b")
    assert served(world) == "tiny-b"


def test_nothing_goes_back_to_itself(world: World, server: mirror.Mirror) -> None:
    """A repair that fails has nothing to go back to, though something else had been begun before."""
    world.install()
    text = world.catalogue.read_text()
    world.catalogue.write_text(text.replace("/tiny-b.gguf", "/nowhere.gguf"))
    world.run("install", "--model", "tiny-b", check=False)
    world.run("stop")
    done = world.run("install", check=False, prefix=unlucky("failing", 1))
    assert done.returncode == 1
    assert "going back" not in done.stderr
    world.run("install")
    assert served(world) == "tiny-a"


def test_going_back_brings_nothing_that_was_for_others(world: World) -> None:
    world.install()
    went_back(world, "--model", "tiny-b", prefix=unlucky("failing", 1))
    (world.data / "models" / "tiny-b.gguf").unlink()
    went_back(world, "--model", "broken")
    assert not (world.data / "models" / "tiny-b.gguf").exists()


def test_going_back_on_a_terminal(world: World) -> None:
    """Nothing that moves is in the way of what is said next."""
    world.install()
    status, seen = terminal(world, "install", "--model", "broken", NO_COLOR="1")
    assert status == 1
    assert "runs again" in " ".join(seen.split())
    before = seen[: seen.index("going back")]
    assert before.rindex("\x1b[?25h") > before.rindex("\x1b[?25l"), "the cursor is back"


def test_if_the_old_one_does_not_come_back_both_reasons_are_told(world: World, artifacts: Path) -> None:
    clean = tree(world.home)
    models = {"tiny-a": "tiny-a.gguf", "broken": "broken.gguf"}
    with mirror.serving(artifacts) as away:
        away.catalogue(world.catalogue, {"0.9.3": "scripted-0.9.3"}, models)
        world.install()
        world.run("install", "--model", "broken", "--no-start")
    model = world.data / "models" / "tiny-a.gguf"
    good = model.read_bytes()
    model.unlink()
    done = world.run("install", check=False)
    assert done.returncode == 1
    assert "file is damaged" in done.stderr
    assert "does not come back: " in done.stderr
    assert json.loads(world.receipt.read_text())["proved"]["about"]["model"]["name"] == "tiny-a"
    model.write_bytes(good)
    went_back(world)
    undone(world, clean)


def test_an_older_bootstrap_reads_a_receipt_with_what_had_proved_itself(world: World) -> None:
    """It drops it, and this one does without."""
    clean = tree(world.home)
    world.install()
    world.run("install", "--model", "broken", "--no-start")
    content = json.loads(world.receipt.read_text())
    assert content["format"] == 1
    for part in (content, content["about"]):
        part.pop("proved", None)
        part.pop("generation", None)
    world.receipt.write_text(json.dumps(content))
    done = world.run("install", check=False)
    assert done.returncode == 1
    assert "runs again" not in done.stderr
    world.run("install", "--model", "tiny-a")
    assert served(world) == "tiny-a"
    undone(world, clean)


@pytest.mark.skipif(os.name == "nt", reason="a link to somewhere else")
def test_a_link_that_is_not_ours_by_now_stops_nothing_that_runs(world: World) -> None:
    world.install()
    pid = world.status()["server"]["pid"]
    link = world.home / ".local" / "bin" / "llamafile"
    link.unlink()
    link.write_text("mine\n")
    done = world.run("install", "--llamafile", "0.9.2", check=False)
    assert done.returncode == 1
    assert world.status()["server"]["pid"] == pid
    assert link.read_text() == "mine\n"


def move(world: World, name: str) -> None:
    """As when the user has another name now: the home is elsewhere, and with it all that is in it."""
    world.home = world.home.rename(world.home.with_name(name))
    world.environment["HOME"] = str(world.home)


def test_a_home_that_has_moved_while_nothing_ran(world: World) -> None:
    repository = world.repository()
    clean = tree(world.home)
    world.install("--repo", str(repository))
    pristine, old = lasting(world), str(world.home)
    world.run("stop")
    move(world, "another")
    done = world.run("start", check=False)
    assert done.returncode == 1
    assert f"the home was {old}" in done.stderr
    assert "help: put it right first: bootstrap" in done.stderr
    assert planned(world) == [f"home: {old} -> {world.home}"]
    world.run("install")
    assert served(world) == "tiny-a"
    assert lasting(world).keys() == pristine.keys()
    assert old not in world.receipt.read_text().replace(f'"{old}/.local', "")
    world.git(world.home / "project", "commit", "-m", "Fixed the login bug.")
    assert world.git(world.home / "project", "log", "-1", "--format=%s").startswith("fix: ")
    assert facts(world)["hooks"] == [f"{world.home}/project/.git/hooks/prepare-commit-msg"]
    assert planned(world) == []
    assert "Nothing to do" in world.run("install").stdout
    world.run("uninstall")
    left = {name: value for name, value in tree(world.home).items() if not name.startswith("project/.git/")}
    assert left == {name: value for name, value in clean.items() if not name.startswith("project/.git/")}


def test_a_home_that_has_moved_with_the_server_running(world: World) -> None:
    clean = tree(world.home)
    world.install()
    pid = world.status()["server"]["pid"]
    move(world, "another")
    done = world.run("uninstall", check=False)
    assert done.returncode == 1, "or that server would be lost"
    assert "help: put it right first: bootstrap" in done.stderr
    world.run("install")
    assert not Path(f"/proc/{pid}").exists()
    assert served(world) == "tiny-a"
    undone(world, clean)


def test_a_home_that_has_moved_and_is_only_to_be_uninstalled(world: World) -> None:
    clean = tree(world.home)
    world.install()
    world.run("stop")
    move(world, "another")
    undone(world, clean)


def test_a_home_by_another_name_is_the_same_home(world: World) -> None:
    clean = tree(world.home)
    world.install()
    link = world.home.with_name("link")
    link.symlink_to(world.home)
    world.environment["HOME"] = str(link)
    world.run("install")
    assert served(world) == "tiny-a"
    assert (world.data / "models" / "tiny-a.gguf").exists()
    world.environment["HOME"] = str(world.home)
    world.run("install")
    assert (world.data / "models" / "tiny-a.gguf").exists()
    undone(world, clean)


@pytest.mark.parametrize(
    ("then", "now", "home", "moved"),
    [
        ("/home/ann/.local/state/r", "/home/ann/.local/state/r", "/home/ann", None),
        ("/home/ann/.local/state/r", "/srv/ann/.local/state/r", "/srv/ann", ("/home/ann", "/srv/ann")),
        ("/.local/state/r", "/root/.local/state/r", "/root", None),
        ("/home/ann/.local/state/r", "/state/r", "/home/bob", None),
        ("/home/ann/other/r", "/home/bob/.local/state/r", "/home/bob", None),
    ],
)
def test_from_where_to_where(then: str, now: str, home: str, moved: tuple[str, str] | None) -> None:
    assert between(PurePosixPath(then), PurePosixPath(now), PurePosixPath(home)) == moved


@pytest.mark.parametrize(("then", "now"), [("/home/ann", "/home/bob"), ("C:\\Users\\ann", "C:\\Users\\bob")])
def test_paths_of_either_kind_move_with_the_home(then: str, now: str) -> None:
    mark = then[-4]
    words = [f"{then}{mark}x", then, f"TMPDIR={then}{mark}x", f"{then}a{mark}x"]
    moved = [f"{now}{mark}x", now, f"TMPDIR={now}{mark}x", f"{then}a{mark}x"]
    assert follow({"about": {"argv": words}}, then, now) == {"about": {"argv": moved}}
