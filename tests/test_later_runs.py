"""What comes after the first install: other choices, moved repositories, edits, and everything undone."""

import json
import shutil
from pathlib import Path

import pytest

from bootstrap.commands import install
from tests.test_install import ask, hooked
from tests.world import World, tree

MINE = "#!/bin/sh\necho mine >>mine-ran\n"


def hook_of(repository: Path) -> Path:
    return repository / ".git" / "hooks" / "prepare-commit-msg"


def own_hook(repository: Path) -> Path:
    hook = hook_of(repository)
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(MINE)
    hook.chmod(0o755)
    return hook


def answers(world: World) -> bool:
    try:
        return bool(ask(f"http://127.0.0.1:{world.port}/v1/models"))
    except OSError:
        return False


def test_uninstall_stops_a_server_that_was_started_later(world: World) -> None:
    before = tree(world.home)
    world.install("--no-start")
    world.run("start")
    assert answers(world)
    world.run("uninstall")
    assert not answers(world)
    assert tree(world.home) == before


def test_without_a_start_the_model_that_runs_stays(world: World) -> None:
    before = tree(world.home)
    world.install()
    done = world.install("--model", "broken", "--no-start")
    assert "Ready" not in done.stdout
    assert answers(world)
    assert (world.data / "models" / "tiny-a.gguf").exists()
    world.install("--model", "tiny-a")
    assert not (world.data / "models" / "broken.gguf").exists()
    world.run("uninstall")
    assert tree(world.home) == before


def test_an_edited_hook_is_kept_beside_the_new_one(world: World) -> None:
    repository = world.repository()
    before = tree(world.home)
    world.install("--repo", str(repository))
    ours = hook_of(repository).read_text()
    hook_of(repository).write_text(ours + "# my own line\n")
    done = world.install()
    assert "prepare-commit-msg.edited" in done.stderr
    assert hook_of(repository).read_text() == ours
    kept = hook_of(repository).with_name("prepare-commit-msg.edited")
    assert kept.read_text() == ours + "# my own line\n"
    kept.unlink()
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_model_that_the_user_has_replaced_is_not_overwritten(world: World) -> None:
    world.install()
    model = world.data / "models" / "tiny-a.gguf"
    good = model.read_bytes()
    model.write_text("my own experiment\n")
    assert "tiny-a.gguf.edited" in world.install().stderr
    assert model.read_bytes() == good
    assert model.with_name("tiny-a.gguf.edited").read_text() == "my own experiment\n"
    assert "models is not empty" in world.run("uninstall").stdout


def test_a_repository_around_a_lost_one_is_left_alone(world: World) -> None:
    world.git(world.home, "init", "--quiet", str(world.home))
    repository = world.repository()
    world.install("--repo", str(repository))
    shutil.rmtree(repository / ".git")
    world.install()
    assert not hook_of(world.home).exists()


def test_called_from_another_repositorys_hook(world: World) -> None:
    first, second = world.repository("first"), world.repository("second")
    world.install("--repo", str(first))
    world.environment["GIT_DIR"] = str(second / ".git")
    world.install("--repo", str(second))
    assert hook_of(first).exists()
    assert hook_of(second).exists()
    assert sorted(hooked(world)) == [str(first), str(second)]


def test_a_moved_repository_gets_its_own_hook_back(world: World) -> None:
    repository = world.repository()
    own_hook(repository)
    world.install("--repo", str(repository))
    moved = repository.rename(world.home / "moved")
    world.run("hook", "install", str(moved))
    world.run("uninstall")
    assert hook_of(moved).read_text() == MINE
    assert not hook_of(moved).with_name("prepare-commit-msg.chained").exists()


def test_worktrees_share_their_hook(world: World) -> None:
    repository = world.repository()
    world.git(repository, "commit", "--quiet", "-m", "initial commit of the project")
    world.git(repository, "worktree", "add", "--quiet", str(world.home / "tree"))
    world.install("--repo", str(world.home / "tree"))
    assert hooked(world) == [str(repository)]
    world.run("hook", "remove", str(repository))
    assert not hook_of(repository).exists()


