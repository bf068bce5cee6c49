"""Disks that are full, read-only or in the way, and two downloads of one file."""

import hashlib
import os
import shutil
import subprocess

import pytest

from bootstrap.download import journal_path, part_path
from bootstrap.errors import FileError
from tests.download.running import BODY, KIB, MIB, SIZE, child, finished, output_of, run
from tests.faults import Fault
from tests.faultserver import FaultServer


def test_a_target_that_is_a_directory(server, target):
    target.mkdir()
    outcome = run(target, server.url)
    assert isinstance(outcome.error, FileError)
    assert f"{target} is a directory" in outcome.error.message
    assert server.requests == [] and list(target.iterdir()) == []


def test_a_part_file_that_is_a_directory(server, target):
    part_path(target).mkdir()
    assert isinstance(run(target, server.url).error, FileError)
    assert server.requests == []


def test_a_journal_that_is_a_directory(server, target):
    journal_path(target).mkdir()
    assert isinstance(run(target, server.url).error, FileError)


def test_a_place_that_is_missing(server, target):
    outcome = run(target / "deeper" / "model.gguf", server.url)
    assert isinstance(outcome.error, FileError)
    assert str(target / "deeper") in outcome.error.message
    assert server.requests == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is read-only for this user")
def test_a_read_only_directory(server, target):
    target.parent.chmod(0o500)
    try:
        outcome = run(target, server.url)
    finally:
        target.parent.chmod(0o700)
    assert isinstance(outcome.error, FileError)
    assert "permission denied" in outcome.error.message and "writable" in outcome.error.hint


def test_a_name_that_is_too_long(server, target):
    outcome = run(target.with_name("x" * 251), server.url)
    assert isinstance(outcome.error, FileError)


ON_A_SMALL_DISK = """
import json, subprocess, sys
from pathlib import Path
from bootstrap.download import Patience, Source, already, download, part_path, ranges
from bootstrap.errors import BootstrapError

url, sha256, size, place = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
ranges.PART = int(sys.argv[5])

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)

def attempt(size):
    try:
        download(Source("tiny model", (url,), sha256, size), place / "model.gguf")
    except BootstrapError as error:
        found = [type(error).__name__, error.message, error.hint]
    else:
        found = []
    found.append(already(place / "model.gguf"))
    found.append(sorted(path.name for path in place.iterdir()))
    print(json.dumps(found), flush=True)

mount("size=1m")
attempt(size)
attempt(None)
mount("remount,size=9m")
attempt(size)
mount("remount,ro")
attempt(size)
"""


@pytest.fixture
def own_mounts():
    """A command prefix behind which tmpfs can be mounted, seen by nobody else."""
    prefix = ["unshare", "--user", "--map-root-user", "--mount"]
    probe = [*prefix, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if shutil.which("unshare") is None or subprocess.call(probe, stderr=subprocess.DEVNULL):
        pytest.skip("no mounts without being root here")
    return prefix


@pytest.mark.parametrize("part", [16 * MIB, 64 * KIB], ids=["one part", "many parts"])
def test_a_full_disk_and_a_read_only_one(own_mounts, tmp_path, part):
    body = BODY * 18
    sha256 = hashlib.sha256(body).hexdigest()
    with FaultServer(body, then=Fault(rate=3 * MIB)) as server:
        full, unknown, done, read_only = output_of(
            ON_A_SMALL_DISK, server.url, sha256, len(body), tmp_path, part, prefix=own_mounts
        )
        kind, message, hint, kept, names = full
        assert kind == "DownloadError"
        assert "disk full: tiny model needs 3 MiB more" in message
        assert "free 3 MiB and run the same command again" in hint
        assert MIB - 300 * KIB < kept < MIB
        assert names == ["model.gguf.part", "model.gguf.part.json"]
        assert unknown[0] == "DownloadError" and "disk full" in unknown[1]
        assert kept <= unknown[3]
        assert done == [0, ["model.gguf"]]
        # The second run went on where the first stopped, and the third where the second stopped.
        # Each lost what was on its way when it stopped.
        assert server.sent_again() < 2 * 8 * 256 * KIB
        assert read_only[0] == "FileError" and "read-only file system" in read_only[1]
        assert read_only[-1] == ["model.gguf"]


JUST_DOWNLOAD = """
import sys
from pathlib import Path
from bootstrap.download import Source, download, ranges
from bootstrap.errors import BootstrapError

ranges.PART = 65536
try:
    download(Source("tiny model", (sys.argv[1],), sys.argv[2], int(sys.argv[3])), Path(sys.argv[4]))
except BootstrapError as error:
    sys.exit(f"error: {error.message}")
"""


@pytest.mark.parametrize("ahead", [0, 100 * KIB, SIZE * 3])
@pytest.mark.parametrize("whole", [False, True], ids=["ranges", "no ranges"])
def test_two_processes_that_want_one_file(target, ahead, whole):
    # A lock of the installer keeps them apart; here nothing does, and still no wrong file may come of it.
    body = BODY * 5
    with FaultServer(body, then=Fault(rate=1 * MIB, whole=whole)) as server:
        command, environment = child(
            JUST_DOWNLOAD, server.url, hashlib.sha256(body).hexdigest(), len(body), target
        )
        running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)]
        while server.sent < ahead and running[0].poll() is None:
            server.closing.wait(0.005)
        running.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        said = [process.communicate(timeout=60)[1] for process in running]
        for process, words in zip(running, said, strict=True):
            assert process.returncode in {0, 1} and "Traceback" not in words, words
            assert process.returncode == 0 or words.startswith("error: ")
        assert 0 in [process.returncode for process in running], said
        assert target.read_bytes() == body
        server.play()
        finished(target, server.url, body=body)
