"""`bootstrap --repo` and `bootstrap --global-hook`: the hook together with everything else."""

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
