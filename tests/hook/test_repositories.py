"""Every kind of repository: the hook goes where git looks for it, once for all work trees."""

import pytest

from tests.hook.project import POLISHED, WORDS, Project


def commits(project: Project, directory) -> str:
    (directory / "more.txt").write_text(f"{project.starts}\n")
    project.git("add", ".", cwd=directory)
    project.git("commit", "--quiet", "-m", WORDS, cwd=directory)
    return project.git("log", "-1", "--format=%B", cwd=directory).strip()


@pytest.fixture
def begun(project) -> Project:
    """With a first commit."""
    project.commit("-m", "feat: begin")
    return project


def worktree(project: Project, git) -> list:
    paths = [project.home / name for name in ("one tree", "another tree")]
    for path in paths:
        project.git("worktree", "add", "--quiet", "-b", path.name.replace(" ", "-"), str(path), cwd=git)
    return paths


def separate(project: Project) -> list:
    path = project.home / "separate"
    project.git("clone", "--quiet", "--separate-git-dir", str(project.home / "its git"), ".", str(path))
    return [path, *worktree(project, path)]


def backed_by_a_bare_one(project: Project) -> list:
    inner = project.home / "bare" / ".bare"
    project.git("clone", "--quiet", "--bare", ".", str(inner))
    (inner.parent / ".git").write_text("gitdir: ./.bare\n")
    return worktree(project, inner)


def submodule(project: Project) -> list:
    around = Project.new(project.home, "around")
    around.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(project.path), "sub dir"
    )
    around.commit("-m", "feat: begin", stage=False)
    return [around.path / "sub dir"]


KINDS = {
    "worktrees": lambda project: [project.path, *worktree(project, project.path)],
    "separate": separate,
    "bare": backed_by_a_bare_one,
    "submodule": submodule,
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_hook_for_all_work_trees_wherever_git_keeps_it(begun: Project, kind: str) -> None:
    paths = KINDS[kind](begun)
    for path in paths:
        begun.bootstrap("hook", "install", cwd=path)
        assert begun.state() == ("intact", "")
    for path in paths:
        assert commits(begun, path) == POLISHED
    begun.bootstrap("hook", "remove", cwd=paths[-1])
    for path in paths:
        assert commits(begun, path) == WORDS


def test_a_bare_repository_with_work_trees_can_be_named_itself(begun: Project) -> None:
    paths = backed_by_a_bare_one(begun)
    for place in (begun.home / "bare", begun.home / "bare" / ".bare"):
        begun.bootstrap("hook", "install", str(place))
    assert begun.state() == ("intact", "")
    assert commits(begun, paths[0]) == POLISHED


def test_the_repository_around_a_submodule_is_another(begun: Project) -> None:
    path = submodule(begun)[0]
    begun.bootstrap("hook", "install", cwd=path)
    assert commits(begun, path) == POLISHED
    assert commits(begun, path.parent) == WORDS


def test_a_repository_that_is_gone_is_told_and_forgotten(begun: Project) -> None:
    begun.bootstrap("hook", "install")
    moved = begun.path.rename(begun.home / "moved")
    gone, begun.path = begun.path, moved
    assert begun.state()[0] == "the repository is gone"
    begun.bootstrap("hook", "remove", str(gone))
    assert "in no repository" in begun.bootstrap("hook", "status")
