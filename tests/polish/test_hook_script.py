"""The hook's script by itself, in every shell of this machine, and that it agrees with the program."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bootstrap.polish import message
from bootstrap.polish.convention import TYPES, Convention
from bootstrap.polish.diff import File
from bootstrap.polish.pipeline import Outcome, Tools, polish
from tests.polish.repository import HOOK, script, write_executable
from tests.world import ROOT

SHELLS = [
    ("sh",), ("dash",), ("bash", "--posix"), ("bash",), ("busybox", "ash"), ("mksh",), ("ksh93",),
    ("yash", "-o", "posixly-correct"), ("posh",), ("zsh", "--emulate", "sh"),
]  # fmt: skip
OPTIONS = [(), ("-e",), ("-u",), ("-e", "-u")]


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """On a Debian of ours all shells are there; elsewhere those that are not are skipped."""
    if os.name != "nt" and shutil.which("bash"):
        subprocess.run([ROOT / "tests" / "rigs" / "shells"], check=False, capture_output=True, timeout=300)


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request) -> tuple[str, ...]:
    if not shutil.which(request.param[0]):
        pytest.skip(f"{request.param[0]} is not installed here")
    return request.param


class Hook:
    """A git directory with the hook and a program that says in the message how it was called."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.directory.mkdir(parents=True)
        self.file = directory / "COMMIT_EDITMSG"
        self.program = write_executable(
            directory / "the program's",
            "#!/bin/sh\n"
            'printf \'%s\\n\' "$@" >"${0%/*}/called"\n'
            'for a; do case $a in --out=*) echo polished >"${a#--out=}" ;; esac; done\n',
        )
        self.pause = directory / "the pause"
        self.script = write_executable(directory / "prepare-commit-msg", script(self.program, self.pause))

    def run(
        self, *arguments: str, shell=("sh",), text: str | bytes = "Fixed the login\n", check=True, **more
    ) -> str:
        """What the message is afterwards."""
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "LANG": "C.UTF-8"} | more
        done = subprocess.run(
            [*shell, str(self.script), *(arguments or (str(self.file), "message"))],
            check=False,
            env={name: value for name, value in environment.items() if value is not None},
            cwd=self.directory,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        assert not check or (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        self.status = done.returncode
        assert not (self.directory / "COMMIT_POLISH_MSG").exists()
        return self.file.read_bytes().decode(errors="surrogateescape")


@pytest.fixture
def hook(tmp_path) -> Hook:
    return Hook(tmp_path / "some 'where' é")


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options) or "plain")
def test_it_calls_the_program(hook, shell, options) -> None:
    assert hook.run(shell=(*shell, *options)) == "polished\n"
    out = hook.directory / "COMMIT_POLISH_MSG"
    assert (hook.directory / "called").read_text().splitlines() == [
        "polish", "--stage", "prepare-commit-msg", f"--file={hook.file}", f"--out={out}",
    ]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options) or "plain")
def test_it_leaves_alone(hook, shell, options) -> None:
    start = (*shell, *options)
    for text in LEFT:
        assert hook.run(shell=start, text=text) == text
    for arguments in (
        ("COMMIT_EDITMSG", "merge"),
        ("COMMIT_EDITMSG",),
        ("",),
        ("missing", "message"),
        (".", "message"),
    ):
        assert hook.run(*arguments, shell=start) == "Fixed the login\n"
    for switch in ({"COMMIT_POLISH": "0"}, {"CI": "1"}):
        assert hook.run(shell=start, **switch) == "Fixed the login\n"
    assert not (hook.directory / "called").exists()


LEFT = [
    "", "login\n", "fix", "v1.2.3\n", "a/b_c.py\n", "wip\n", "WIP: the login\n", "Wip the login\n",
    "[WIP] the login\n",
    "fixup! the login\n", "squash! the login\n", "amend! the login\n", "Merge branch 'x'\n", 'Revert "x y"\n',
    'Reapply "x y"\n', "fix: the login\n", "fix: the login", "\n \n\t\nfix: the login\n",
    "  fix: the login  \n",
    "feat(api)!: add it\n", "refactor(a-b/c_d.e): it\n", "docs!: say `x`\n", "chore: x (y)\n",
    'test: the "x"\n',
    "fix: the login\n\nand a body\n", "feat: " + "x" * 66, "fix: größer\n",
]  # fmt: skip


def test_what_is_in_doubt_goes_to_the_program(hook, shell) -> None:
    for text in [
        "Fixed the login\n", "Fix: the login\n", "fix: the login.\n", "fix:the login\n", "fix:  two spaces\n",
        "fix(): the login\n", "fix(a b): the login\n", "fix(a)(b): it\n", "fixes: the login\n",
        "feature: it\n",
        "fix : the login\n", "wipe the cache\n", "Merged the parsers\n", "feat: " + "x" * 67,
        "fix: überall\n",
        "\u65e5\u672c\u8a9e\n", "# a comment\n", ";x\n", "fix: it\r\n", "größer\n", "\n\n\n",
        "fix: the login...\n",
        "fixup!\tthe login\n", "* a list\n", "? who knows\n", "$HOME is gone\n", "`date` is wrong\n",
        "-n is wrong\n",
        "back\\slash \\n\n",
    ]:  # fmt: skip
        assert hook.run(shell=shell, text=text) == "polished\n", text


