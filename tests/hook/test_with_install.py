"""`bootstrap --repo` and `bootstrap --global-hook`: the hook together with everything else."""

import json
import time

import pytest

from bootstrap.actions import EditGitConfig
from bootstrap.errors import CommandError
from tests.hook.gits import pretend
from tests.world import World, tree


def test_global_hook_is_refused_by_an_older_git_before_anything_is_done(world: World) -> None:
    pretend(world, "2.53.0")
    before = tree(world.home)
    done = world.install("--global-hook", check=False)
    assert done.returncode == 1
    assert "2.53.0" in done.stderr
    assert tree(world.home) == before


def test_global_hook_comes_with_all_the_rest_stays_and_goes_with_it(world: World) -> None:
    pretend(world, "2.54.0")
    before = tree(world.home)
    assert (
        "git config --global hook.commit-polish.command" in world.install("--global-hook", "--dry-run").stdout
    )
    assert tree(world.home) == before
    world.install("--global-hook")
    world.install()
    assert "Nothing to do" in world.install().stdout
    assert world.git(world.home, "config", "--global", "hook.commit-polish.event") == "prepare-commit-msg\n"
    script = world.data / "hooks" / "prepare-commit-msg"
    assert world.status()["hooks"] == [str(script)]
    order = [word for word in world.run("uninstall", "--verbose").stderr.splitlines() if "taken back" in word]
    config = next(number for number, line in enumerate(order) if "hook.commit-polish.event" in line)
    program = next(number for number, line in enumerate(order) if "bin/bootstrap" in line)
    assert config < program
    assert tree(world.home) == before


def test_what_is_to_be_known_of_a_repository_is_told_once(world: World) -> None:
    repository = world.repository()
    (repository / ".pre-commit-config.yaml").write_text("repos: []\n")
    assert "beside pre-commit" in world.install("--repo", str(repository)).stderr
    assert "beside pre-commit" not in world.install("--repo", str(repository)).stderr


def test_the_hook_learns_from_the_settings_and_from_the_proof(world: World) -> None:
    repository = world.repository()
    world.install("--repo", str(repository))
    hook = repository / ".git" / "hooks" / "prepare-commit-msg"
    assert "\nsuggest=no " in hook.read_text()
    speed = json.loads((world.state / "speed.json").read_text())
    assert speed["prompt_tokens_per_second"] > 0 and speed["model_bytes"] > 1000
    world.config.write_text(world.config.read_text().replace("[hook]", "[hook]\nsuggest = true"))
    world.install()
    assert "\nsuggest=yes " in hook.read_text()
    pause = world.state / "pause"
    assert f"pause={pause}" in hook.read_text().replace("'", "")
    pause.write_text(f"{int(time.time()) + 50}\n")
    world.run("restart")
    assert not pause.exists()
    pause.write_text(f"{int(time.time()) + 50}\n")
    world.run("uninstall")
    assert not world.state.exists() and not hook.exists()


def test_a_git_that_cannot_be_asked_is_no_success(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the entry would be gone from the receipt, and its value stay for ever."""
    monkeypatch.setenv("HOME", str(world.home))
    (world.home / ".gitconfig").write_text("[broken\n")
    action = EditGitConfig("hook.commit-polish.command", "x")
    with pytest.raises(CommandError):
        action.revert({"previous": [], "ours": ["x"], "made": ""})
