"""A file that is on this machine already becomes the target, whole and verified, and stays as it was."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap.download import Source, adopt, already, journal_path, part_path
from bootstrap.errors import FileError
from tests.world import ROOT

BODY = bytes(range(256)) * 12_289  # 3 MiB and a little
SHA256 = hashlib.sha256(BODY).hexdigest()
posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")


@dataclass
class Outcome:
    adopted: bool
    notes: list[str]
    progress: list[tuple[int, int | None]] = field(default_factory=list)


def run(
    candidate: Path, target: Path, *, sha256: str = SHA256, size: int | None = len(BODY), place: str = ""
):
    """Adopt, and look at the target whenever there is progress: it must not be there before the end."""
    notes: list[str] = []
    progress: list[tuple[int, int | None]] = []
    before = target.read_bytes() if target.is_file() else None

    def report(done: int, total: int | None) -> None:
        progress.append((done, total))
        assert (target.read_bytes() if target.is_file() else None) == before

    source = Source("tiny model", (), sha256, size)
    adopted = adopt(candidate, source, target, place=place, report=report, note=notes.append)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    return Outcome(adopted, notes, progress)


def facts(path: Path) -> tuple:
    status = path.stat()
    return path.read_bytes(), status.st_mode, status.st_mtime_ns, status.st_ino, status.st_uid


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "tiny.gguf"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file that a person keeps, and may write into at any time."""
    path = tmp_path / "downloads" / "tiny.gguf"
    path.parent.mkdir()
    path.write_bytes(BODY)
    return path


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    """A file of a content store: its name is its sha256, and nobody writes into it again."""
    path = tmp_path / "blobs" / f"sha256-{SHA256}"
    path.parent.mkdir()
    path.write_bytes(BODY)
    path.chmod(0o644)
    return path


def alone(target: Path) -> bool:
    return [path.name for path in target.parent.iterdir()] in ([], [target.name])


def test_a_users_own_file_is_copied(own, target):
    before = facts(own)
    outcome = run(own, target, place="your folder")
    assert outcome.adopted
    assert target.read_bytes() == BODY
    assert alone(target)
    assert facts(own) == before
    assert outcome.progress[-1] == (len(BODY), len(BODY))
    assert len(outcome.progress) > 2
    (line,) = outcome.notes
    assert line.startswith("tiny model: found in your folder, ")
    assert line.endswith(" instead of 3.1 MB downloaded")
    with own.open("r+b") as file:  # what its owner does to it later is not our concern
        file.write(b"something else")
    assert target.read_bytes() == BODY


def test_without_a_place_nothing_is_told_and_without_a_size_it_works_as_well(own, target):
    outcome = run(own, target, size=None)
    assert (outcome.adopted, outcome.notes) == (True, [])
    assert target.read_bytes() == BODY


@posix
def test_a_stores_file_is_linked_and_outlives_its_first_name(blob, target):
    before = facts(blob)
    outcome = run(blob, target, place="the store")
    assert outcome.adopted
    assert target.samefile(blob)
    assert facts(blob) == before
    assert outcome.notes == ["tiny model: found in the store, linked instead of 3.1 MB downloaded"]
    assert outcome.progress[-1] == (len(BODY), len(BODY)), "it was read and verified all the same"
    blob.unlink()
    assert target.read_bytes() == BODY
    assert alone(target)


@posix
def test_a_link_to_a_stores_file_will_do(blob, target, tmp_path):
    snapshot = tmp_path / "snapshots" / "tiny.gguf"
    snapshot.parent.mkdir()
    snapshot.symlink_to(Path("..", "blobs", blob.name))
    assert run(snapshot, target).adopted
    assert target.samefile(blob)
    assert not target.is_symlink()


@posix
@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_what_others_may_write_to_is_not_linked(blob, target, mode):
    blob.chmod(mode)
    assert run(blob, target).adopted
    assert not target.samefile(blob)
    assert target.read_bytes() == BODY


@posix
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
def test_what_somebody_else_owns_is_not_linked(blob, target):
    os.chown(blob, 65534, -1)
    assert run(blob, target).adopted
    assert not target.samefile(blob)


@posix
def test_a_program_is_not_linked_because_it_becomes_executable(blob, target):
    program = target.with_name("llamafile")
    assert run(blob, program).adopted
    program.chmod(0o755)
    assert blob.stat().st_mode & 0o777 == 0o644


def test_an_older_file_is_replaced_at_once(blob, target):
    target.write_bytes(b"the model of last year")
    assert run(blob, target).adopted  # which has looked at the target all the time
    assert target.read_bytes() == BODY
    assert alone(target)


@pytest.mark.parametrize("old", [None, b"the model of last year"])
def test_another_file_of_the_same_size_is_refused(own, blob, target, old):
    if old:
        target.write_bytes(old)
    for candidate in (own, blob):
        candidate.write_bytes(BODY[:-1] + b"?")
        before = facts(candidate)
        outcome = run(candidate, target, place="the store")
        assert not outcome.adopted
        (line,) = outcome.notes
        assert str(candidate) in line
        assert "checksum" in line
        assert facts(candidate) == before
        assert (target.read_bytes() if old else target.exists()) == (old or False)
        assert alone(target)


