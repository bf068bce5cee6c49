"""One commit under attack: made without us and then with us, and all that has to be the same after both."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.polish.convention import TYPES
from tests.polish.repository import KEPT, Repository

MODES = pytest.mark.parametrize("mode", ["type", "rewrite"])
WORDS = "Fixed the lgoin form."
ANSWER = "fix: correct the login form"  # a good one, and in mode "type" a type with words to ignore
POLISHED = {"type": "fix: fix the lgoin form", "rewrite": ANSWER}
BODY = ("-m", "See #7 and v1.0.0.\n\n* not done: a.py\n\nSigned-off-by: A U Thor <a@example.com>")
OURS = "commit-polish: "


@dataclass(frozen=True)
class Result:
    """subject: the line that replaced the user's, or None if the message is what git makes of it without us;
    plain: that message; said: our line on stderr, or nothing."""

    subject: str | None
    plain: bytes
    said: str

    def one_line(self) -> bool:
        return self.said.startswith(OURS) and self.said.count("\n") == 1


def run(repository: Repository, *arguments: str, stdin: bytes = b"", **more: str):
    """git, in bytes: not every message is text."""
    temporary = repository.home / "tmp"
    temporary.mkdir(exist_ok=True)
    return subprocess.run(
        ["git", *arguments],
        check=False,
        cwd=repository.path,
        env=repository.environment | {"TMPDIR": str(temporary)} | more,
        input=stdin,
        capture_output=True,
        timeout=60,
    )


def output(repository: Repository, *arguments: str) -> bytes:
    done = run(repository, *arguments)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def attempt(
    repository: Repository, *arguments: str, stage: bool = True, stdin: bytes = b"", **more: str
) -> Result:
    """Make this commit, look at everything around it, and take it back.

    The commit has to exist, with status 0 and with the tree that was staged; index, work tree, temporary
    files and processes have to be as after a commit without us, and of the message only the subject can
    differ. It is taken back so that the history, which says what convention is followed, stays as it was.
    """
    if not repository.head():
        begin(repository)
    if stage:
        repository.stage()
    base, tree = repository.head(), output(repository, "write-tree")
    entries, status = output(repository, "ls-files", "-s"), output(repository, "status", "--porcelain")
    for name in KEPT:
        (repository.directory / name).unlink(missing_ok=True)
    command = ("commit", "--quiet", *arguments)
    without = run(repository, *command, stdin=stdin, **more | {"COMMIT_POLISH": "0"})
    assert without.returncode == 0, without.stderr
    plain = raw_message(repository)
    output(repository, "reset", "--soft", base)
    files = files_around(repository)

    done = run(repository, *command, stdin=stdin, **more)

    assert done.returncode == 0, done.stderr
    assert repository.head() != base
    assert output(repository, "rev-parse", "HEAD~1").decode().strip() == base
    assert output(repository, "rev-parse", "HEAD^{tree}") == tree
    assert output(repository, "ls-files", "-s") == entries
    assert repository.leftovers() == []
    new = files_around(repository) - files
    assert new <= {str((repository.directory / name).relative_to(repository.home)) for name in KEPT} | {
        str(repository.pause.relative_to(repository.home))
    }
    assert processes_of(repository.home) == []
    subject = changed_subject(plain, raw_message(repository))
    said = our_lines(done, without)
    assert said == "" or (said.startswith(OURS) and said.count("\n") == 1), said
    original_is_kept(repository, plain, subject)
    output(repository, "reset", "--soft", base)
    assert output(repository, "status", "--porcelain") == status
    return Result(subject, plain, said)


def begin(repository: Repository) -> None:
    """A first commit with nothing in it; what is staged stays staged."""
    tree = output(repository, "mktree").decode().strip()
    commit = output(repository, "commit-tree", "-m", "feat: begin", tree).decode().strip()
    output(repository, "update-ref", "HEAD", commit)


def raw_message(repository: Repository) -> bytes:
    return output(repository, "cat-file", "commit", "HEAD").partition(b"\n\n")[2]


def split(message: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands before the first line with something in it, that line, and what stands after it."""
    rest = message.lstrip(b" \t\r\n\v\f")
    begin = message.rfind(b"\n", 0, len(message) - len(rest)) + 1
    end = message.find(b"\n", len(message) - len(rest))
    end = len(message) if end < 0 else end
    return message[:begin], message[begin:end], message[end:]


def changed_subject(plain: bytes, message: bytes) -> str | None:
    """The new subject; everything around it has to be there byte for byte."""
    if message == plain:
        return None
    before, line, after = split(plain)
    if line.endswith(b"\r"):
        after = b"\r" + after
    assert message.startswith(before) and message.endswith(after), (plain, message)
    subject = message[len(before) : len(message) - len(after)]
    assert b"\n" not in subject and b"\r" not in subject, (plain, message)
    return subject.decode("utf-8")


def our_lines(done: subprocess.CompletedProcess, without: subprocess.CompletedProcess) -> str:
    """What was said on stderr beyond what git says anyway; nothing may come on stdout."""
    assert done.stdout == without.stdout
    lines = done.stderr.decode("utf-8", "replace").splitlines(keepends=True)
    for line in without.stderr.decode("utf-8", "replace").splitlines(keepends=True):
        lines.remove(line)
    return "".join(lines)


def original_is_kept(repository: Repository, plain: bytes, subject: str | None) -> None:
    kept = repository.directory / "COMMIT_POLISH_ORIG"
    assert kept.exists() == (subject is not None)
    if subject is not None:
        assert split(plain)[1].strip() in kept.read_bytes()


def files_around(repository: Repository) -> set[str]:
    """Every file below the home but git's objects and the log of starts."""
    found = set()
    for directory, names, files in os.walk(repository.home):
        if Path(directory) == repository.directory / "objects":
            names.clear()
        else:
            found.update(str(Path(directory, name).relative_to(repository.home)) for name in files)
    return {name for name in found if not name.endswith(".starts")}


def processes_of(home: Path) -> list[str]:
    """The command lines of processes that were started for this home; Linux only, elsewhere none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            known = words + (process / "environ").read_bytes()
        except OSError:
            continue  # it ended, or is another user's
        if os.fsencode(home) in known and process.name != str(os.getpid()):
            found.append(words.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def typed(subject: str) -> str:
    """The description behind a type that is one of ours and a colon, or nothing."""
    kind, colon, description = subject.partition(": ")
    return description if colon and kind in TYPES else ""


def configure(repository: Repository, model, mode: str, more: str = "") -> None:
    repository.configure(model.base, f'mode = "{mode}"\n{more}')
