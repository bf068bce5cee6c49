"""What of a commit a model is shown: real git, hostile names, and nothing that should not be told."""

import os
import time

import pytest

from bootstrap.polish import diff
from tests.polish.repository import stand_in

NAMES = [
    "a.py",
    "with space.py",
    "\u00fcn\u00ef.py",
    'quo"te.py',
    "-dash.py",
    "1\t2.py",
    ":(top)x.py",
    "*.py",
    "new\nline.py",
]


@pytest.fixture
def here(repository, monkeypatch):
    stand_in(repository, monkeypatch)
    return repository


def paths() -> list[str]:
    return sorted(path for file in diff.files(5) for path in (file.old, file.path) if path)


def shown(room: int = 1200) -> dict[str, str]:
    return {piece.path: piece.text for piece in diff.pieces(diff.files(5), room, 5)}


def test_the_changed_files(here) -> None:
    assert diff.files(5) == ()
    for name in NAMES:
        here.stage(name, "some content that is long enough to be recognised\n" * 9)
    assert paths() == sorted(NAMES)
    here.git("commit", "--no-verify", "-m", "feat: all")
    here.git("mv", "a.py", "b.py")
    (here.path / "binary").write_bytes(bytes(range(256)))
    here.git("add", "binary")
    assert paths() == ["a.py", "b.py", "binary"]
    assert {file.path: file.old for file in diff.files(5)} == {"b.py": "a.py", "binary": None}


def test_programs_of_the_user_do_not_run(here) -> None:
    here.git("config", "diff.external", "touch ran; false")
    here.git("config", "diff.x.textconv", "touch ran; cat")
    here.stage(".gitattributes", "* diff=x\n")
    here.stage("a.py")
    assert paths() == [".gitattributes", "a.py"]
    assert shown()
    assert not (here.path / "ran").exists()


@pytest.mark.parametrize("how", ["exec sleep 5", "sleep 5", "sleep 5 & wait", "sleep 5 & exit 0"])
def test_a_git_that_hangs_does_not_hold_us(tmp_path, monkeypatch, how) -> None:
    """Nor does anything that it has started and that keeps its output open."""
    slow = tmp_path / "git"
    slow.write_text(f"#!/bin/sh\n{how}\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    started = time.monotonic()
    assert diff.files(0.2) == ()
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_belong_to_their_file(here, name) -> None:
    for each in NAMES:
        here.stage(each, "unchanged\n" * 5 + f"it was {each!r}\n")
    here.git("commit", "--no-verify", "-m", "feat: all")
    for each in NAMES:
        here.stage(each, "unchanged\n" * 5 + f"it is {each!r}\n")
    assert shown(5000)[name] == f"-it was {name!r}\n+it is {name!r}"


def test_a_link_that_becomes_a_file_is_not_taken_for_another_one(here) -> None:
    (here.path / "a").symlink_to("nowhere")
    here.stage("z.py", "one\n")
    here.git("add", "-A")
    here.git("commit", "--no-verify", "-m", "feat: all")
    (here.path / "a").unlink()
    here.stage("a", "lines of a\n" * 20)
    here.stage("z.py", "two\n")
    assert "lines of a" not in shown().get("z.py", "")


def test_from_a_folder_below(here, monkeypatch) -> None:
    here.stage("deep/a.py", "one\n")
    monkeypatch.chdir(here.path / "deep")
    assert shown() == {"deep/a.py": "+one"}


def test_a_renamed_file_shows_only_what_has_changed(here) -> None:
    here.stage("a.py", "line\n" * 50)
    here.git("commit", "--no-verify", "-m", "feat: all")
    here.git("mv", "a.py", "b.py")
    (here.path / "b.py").write_text("line\n" * 50 + "new\n")
    here.git("add", "b.py")
    assert shown() == {"b.py": "+new"}


@pytest.mark.parametrize(
    "name",
    [
        "package-lock.json", "sub/yarn.lock", "Cargo.lock", "go.sum", "a.min.js", "site.css.map", "logo.svg",
        "vendor/x.go", "node_modules/x/y.js", "dist/app.js", "api_pb2.py", "x.snap",
        ".env", "deploy/.env.local", "id_rsa", "keys/server.pem", ".npmrc",
    ],
)  # fmt: skip
def test_what_nobody_reads_is_known_by_its_name_only(here, name) -> None:
    here.stage(name, "nobody reads this\n")
    here.stage("a.py", "one\n")
    assert shown() == {"a.py": "+one"}


@pytest.mark.parametrize(
    "attribute", ["linguist-generated", "linguist-generated=true", "linguist-vendored", "-diff", "binary"]
)
def test_attributes_are_heeded(here, attribute) -> None:
    here.stage(".gitattributes", f"made.py {attribute}\n")
    here.git("commit", "--no-verify", "-m", "feat: all")
    here.stage("made.py", "by a program\n")
    here.stage("a.py", "one\n")
    assert shown() == {"a.py": "+one"}


@pytest.mark.parametrize(
    "secret",
    [
        "password = hunter2hunter2", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN RSA PRIVATE KEY-----\nabc",
        "url = https://me:pass@host/", "ghp_0123456789012345678901234567890123456",
    ],
)  # fmt: skip
def test_secrets_are_not_shown(here, secret) -> None:
    here.stage("settings.py", f"{secret}\nmore\n")
    here.stage("a.py", "one\n")
    assert shown() == {"a.py": "+one"}


def test_the_largest_come_first_and_the_room_is_kept(here) -> None:
    here.stage("small.py", "small\n")
    here.stage("large.py", "".join(f"a line of the large one {n}\n" for n in range(1000)))
    pieces = shown(600)
    assert len(pieces["large.py"]) <= 300 and pieces["small.py"] == "+small"
    assert sum(map(len, pieces.values())) <= 600
    assert shown(0) == {}


def test_a_huge_change_is_read_in_part(here) -> None:
    here.stage("large.py", "x" * 200 + "\n" + "line\n" * 2_000_000)
    assert sum(map(len, shown(1200).values())) <= 1200
