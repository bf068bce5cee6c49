"""The situations of a commit, with real git: what is polished, what is left alone, what never breaks."""

import shutil
import subprocess
import time

import pytest

from tests.polish import scripted
from tests.polish.repository import NO_MODEL, Repository, script, write_executable

WORDS = "Fixed the login."
POLISHED = "fix: fix the login"


def history(repository: Repository) -> None:
    """main and a branch `side` that have each gone on by one commit, made without the hook."""
    for branch, name in (("main", "first.py"), ("side", "second.py"), ("main", "third.py")):
        if branch == "side":
            repository.git("branch", "side")
        if name != "first.py":
            repository.git("checkout", "--quiet", branch)
        repository.stage(name)
        repository.git("commit", "--quiet", "--message", f"Added the {name}.", COMMIT_POLISH="0")


def editor(repository: Repository, text: str) -> str:
    """An editor that writes this text above what it finds, and keeps what it found."""
    path = repository.home / "editor"
    (repository.home / "typed").write_text(text)
    home = repository.home
    types = f'cat "{home}/typed" "$1" >"$1.new"; mv "$1.new" "$1"'
    write_executable(path, f'#!/bin/sh\ncat "$1" >"{home}/seen"\n{types}\n')
    return f'"{path}"'


# what is polished


def test_a_message(repository) -> None:
    assert repository.commit("-m", WORDS) == POLISHED
    assert repository.said == ""


def test_several_messages(repository) -> None:
    assert (
        repository.commit("-m", WORDS, "-m", "The body.", "-m", "#12 too")
        == f"{POLISHED}\n\nThe body.\n\n#12 too"
    )


def test_a_message_from_a_file(repository) -> None:
    (repository.home / "text").write_bytes(
        b"\n\nFixed the login.\r\n\r\n* one\r\n# two\r\n\r\nSigned-off-by: me <m@e>\r\n"
    )
    repository.stage()
    repository.git("commit", "--cleanup=verbatim", "-F", str(repository.home / "text"))
    raw = repository.git("cat-file", "commit", "HEAD").partition("\n\n")[2]
    assert raw.replace("\r", "") == f"\n\n{POLISHED}\n\n* one\n# two\n\nSigned-off-by: me <m@e>\n"


def test_a_message_from_stdin(repository) -> None:
    assert repository.commit("-F", "-", stdin=f"{WORDS}\n\nbody\n") == f"{POLISHED}\n\nbody"


def test_trailers(repository) -> None:
    message = repository.commit("-s", "-m", WORDS, "--trailer", "Fixes: #12")
    assert message == f"{POLISHED}\n\nSigned-off-by: A U Thor <author@example.com>\nFixes: #12"


def test_the_first_commit_of_a_repository_and_the_next(repository) -> None:
    repository.commit("-m", WORDS)
    assert repository.commit("-m", "Fixed the logout.") == "fix: fix the logout"
    assert repository.git("rev-list", "--count", "HEAD").strip() == "2"


def test_a_partial_commit_is_asked_about_its_own_paths(repository, model) -> None:
    repository.commit("-m", WORDS)
    repository.stage("staged.py")
    (repository.path / "login.py").write_text("other\n")
    assert repository.commit("-m", "Fixed it again", "login.py", stage=False) == "fix: fixed it again"
    question = model.asked[-1]["messages"][0]["content"]
    assert "- login.py" in question and "staged.py" not in question
    assert repository.git("status", "--short") == "A  staged.py\n"


def test_commit_all(repository) -> None:
    repository.commit("-m", WORDS)
    (repository.path / "login.py").write_text("other\n")
    assert repository.commit("-a", "-m", "Fixed it again", stage=False) == "fix: fixed it again"


def test_amend_with_a_message_is_as_any_message(repository) -> None:
    repository.commit("-m", WORDS)
    assert repository.commit("--amend", "-m", "Fixed the logout.") == "fix: fix the logout"


def test_no_model_is_needed_where_the_user_said_the_type(lonely) -> None:
    assert lonely.commit("-m", "Bugfix: login crashes.") == "fix: login crashes"
    assert lonely.said == ""


def test_no_model_is_needed_where_the_paths_say_it(lonely) -> None:
    lonely.stage("README.md")
    assert lonely.commit("-m", "Improved the wording", stage=False) == "docs: improve the wording"


def test_no_verify_skips_other_hooks_and_not_this_one(repository) -> None:
    assert repository.commit("--no-verify", "-m", WORDS) == POLISHED