def test_what_is_no_text_goes_to_the_program(hook, shell) -> None:
    """The program judges; no shell may stumble over it or say a word."""
    for text in (b"caf\xe9 is closed\n", b"\xff\xfe\n", b"\xef\xbb\xbffix: it\n"):
        result = hook.run(shell=shell, text=text)
        # yash reads as far as it can decode, and may leave alone what the program would leave too
        assert result == "polished\n" or (shell[0] == "yash" and hook.file.read_bytes() == text), text


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_in_any_locale(tmp_path, shell, locale) -> None:
    hook = Hook(tmp_path / "ascii")  # in C yash cannot even open a path that is not
    assert hook.run(shell=shell, text="FIX: the login\n", LC_ALL=locale) == "polished\n"
    if (shell[0], locale) != ("yash", "C"):  # there it reads no further than the ö
        assert hook.run(shell=shell, text="größer\n", LC_ALL=locale) == "polished\n"
    assert hook.run(shell=shell, text="fix: the login\n", LC_ALL=locale) == "fix: the login\n"


@pytest.mark.parametrize(
    "state",
    ["MERGE_MSG", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "SQUASH_MSG", "rebase-merge/",
     "rebase-apply/", "sequencer/"],
)  # fmt: skip
def test_in_the_middle_of_something(hook, state) -> None:
    path = hook.directory / state
    path.mkdir() if state.endswith("/") else path.write_text("")
    assert hook.run() == "Fixed the login\n"
    assert hook.run("COMMIT_EDITMSG", "message") == "Fixed the login\n"
    assert not (hook.directory / "called").exists()


def test_as_commit_msg(hook, shell) -> None:
    hook.script = hook.script.rename(hook.directory / "commit-msg")
    assert hook.run(str(hook.file), shell=shell) == "polished\n"
    assert "commit-msg" in (hook.directory / "called").read_text().splitlines()
    assert hook.run(str(hook.file), shell=shell, text="fix: it\n") == "fix: it\n"


def test_without_a_path_or_a_home(hook, shell) -> None:
    command = (shutil.which(shell[0]), *shell[1:])
    assert hook.run(shell=command, PATH="", HOME=None) == "polished\n"
    assert hook.run(shell=command, PATH=None, HOME=None) == "polished\n"


def test_without_arguments(hook, shell) -> None:
    done = subprocess.run(
        [*shell, str(hook.script)], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_before_it_is_installed_it_does_nothing(hook, shell) -> None:
    hook.script.write_text(HOOK.read_text("utf-8"))
    assert hook.run(shell=shell) == "Fixed the login\n"


def test_a_chained_hook(hook, shell) -> None:
    """It gets the same arguments, it comes first, and its status is passed on."""
    chained = hook.directory / "prepare-commit-msg.chained"
    write_executable(chained, '#!/bin/sh\nprintf "%s|" "$@" >"${0%/*}/args"\necho feat: two words >"$1"\n')
    assert hook.run(str(hook.file), "message", "a b", "", shell=(*shell, "-e")) == "feat: two words\n"
    assert (hook.directory / "args").read_text() == f"{hook.file}|message|a b||"
    write_executable(chained, "#!/bin/sh\nexit 7\n")
    assert hook.run(shell=shell, check=False) == "Fixed the login\n"
    assert hook.status == 7
    chained.chmod(0o644)
    assert hook.run(shell=shell) == "polished\n"
    chained.chmod(0o755)
    hook.script = hook.script.rename(hook.directory / "prepare-commit-msg.legacy")
    assert hook.run(shell=shell) == "polished\n"


def test_a_chained_hook_reads_what_came_on_stdin(hook, shell) -> None:
    write_executable(hook.directory / "prepare-commit-msg.chained", '#!/bin/sh\ncat >"${0%/*}/stdin"\n')
    subprocess.run([*shell, str(hook.script)], input=b"some input", check=True, capture_output=True)
    assert (hook.directory / "stdin").read_bytes() == b"some input"


def test_the_program_gets_no_input_and_its_output_goes_nowhere(hook, shell) -> None:
    write_executable(hook.program, '#!/bin/sh\ncat >"${0%/*}/stdin"; echo talk; echo one line >&2\n')
    hook.file.write_text("Fixed the login\n")
    start = [*shell, str(hook.script), str(hook.file), "message"]
    done = subprocess.run(start, input=b"some input", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"one line\n")
    assert (hook.directory / "stdin").read_bytes() == b""


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options) or "plain")
def test_a_rename_that_fails_costs_no_commit(hook, shell, options, tmp_path) -> None:
    """A full disk, or another program on Windows that has the file open."""
    write_executable(tmp_path / "mv", "#!/bin/sh\nexit 1\n")
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert hook.run(shell=(*shell, *options), PATH=path) == "Fixed the login\n"


