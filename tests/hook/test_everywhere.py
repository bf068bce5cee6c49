"""--global: hooks in git's configuration came with git 2.54. With an older one all is tried but that git
reads it: what it would read, and that its way to call a hook works."""

import subprocess

import pytest

from bootstrap.hook import repository
from tests.hook.gits import pretend
from tests.hook.project import POLISHED, WORDS, Project

NAME = "prepare-commit-msg"


def configuration(project) -> dict[str, str]:
    lines = project.git("config", "--global", "--null", "--list", check=False).split("\0")
    return dict(line.split("\n", 1) for line in lines if line)


def as_git_does(project, command: str, *arguments: str) -> int:
    """A configured command goes to the shell with the hook's arguments behind it (git's run-command.c,
    `prepare_shell_cmd`)."""
    argv = ["sh", "-c", f'{command} "$@"', command, *arguments]
    return subprocess.run(argv, check=False, cwd=project.path, env=project.environment).returncode


def message_file(project, text: str):
    path = project.directory / "COMMIT_EDITMSG"
    path.write_text(text)
    return path


@pytest.mark.parametrize("version", ["2.39.5", "2.53.9 (Apple Git-154)"])
def test_an_older_git_is_refused_in_words(project, version: str) -> None:
    pretend(project, version)
    project.bootstrap("hook", "install", "--global", status=1)
    assert version.split(maxsplit=1)[0] in project.said_by
    assert "bootstrap hook install DIR" in project.said_by
    assert not (project.home / ".gitconfig").exists()


def test_the_directory_goes_not_with_all(project) -> None:
    project.bootstrap("hook", "install", "--global", ".", status=2)


@pytest.mark.parametrize("version", ["2.54.0", "2.60.1.windows.1"])
@pytest.mark.parametrize("earlier", [None, "", "[user]\n\tname = me # and a word\n"])
def test_in_and_out_restores_the_configuration_exactly(project, version: str, earlier: str | None) -> None:
    pretend(project, version)
    file = project.home / ".gitconfig"
    if earlier is not None:
        file.write_text(earlier)
    project.bootstrap("hook", "install", "--global")
    assert configuration(project)["hook.commit-polish.event"] == NAME
    assert project.state() == ("intact", "")
    project.bootstrap("hook", "install", "--global")
    project.bootstrap("hook", "remove", "--global")
    assert (file.read_text() if file.exists() else None) == earlier
    assert not (project.home / ".local" / "share" / "commit-polish").exists()


def test_the_command_polishes_and_is_harmless_without_its_file(project) -> None:
    pretend(project, "2.54.0")
    project.bootstrap("hook", "install", "--global", "--stage", "both")
    project.stage()
    found = configuration(project)
    assert found["hook.commit-polish-commit-msg.event"] == "commit-msg"
    for key, arguments in {"commit-polish": ("message",), "commit-polish-commit-msg": ()}.items():
        command = found[f"hook.{key}.command"]
        file = message_file(project, f"{WORDS}\n")
        assert as_git_does(project, command, str(file), *arguments) == 0
        assert file.read_text() == f"{POLISHED}\n"
    project.bootstrap("hook", "remove", "--global")
    for command in (found["hook.commit-polish.command"], found["hook.commit-polish-commit-msg.command"]):
        file = message_file(project, f"{WORDS}\n")
        assert as_git_does(project, command, str(file), "message") == 0
        assert file.read_text() == f"{WORDS}\n"


@pytest.mark.skipif(
    repository.git_version() < repository.CONFIG_HOOKS,
    reason="this git reads no hooks from its configuration",
)
def test_git_itself_calls_it_in_every_repository(project) -> None:
    other = Project.new(project.home, "other")
    other.git("config", "core.hooksPath", "nowhere")
    project.foreign(NAME, "mine")
    project.bootstrap("hook", "install", "--global")
    assert project.polishes()
    assert project.ran() == ["mine"]
    assert other.polishes()
    other.git("config", "commit-polish.enabled", "false")
    assert other.commit("-m", WORDS) == WORDS
    scripts = project.home / ".local" / "share" / "commit-polish" / "hooks"
    scripts.rename(scripts.with_name("gone"))
    assert not project.polishes()


def test_all_is_taken_out_before_the_program_by_uninstall(project) -> None:
    pretend(project, "2.54.0")
    project.bootstrap("hook", "install", "--global")
    said = project.bootstrap("uninstall", "--verbose")
    assert "nothing is left" in said
    said = project.said_by
    order = [said.index(word) for word in (".event", ".command", f"hooks/{NAME}")]
    assert order == sorted(order)
    assert configuration(project) == {}


def test_a_value_that_was_changed_since_stays_and_is_named(project) -> None:
    pretend(project, "2.54.0")
    project.bootstrap("hook", "install", "--global")
    project.git("config", "--global", "hook.commit-polish.command", "my own")
    assert project.state()[0] == "git config hook.commit-polish.command was changed"
    assert "was changed since, so it stays" in project.bootstrap("hook", "remove", "--global")
    assert configuration(project)["hook.commit-polish.command"] == "my own"


def test_it_replaces_the_hook_in_single_repositories(project) -> None:
    other = Project.new(project.home, "other")
    other.foreign(NAME, "mine")
    before = other.hook_files()
    project.bootstrap("hook", "install")
    other.bootstrap("hook", "install")
    pretend(project, "2.54.0")
    project.bootstrap("hook", "install", "--global")
    assert project.hook_files() == {}
    assert other.hook_files() == before
    project.bootstrap("hook", "install", status=1)
    assert "in all repositories already" in project.said_by