def test_a_worktree(repository) -> None:
    repository.commit("-m", "feat: first one")
    tree = repository.home / "wörk tree"
    repository.git("worktree", "add", "--quiet", str(tree), "-b", "other")
    (tree / "a.py").write_text("a\n")
    repository.git("add", "a.py", cwd=tree)
    repository.git("commit", "-m", WORDS, cwd=tree)
    assert repository.message("other") == POLISHED
    assert list((repository.directory / "worktrees").glob("*/COMMIT_POLISH_ORIG"))


def test_a_subdirectory(repository) -> None:
    (repository.path / "sub").mkdir()
    repository.stage("sub/a.py")
    assert repository.commit("-m", WORDS, stage=False, cwd=repository.path / "sub") == POLISHED


@pytest.mark.parametrize(
    "name", ["with space", "ünïcödé 日本", 'quote\'s "here"', "$HOME `x` %d", "-dash", "a\\b", "new\nline"]
)
def test_any_place(tmp_path, model, name) -> None:
    repository = Repository.new(tmp_path / f"home {name}", name)
    repository.configure(model.base)
    assert repository.commit("-m", WORDS) == POLISHED
    assert repository.leftovers() == []


def test_the_git_directory_somewhere_else(repository) -> None:
    elsewhere = repository.home / "else where"
    repository.directory.rename(elsewhere)
    place = {"GIT_DIR": str(elsewhere), "GIT_WORK_TREE": str(repository.path)}
    (repository.path / "a.py").write_text("a\n")
    repository.git("add", "a.py", **place)
    repository.git("commit", "-m", WORDS, **place)
    assert repository.git("log", "--format=%B", **place).strip() == POLISHED
    elsewhere.rename(repository.directory)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-", "</dev/null >/dev/full"])
def test_with_streams_that_are_closed(repository, closed) -> None:
    """As background jobs, cron and some GUIs start git."""
    repository.stage()
    words = f'cd "{repository.path}" && exec git commit --quiet -m "{WORDS}" {closed}'
    done = subprocess.run(["sh", "-c", words], env=repository.environment, check=False, timeout=60)
    assert done.returncode == 0
    assert repository.message() == POLISHED


def test_with_next_to_nothing_in_the_environment(repository) -> None:
    """Without PATH, HOME and a terminal: git finds its own programs."""
    own = {"XDG_CONFIG_HOME": ".config", "XDG_STATE_HOME": ".local/state"}  # or it is that of the account
    environment = {name: str(repository.home / path) for name, path in own.items()}
    repository.stage()
    repository.git("config", "user.name", "me")
    repository.git("config", "user.email", "m@e")
    git = shutil.which("git")
    argv = [git, "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", WORDS]
    done = subprocess.run(
        argv, cwd=repository.path, env=environment, check=False, timeout=60, start_new_session=True
    )
    assert done.returncode == 0
    assert repository.message() == POLISHED


def test_an_index_of_the_users_own(repository, model) -> None:
    repository.commit("-m", "feat: first one")
    own = {"GIT_INDEX_FILE": str(repository.home / "own index")}
    repository.git("read-tree", "HEAD", **own)
    (repository.path / "only.py").write_text("x\n")
    repository.git("add", "only.py", **own)
    repository.stage("other.py")
    assert repository.commit("-m", WORDS, stage=False, **own) == POLISHED
    assert "only.py" in model.asked[-1]["messages"][0]["content"]
    assert "other.py" not in model.asked[-1]["messages"][0]["content"]


@pytest.mark.parametrize(
    "place", [{}, {"LC_ALL": "C"}, {"LANG": "", "LC_ALL": "POSIX"}, {"LC_ALL": "nowhere.UTF-8"}]
)
def test_any_language(repository, place) -> None:
    assert (
        repository.commit("-m", "Größe des Menüs korrigiert.", **place) == "fix: Größe des Menüs korrigiert"
    )
    assert repository.commit("-m", "ログイン画面を修正", **place) == "fix: ログイン画面を修正"


# with an editor


def test_a_message_that_is_edited_shows_what_it_was(repository) -> None:
    message = repository.commit("-e", "-m", WORDS, "-m", "body", GIT_EDITOR=editor(repository, ""))
    assert message == f"{POLISHED}\n\nbody"
    seen = (repository.home / "seen").read_text()
    assert seen.startswith(
        f"{POLISHED}\n\nbody\n\n# commit-polish: you wrote: Fixed the login.\n# Please enter"
    )