def test_another_size_is_refused_before_a_byte_is_read(own, target):
    own.write_bytes(BODY[:1000])
    outcome = run(own, target)
    assert not outcome.adopted
    assert outcome.progress == []
    assert "1000 bytes instead of" in outcome.notes[0]
    assert alone(target)


def test_what_has_gone_is_no_news(own, target):
    own.unlink()
    assert run(own, target) == Outcome(False, [])
    assert run(target / "no" / "such", target) == Outcome(False, [])


def test_a_directory_is_not_entered(tmp_path, target):
    folder = tmp_path / "tiny.gguf"
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(BODY)
    outcome = run(folder, target)
    assert not outcome.adopted
    assert "not a file" in outcome.notes[0]


@posix
def test_nobody_waits_for_a_pipe(tmp_path, target):
    os.mkfifo(tmp_path / "pipe")
    assert not run(tmp_path / "pipe", target, size=None).adopted


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that fails when it is read")
def test_what_cannot_be_read_is_refused_with_the_reason(target):
    outcome = run(Path("/proc/self/mem"), target, size=None, sha256=hashlib.sha256(b"x").hexdigest())
    assert not outcome.adopted
    assert "input/output error" in outcome.notes[0]
    assert alone(target)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_what_may_not_be_read_is_refused_with_the_reason(own, target):
    own.chmod(0)
    outcome = run(own, target)
    assert not outcome.adopted
    assert "permission denied" in outcome.notes[0]


def test_what_a_download_has_brought_is_given_up_only_for_the_right_file(own, target):
    good = own.read_bytes()
    part_path(target).write_bytes(BODY[:1_000_000])
    journal = {
        "version": 2,
        "sha256": SHA256,
        "safe": [{"origin": {"url": "http://127.0.0.1/tiny.gguf"}, "ranges": [[0, 1_000_000]]}],
        "marks": "",
    }
    journal_path(target).write_text(json.dumps(journal))
    assert already(target, SHA256) == 1_000_000, "the journal of today"
    own.write_bytes(good[:-1] + b"?")
    assert not run(own, target).adopted
    assert already(target, SHA256) == 1_000_000
    own.write_bytes(good)
    assert run(own, target).adopted
    assert target.read_bytes() == BODY
    assert alone(target)


def test_a_target_that_cannot_be(own, target, tmp_path):
    target.mkdir()
    with pytest.raises(FileError, match="is a directory") as caught:
        run(own, target)
    assert "move it away" in caught.value.hint
    with pytest.raises(FileError, match="no directory"):
        run(own, tmp_path / "nowhere" / "tiny.gguf")
    assert own.read_bytes() == BODY


ON_A_SMALL_DISK = """
import json, subprocess, sys
from pathlib import Path
from bootstrap.download import Source, adopt
from bootstrap.errors import BootstrapError

candidate, sha256, place = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])

def attempt(*options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", *options, "tmpfs", place], check=True)
    try:
        found = [adopt(candidate, Source("tiny model", (), sha256, None), place / "tiny.gguf")]
    except BootstrapError as error:
        found = [type(error).__name__, error.message, error.hint]
    print(json.dumps(found + sorted(path.name for path in place.iterdir())))

attempt("size=1m")
attempt("ro")
attempt("size=9m")
"""


def test_a_full_disk_and_a_read_only_one(own, tmp_path):
    mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    probe = [*mounts, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None or subprocess.call(probe, stderr=subprocess.DEVNULL):
        pytest.skip("no mounts without being root here")
    (tmp_path / "disk").mkdir()
    command = [*mounts, sys.executable, "-c", ON_A_SMALL_DISK, own, SHA256, tmp_path / "disk"]
    found = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    full, read_only, enough = map(json.loads, found.stdout.splitlines())
    assert full[0] == "DownloadError"
    assert "disk full: tiny model needs 4 MiB more" in full[1]
    assert "free 4 MiB and run the same command again" in full[2]
    assert len(full) == 3, "what is of no use gives its room back"
    assert read_only[0] == "FileError"
    assert "read-only file system" in read_only[1]
    assert enough == [True, "tiny.gguf"]


def test_a_file_system_with_clones(tmp_path):
    """XFS in a file: the bytes are shared, and each side may change its own."""
    make = shutil.which("mkfs.xfs", path=os.environ["PATH"] + os.pathsep + "/usr/sbin")
    if make is None or os.geteuid() != 0:
        pytest.skip("needs root and mkfs.xfs")
    disk, place = tmp_path / "disk", tmp_path / "place"
    with disk.open("wb") as file:
        file.truncate(300 << 20)
    place.mkdir()
    subprocess.run([make, "-q", disk], check=True)
    if subprocess.call(["mount", "-o", "loop", disk, place], stderr=subprocess.DEVNULL):
        pytest.skip("this machine mounts no files")
    try:
        own, target = place / "own.gguf", place / "tiny.gguf"
        own.write_bytes(BODY * 20)
        os.sync()
        free = shutil.disk_usage(place).free
        outcome = run(
            own, target, sha256=hashlib.sha256(BODY * 20).hexdigest(), size=None, place="your folder"
        )
        assert outcome.notes == ["tiny model: found in your folder, cloned instead of 62.9 MB downloaded"]
        os.sync()
        assert shutil.disk_usage(place).free > free - len(BODY)
        own.write_bytes(b"something else")
        assert target.read_bytes() == BODY * 20
    finally:
        subprocess.run(["umount", place], check=True)