def test_links_that_lead_nowhere_stay_as_they_were(world: World) -> None:
    repository = world.repository()
    (repository / "scripts").mkdir()
    hook_of(repository).parent.mkdir(exist_ok=True)
    hook_of(repository).symlink_to("../../scripts/hook")
    world.config.parent.mkdir(parents=True)
    (world.home / "dotfiles").mkdir()
    world.config.symlink_to(world.home / "dotfiles" / "config.toml")
    before = tree(world.home)
    world.install("--repo", str(repository))
    assert not (repository / "scripts" / "hook").exists()
    world.run("uninstall")
    assert tree(world.home) == before


def test_keep_models_then_again_then_everything(world: World) -> None:
    before = tree(world.home)
    world.install()
    done = world.run("uninstall", "--keep-models")
    assert "the models stay" in done.stdout
    left = {name for name, value in tree(world.home).items() if value[0] == "file" and "state" not in name}
    assert left == {".local/share/commit-polish/models/tiny-a.gguf"}
    assert not answers(world)
    for command in ("status", "start"):
        assert "nothing is installed" in world.run(command, check=False).stderr
    assert "Try" in world.install().stdout
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_moved_configuration(world: World) -> None:
    before = tree(world.home)
    world.install()
    world.environment["XDG_CONFIG_HOME"] = str(world.home / "elsewhere")
    world.install()
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_server_that_does_not_stop_is_not_forgotten(world: World) -> None:
    before = tree(world.home)
    world.install()
    script = world.data / "run.sh"
    good = script.read_text()
    script.write_text(good.replace("    stop) stop ;;", "    stop) exit 7 ;;"))
    done = world.run("uninstall", check=False)
    assert done.returncode == 1
    assert "stop the server" in done.stdout
    assert script.exists()
    script.write_text(good)
    world.run("uninstall")
    assert not answers(world)
    assert tree(world.home) == before


def test_a_failed_first_install_can_be_looked_at(world: World) -> None:
    before = tree(world.home)
    assert world.install("--model", "broken", check=False).returncode == 1
    status = json.loads(world.run("status", "--json").stdout)
    assert not status["server"]["ready"]
    world.run("stop")
    world.run("uninstall")
    assert tree(world.home) == before


def test_one_broken_old_repository_does_not_stop_the_rest(world: World) -> None:
    first, second = world.repository("first"), world.repository("second")
    world.install("--repo", str(first), "--repo", str(second))
    (first / ".git" / "hooks" / "commit-msg").mkdir()
    assert "Nothing to do" in world.install().stdout
    assert hook_of(second).exists()


@pytest.mark.parametrize("name", ["h\udcff", "two\nlines"])
def test_a_home_that_no_text_can_name(world: World, name: str) -> None:
    world.home = world.home / name
    world.home.mkdir()
    world.environment["HOME"] = str(world.home)
    done = world.install(check=False)
    assert done.returncode == 1, done.stderr
    assert "HOME" in done.stderr
    assert tree(world.home) == {}


def test_a_home_with_wide_spaces(world: World) -> None:
    world.home = world.home / "a\u3000b\u00a0c"
    world.home.mkdir()
    world.environment["HOME"] = str(world.home)
    world.install()
    assert "Nothing to do" in world.install().stdout
    world.run("uninstall")
    assert tree(world.home) == {}


def test_nothing_is_said_to_answer_that_was_not_asked(world: World) -> None:
    world.install("--no-start")
    said = world.install("--no-start").stdout
    assert "Nothing to do" in said
    assert "answers" not in said


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("", "0.1.0"),
        ("0.9.10", "0.10.0"),
        ("1.0.0rc1", "1.0.0"),
        ("1.0.0.dev3", "1.0.0"),
        ("1.0.0", "1.0.1rc1"),
    ],
)
def test_which_version_is_newer(older: str, newer: str) -> None:
    assert install._order(older) < install._order(newer)
    assert install._order("1.0") == install._order("1.0.0") == install._order("1.0.0+local.2")