def test_that_line_follows_the_comment_character(repository) -> None:
    repository.git("config", "core.commentChar", ";")
    assert repository.commit("-e", "-m", WORDS, GIT_EDITOR=editor(repository, "")) == POLISHED
    assert "\n; commit-polish: you wrote" in (repository.home / "seen").read_text()


@pytest.mark.parametrize("cleanup", ["scissors", "whitespace", "verbatim"])
def test_that_line_never_gets_into_history(repository, cleanup) -> None:
    repository.git("config", "commit.cleanup", cleanup)
    message = repository.commit("-e", "-m", WORDS, GIT_EDITOR=editor(repository, ""))
    assert message.startswith(POLISHED)
    assert "you wrote" not in message


def test_an_editor_without_a_message_is_left_alone(repository) -> None:
    assert repository.commit(GIT_EDITOR=editor(repository, "Typed by hand\n")) == "Typed by hand"
    assert repository.starts == 0


def suggesting(repository: Repository) -> None:
    write_executable(
        repository.hooks / "prepare-commit-msg", script(repository.program, repository.pause, suggest=True)
    )


def test_an_editor_without_a_message_may_show_a_suggestion(repository, model) -> None:
    suggesting(repository)
    model.behave = scripted.says("feat: add", " the login")
    repository.stage()
    repository.git("commit", GIT_EDITOR=editor(repository, "Words of my own\n"))
    assert "\n# commit-polish suggests: feat: add the login\n" in (repository.home / "seen").read_text()
    assert repository.message() == "Words of my own"


@pytest.mark.parametrize("cleanup", ["whitespace", "verbatim", "scissors"])
def test_a_suggestion_never_gets_into_history(repository, cleanup) -> None:
    suggesting(repository)
    repository.stage()
    repository.git("commit", f"--cleanup={cleanup}", GIT_EDITOR=editor(repository, "Words of my own\n"))
    assert "suggests" not in repository.message()


def test_an_empty_message_with_a_suggestion_still_stops_the_commit(repository) -> None:
    suggesting(repository)
    repository.stage()
    repository.git("commit", check=False, GIT_EDITOR="true")
    assert repository.head() == ""


def test_a_template_is_left_alone(repository) -> None:
    (repository.home / "template").write_text("Summary of the change\n\nWhy:\n")
    message = repository.commit(
        "-t", str(repository.home / "template"), GIT_EDITOR=editor(repository, "Typed by hand\n\n")
    )
    assert message.startswith("Typed by hand\n\nSummary of the change")
    assert repository.starts == 0


def test_a_diff_below_the_scissors_is_no_message(repository) -> None:
    message = repository.commit("-v", "-e", "-m", WORDS, GIT_EDITOR=editor(repository, ""))
    assert message == POLISHED
    assert "diff --git" in (repository.home / "seen").read_text()


# at the commit-msg stage


@pytest.fixture
def late(repository) -> Repository:
    repository.install("commit-msg")
    return repository


def test_late_a_typed_message_is_polished(late) -> None:
    assert late.commit(GIT_EDITOR=editor(late, f"\n{WORDS}\n\nbody\n")) == f"{POLISHED}\n\nbody"


def test_late_a_message_is_polished(late) -> None:
    assert late.commit("-m", WORDS, "-m", "# kept") == f"{POLISHED}\n\n# kept"


def test_late_a_template_with_comments_on_top(late) -> None:
    (late.home / "template").write_text("# type: subject, at most 50\n\n# why:\n")
    message = late.commit("-t", str(late.home / "template"), GIT_EDITOR=editor(late, f"# help\n{WORDS}\n"))
    assert message == POLISHED


def test_late_what_stands_in_the_template_is_not_the_users(late, model) -> None:
    (late.home / "template").write_text("Fixed something\n\nWhy:\n")
    late.git("config", "commit.template", str(late.home / "template"))
    late.stage()
    late.git("commit", GIT_EDITOR="sh -c 'echo more >>\"$1\"' -")
    assert late.message() == "Fixed something\n\nWhy:\n\nmore"
    assert not model.asked


def test_late_the_commit_before_is_not_rewritten(late) -> None:
    late.commit("-m", WORDS, COMMIT_POLISH="0")
    assert late.commit("--amend", "--no-edit") == WORDS
    assert late.commit("--amend", GIT_EDITOR="true") == WORDS