def test_an_old_result_that_cannot_be_removed_is_not_taken(hook, tmp_path) -> None:
    write_executable(tmp_path / "rm", "#!/bin/sh\nexit 1\n")
    write_executable(hook.program, "#!/bin/sh\nexit 0\n")
    out = hook.directory / "COMMIT_POLISH_MSG"
    out.write_text("from yesterday\n")
    hook.file.write_text("Fixed the login\n")
    start = ["sh", str(hook.script), str(hook.file), "message"]
    subprocess.run(
        start, check=True, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, stdin=subprocess.DEVNULL
    )
    assert hook.file.read_text() == "Fixed the login\n"


def test_the_file_itself() -> None:
    text = HOOK.read_bytes()
    assert text.startswith(b"#!/bin/sh\n# commit-polish hook 1")
    assert b"\r" not in text and text.isascii() and text.endswith(b"\n")
    assert HOOK.stat().st_mode & 0o777 == 0o755
    assert text.count(b"@PROGRAM@") == 1


@pytest.mark.parametrize(
    "linter", [("shellcheck", "-s", "sh"), ("checkbashisms", "-x", "-f")], ids=lambda words: words[0]
)
def test_linters_are_content(linter) -> None:
    if not shutil.which(linter[0]):
        pytest.skip(f"{linter[0]} is not installed here")
    done = subprocess.run([*linter, str(HOOK)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_leaving_a_message_alone_starts_no_process(hook, tmp_path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed here")
    for text in LEFT:
        hook.file.write_text(text)
        log = tmp_path / "log"
        start = [
            "strace",
            "-f",
            "-e",
            "trace=process",
            "-o",
            str(log),
            "sh",
            str(hook.script),
            str(hook.file),
            "message",
        ]
        if subprocess.run(start, capture_output=True, check=False, timeout=30).returncode:
            pytest.skip("strace may not trace here")
        calls = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]
        assert sum(call.startswith("execve") for call in calls) == 1
        assert not [call for call in calls if call.startswith(("clone", "fork", "vfork"))]


PIECES = st.sampled_from(
    [*TYPES, "fixup!", "squash!", "Merge", "Revert", "wip", "WIP", "[wip]", "Fix", "feature", "login",
     "1.2.3", "v2",
     "(", ")", "(api)", "!", ":", ": ", " ", "  ", "\t", ".", "...", "\n", "\r", "#1", "ABC-1: ",
     "(#2)", "[skip ci]",
     "x" * 60, "é", "日本", "*", "?", "[", "]", "\\", "$x", "`", "'", '"', "-", "_", "/", "e.g."]
)  # fmt: skip


@pytest.fixture(scope="module")
def module_hook(tmp_path_factory) -> Hook:
    return Hook(tmp_path_factory.mktemp("agreement") / "git")


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(PIECES, max_size=8).map("".join))
@example(text="fix: the login")
@example(text="fix(api): x")
@example(text="v1.2.3")
@example(text="wip x")
def test_what_the_script_leaves_the_program_would_leave_too(module_hook, text) -> None:
    tools = Tools(
        model="m",
        temperature=0.3,
        mode="type",
        rules=Convention(),
        files=lambda: [File("a.py", None, 1)],
        pieces=lambda _files: (),
        ask=lambda _: pytest.fail("asked"),
        left=lambda: 1.0,
        explain=lambda _: None,
    )
    if module_hook.run(text=text) == text:
        result = polish(message.split(text, None), tools)
        assert result == Outcome(None, result.reason, decided=True)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options) or "plain")
def test_while_the_server_is_down_it_does_nothing(hook, shell, options) -> None:
    now = int(time.time())
    hook.pause.write_text(f"{now + 30}\n")
    assert hook.run(shell=(*shell, *options)) == "Fixed the login\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x",
        "0",
        "-1",
        "08",
        "1e9",
        "99999999999999",
        "{past}",
        "{far}",
        "$(exit 1)",
        "1; exit 1",
        "\0",
        "*",
    ],
)
def test_what_is_no_moment_does_not_stop_it(hook, shell, text) -> None:
    now = int(time.time())
    hook.pause.write_text(text.format(past=now - 1, far=now + 90) + "\n")
    assert hook.run(shell=shell) == "polished\n"


def test_a_moment_without_a_clock_does_not_stop_it(hook, shell, tmp_path) -> None:
    write_executable(tmp_path / "date", "#!/bin/sh\nexit 1\n")
    hook.pause.write_text(f"{int(time.time()) + 30}\n")
    assert hook.run(shell=shell, PATH=f"{tmp_path}:{os.environ['PATH']}") == "polished\n"