def test_late_the_message_of_an_earlier_commit_is_not_rewritten(late, model) -> None:
    late.commit("-m", WORDS, COMMIT_POLISH="0")
    old = late.head()
    late.commit("-m", "feat: another")
    late.stage()
    late.git("commit", "-C", old)
    assert late.message() == WORDS
    assert not model.asked


def test_late_an_empty_message_still_stops_the_commit(late) -> None:
    late.stage()
    late.git("commit", check=False, GIT_EDITOR="true")
    assert "empty commit message" in late.said
    assert late.head() == ""


def test_late_no_verify_skips_it(late) -> None:
    assert late.commit("--no-verify", "-m", WORDS) == WORDS


def test_both_stages_polish_once(repository, model) -> None:
    repository.install("prepare-commit-msg", "commit-msg")
    assert repository.commit("-m", WORDS) == POLISHED
    assert repository.starts == 1  # the second one sees it without any program
    assert len(model.asked) == 1
    assert (repository.directory / "COMMIT_POLISH_ORIG").read_text() == f"{WORDS}\n"


def test_both_stages_with_a_ticket(repository, model) -> None:
    repository.install("prepare-commit-msg", "commit-msg")
    assert repository.commit("-m", "ABC-1: Fixed the login.") == f"ABC-1: {POLISHED}"
    assert len(model.asked) == 1


# what is left alone


def untouched(repository: Repository, model, starts: int = 0) -> None:
    """No word from us, no question, and not even a program unless it was in doubt."""
    assert "commit-polish" not in repository.said
    assert not model.asked
    assert repository.starts <= starts


@pytest.mark.parametrize(
    "message",
    [
        "feat: add it", "fix(api)!: Say it loud", "docs: say `x` (see y)", "wip", "WIP: it",
        "[wip] it", "login", "v1.2.3",
        "fixup! some other", "squash! some other", "amend! some other", "Merge the parsers", "Reapply this",
    ],
)  # fmt: skip
def test_left_alone_without_a_program(repository, model, message) -> None:
    assert repository.commit("-m", message) == message
    untouched(repository, model)


@pytest.mark.parametrize(
    "message",
    [
        "release 1.2.3",
        "parser: handle it",
        "fix(two words): it",
        "feat: " + "x" * 90,
        "feat: größer",
        "use ghp_" + "a1" * 20,
    ],
)
def test_left_alone_by_the_program(repository, model, message) -> None:
    assert repository.commit("-m", message) == message
    untouched(repository, model, starts=1)


@pytest.mark.parametrize(
    "switch", [{"COMMIT_POLISH": "0"}, {"CI": "true"}, {"CI": "1", "COMMIT_POLISH": "1"}]
)
def test_switched_off_by_the_environment(repository, model, switch) -> None:
    assert repository.commit("-m", WORDS, **switch) == WORDS
    untouched(repository, model)


def test_an_empty_ci_variable_is_none(repository) -> None:
    assert repository.commit("-m", WORDS, CI="", COMMIT_POLISH="") == POLISHED


def test_switched_off_in_the_git_configuration(repository, model) -> None:
    repository.git("config", "commit-polish.enabled", "false")
    assert repository.commit("-m", WORDS) == WORDS
    untouched(repository, model, starts=1)
    assert repository.git("-c", "commit-polish.enabled=true", "commit", "--allow-empty", "-m", WORDS)
    assert repository.message() == POLISHED


def test_a_merge(repository, model) -> None:
    history(repository)
    repository.git("merge", "--no-ff", "-m", "Took the side in", "side")
    assert repository.message() == "Took the side in"
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("merge", "--no-edit", "side")
    assert repository.message() == "Merge branch 'side'"
    untouched(repository, model)


def test_a_merge_after_a_conflict(repository, model) -> None:
    history(repository)
    repository.git("checkout", "--quiet", "side")
    repository.stage("third.py", "other\n")
    repository.git("commit", "-m", "feat: conflict")
    repository.git("merge", "main", check=False)
    repository.git("add", "third.py")
    repository.git("commit", "-m", "Took the main in")
    assert repository.message() == "Took the main in"
    untouched(repository, model)


def test_a_squash(repository, model) -> None:
    history(repository)
    repository.git("merge", "--squash", "side")
    repository.git("commit", "-m", "Took it all in")
    assert repository.message() == "Took it all in"
    untouched(repository, model)


def test_an_amended_commit(repository, model) -> None:
    history(repository)
    repository.git("commit", "--amend", "--no-edit")
    assert repository.message() == "Added the third.py."
    repository.git("commit", "--amend", GIT_EDITOR="true")
    assert repository.message() == "Added the third.py."
    untouched(repository, model)


@pytest.mark.parametrize("option", ["-C", "-c"])
def test_the_message_of_another_commit(repository, model, option) -> None:
    history(repository)
    assert repository.commit(option, "side", GIT_EDITOR="true") == "Added the second.py."
    untouched(repository, model)


def test_a_cherry_pick(repository, model) -> None:
    history(repository)
    repository.git("cherry-pick", "-x", "side")
    assert repository.message().startswith("Added the second.py.\n\n(cherry picked from")
    untouched(repository, model)


def test_several_cherry_picks(repository, model) -> None:
    history(repository)
    repository.git("checkout", "--quiet", "-b", "third", "main~1")
    repository.git("cherry-pick", "main", "side")
    assert repository.message() == "Added the second.py."
    assert repository.message("HEAD~1") == "Added the third.py."
    untouched(repository, model)


def test_a_revert(repository, model) -> None:
    history(repository)
    repository.git("revert", "--no-edit", "HEAD")
    assert repository.message().startswith('Revert "Added the third.py."')
    untouched(repository, model)


def test_a_revert_with_ones_own_words(repository, model) -> None:
    history(repository)
    repository.git("revert", "--no-commit", "HEAD")
    assert repository.commit("-m", "Took the third back", stage=False) == "Took the third back"
    untouched(repository, model)


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase(repository, model, backend) -> None:
    history(repository)
    repository.git("rebase", "--quiet", backend, "main", "side")
    assert repository.message() == "Added the second.py."
    untouched(repository, model)


def test_a_reworded_commit(repository, model) -> None:
    history(repository)
    repository.git(
        "rebase", "-i", "HEAD~1", GIT_SEQUENCE_EDITOR="sed -i.bak 1s/pick/reword/", GIT_EDITOR="true"
    )
    assert repository.message() == "Added the third.py."
    untouched(repository, model)


def test_fixup_and_autosquash(repository, model) -> None:
    history(repository)
    assert repository.commit("--fixup", "HEAD") == "fixup! Added the third.py."
    repository.git("rebase", "-i", "--autosquash", "HEAD~2", GIT_SEQUENCE_EDITOR="true", GIT_EDITOR="true")
    assert repository.message() == "Added the third.py."
    untouched(repository, model)


def test_an_empty_message(repository, model) -> None:
    assert repository.commit("--allow-empty-message", "-m", "") == ""
    untouched(repository, model)


# what goes wrong


def test_no_server(lonely) -> None:
    started = time.monotonic()
    assert lonely.commit("-m", WORDS) == WORDS
    assert lonely.said.startswith(NO_MODEL + "nothing answers at http://127.0.0.1:")
    assert lonely.said.count("\n") == 1
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "behave",
    [scripted.answers(503, "text/plain", "loading"), scripted.says("Well, it is a fix"), scripted.silent],
    ids=["503", "chatter", "silent"],
)
def test_a_server_in_trouble(repository, model, behave) -> None:
    model.behave = behave
    repository.configure(model.base, "deadline = 0.5")
    assert repository.commit("-m", WORDS, "-m", "body") == f"{WORDS}\n\nbody"
    assert repository.said.startswith(NO_MODEL) and repository.said.count("\n") == 1
    assert not (repository.directory / "COMMIT_POLISH_ORIG").exists()


def test_index_and_work_tree_stay_as_they_are(repository) -> None:
    repository.commit("-m", WORDS)
    repository.stage("staged.py")
    (repository.path / "login.py").write_text("changed and not staged\n")
    (repository.path / "new.py").write_text("not known to git\n")
    repository.commit("-m", "Fixed it again", stage=False)
    assert repository.git("show", "--name-only", "--format=").split() == ["staged.py"]
    assert repository.git("status", "--short") == " M login.py\n?? new.py\n"


def test_the_original_is_kept(repository) -> None:
    repository.commit("-m", WORDS, "-m", "body ünï")
    assert (repository.directory / "COMMIT_POLISH_ORIG").read_text("utf-8") == f"{WORDS}\n\nbody ünï\n"


def test_the_message_file_keeps_its_permissions(repository) -> None:
    repository.git("config", "core.sharedRepository", "0660")
    repository.commit("-m", "feat: first one")
    before = (repository.directory / "COMMIT_EDITMSG").stat().st_mode
    repository.commit("-m", WORDS)
    assert (repository.directory / "COMMIT_EDITMSG").stat().st_mode == before


# the program


@pytest.mark.parametrize("kind", ["missing", "not executable", "a directory"])
def test_without_the_program(repository, model, kind) -> None:
    repository.program.unlink()
    if kind == "not executable":
        repository.program.write_text("#!/bin/sh\n")
    if kind == "a directory":
        repository.program.mkdir()
    assert repository.commit("-m", WORDS) == WORDS


@pytest.mark.parametrize(
    "text",
    [
        "exit 3",
        "for a; do case $a in --out=*) echo broken >\"${a#--out=}\";; esac; done; exit 1",
        "for a; do case $a in --out=*) : >\"${a#--out=}\";; esac; done",
        "for a; do case $a in --file=*) echo lost >\"${a#--out=}\";; esac; done; kill -9 $$",
        "cat >/dev/null; echo noise",
    ],
    ids=["fails", "fails after writing", "writes nothing", "is killed", "reads and talks"],
)  # fmt: skip
def test_a_broken_program_costs_no_commit(repository, text) -> None:
    write_executable(repository.program, f"#!/bin/sh\ncd / || exit\n{text}\n")
    out = repository.git("commit", "--allow-empty", "-F", "-", stdin=WORDS)
    assert repository.message() == WORDS
    assert "noise" not in out


def test_an_old_result_is_not_taken_for_a_new_one(repository) -> None:
    (repository.directory / "COMMIT_POLISH_MSG").write_text("from yesterday\n")
    write_executable(repository.program, "#!/bin/sh\nexit 0\n")
    assert repository.commit("-m", WORDS) == WORDS


# a hook that was there before


def chained(repository: Repository, text: str, mode: int = 0o755) -> None:
    path = write_executable(repository.hooks / "prepare-commit-msg.chained", f"#!/bin/sh\n{text}\n")
    path.chmod(mode)


def test_a_chained_hook_runs_first(repository) -> None:
    chained(repository, 'echo "Fixed the $2." >"$1"; echo "$#" >args; cat >stdin')
    assert repository.commit("-m", "something else") == "fix: fix the message"
    assert (repository.path / "args").read_text() == "2\n"
    assert repository.starts == 1


def test_a_chained_hook_runs_where_ours_does_nothing(repository) -> None:
    chained(repository, "touch ran")
    for arguments, switch in ((("-m", WORDS), {"COMMIT_POLISH": "0"}), (("-m", "feat: add it"), {})):
        repository.commit(*arguments, **switch)
        (repository.path / "ran").unlink()
    repository.commit("--amend", "-C", "HEAD")
    assert (repository.path / "ran").exists()


def test_a_chained_hook_that_fails_stops_the_commit(repository, model) -> None:
    chained(repository, "echo not today >&2; exit 7")
    repository.stage()
    repository.git("commit", "-m", WORDS, check=False)
    assert "not today" in repository.said
    assert repository.head() == ""
    assert not model.asked


def test_a_chained_hook_that_is_not_executable_does_not_run(repository) -> None:
    chained(repository, "exit 1", mode=0o644)
    assert repository.commit("-m", WORDS) == POLISHED


def test_under_another_framework_the_chained_hook_does_not_run_again(repository) -> None:
    """pre-commit moves us to NAME.legacy, calls us, and has our chained hook's name free for another."""
    chained(repository, "exit 1")
    (repository.hooks / "prepare-commit-msg.legacy.chained").write_text("#!/bin/sh\nexit 1\n")
    (repository.hooks / "prepare-commit-msg.legacy.chained").chmod(0o755)
    (repository.hooks / "prepare-commit-msg").rename(repository.hooks / "prepare-commit-msg.legacy")
    write_executable(repository.hooks / "prepare-commit-msg", '#!/bin/sh\nexec "$0.legacy" "$@"\n')
    assert repository.commit("-m", WORDS) == POLISHED


def test_other_hooks_of_the_user_see_the_polished_message(repository) -> None:
    write_executable(repository.hooks / "commit-msg", '#!/bin/sh\ngrep -q "^fix: " "$1"\n')
    assert repository.commit("-m", WORDS) == POLISHED


def test_where_the_original_cannot_be_kept_nothing_changes(repository) -> None:
    (repository.directory / "COMMIT_POLISH_ORIG").mkdir()
    assert repository.commit("-m", WORDS) == WORDS
    assert repository.said.startswith(NO_MODEL) and repository.said.count("\n") == 1
