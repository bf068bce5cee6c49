"""A run that ends without a word, by SIGKILL or with the current: what it wrote down is true."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from bootstrap.download import already, journal_path, part_path, ranges
from tests.download.running import ALONE, MIB, child, finished, output_of, size_of
from tests.faults import Fault
from tests.faultserver import FaultServer

BODY = random.Random(3).randbytes(48 * MIB + 12345)
SIZE = len(BODY)
SHA = hashlib.sha256(BODY).hexdigest()

JUST_DOWNLOAD = """
import sys
from pathlib import Path
from bootstrap.download import Pace, Source, download, ranges

url, sha256, size, target, part, connections = sys.argv[1:]
ranges.PART = int(part)
pace = Pace(connections=int(connections) or None)
download(Source("tiny model", (url,), sha256, int(size)), Path(target), pace=pace)
"""


@pytest.fixture(scope="module")
def server():
    with FaultServer(BODY) as server:
        yield server


def killed(server, target, after, *, part=16 * MIB, connections=0, pause=0.0):
    """A download that dies when the server has sent `after` bytes to it, and some seconds later."""
    command, environment = child(JUST_DOWNLOAD, server.url, SHA, SIZE, target, part, connections)
    with subprocess.Popen(command, env=environment) as process:
        deadline = time.monotonic() + 30
        while process.poll() is None and server.sent < after and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(pause)
        process.kill()
    assert process.returncode in {0, -signal.SIGKILL}
    return process.returncode != 0


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
@pytest.mark.parametrize("seed", range(50))
def test_killed_at_any_moment(server, target, monkeypatch, seed):
    moment = random.Random(seed)
    part = [16, 4, 1][seed % 3] * MIB
    alone = seed % 7 == 6
    server.play(then=Fault(rate=moment.choice([16, 48]) * MIB * (4 if alone else 1)))
    # Some of them at the very end: while the file is put in place.
    after = SIZE if seed % 10 == 9 else moment.randrange(SIZE)
    pause = moment.random() * 0.03
    killed(server, target, after, part=part, connections=int(alone), pause=pause)
    server.rest()
    sent = first = server.sent
    kept = already(target, SHA)
    if not target.exists():
        server.play()
        monkeypatch.setattr(ranges, "PART", part)
        finished(target, server.url, body=BODY)
        sent += server.sent
    assert target.read_bytes() == BODY
    assert sent - SIZE <= 16 * MIB, f"{kept} kept of {first}"


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
def test_killed_again_and_again(server, target):
    server.play(then=Fault(rate=16 * MIB))
    kept = [0]
    for share in (0.2, 0.5, 0.8):
        killed(server, target, server.sent + (share * SIZE - kept[-1]))
        kept.append(already(target, SHA))
        assert kept[-1] >= kept[-2]
    finished(target, server.url, body=BODY, pace=ALONE)
    assert server.sent - SIZE <= 3 * 16 * MIB


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
def test_a_killed_run_is_finished_by_another_mirror(server, target):
    server.play(then=Fault(rate=16 * MIB))
    assert killed(server, target, SIZE // 2)
    with FaultServer(BODY, then=Fault(etag='"another"')) as mirror:
        finished(target, mirror.url, server.url, body=BODY)
        assert server.sent + mirror.sent - SIZE <= 16 * MIB


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL here")
def test_a_run_killed_without_ranges_starts_over(server, target):
    server.play(then=Fault(rate=64 * MIB, whole=True))
    assert killed(server, target, SIZE // 2)
    server.play(then=Fault(whole=True))
    finished(target, server.url, body=BODY)


# A power cut takes what was written and not synced. This notes, whenever a journal is put in place,
# what the disk has for sure at that moment: the part file as it was when its last fsync began.
WITH_POWER_CUTS = """
import json, os, shutil, sys
from pathlib import Path
from bootstrap.download import Pace, Source, download, journal_path, part_path, ranges

url, sha256, size, target, part, connections, cuts = sys.argv[1:]
ranges.PART = int(part)
target, cuts = Path(target), Path(cuts)
replace, rename = os.replace, os.rename
synced = cuts / "synced"
made = []

def syncing(sync):
    def fsync(descriptor):
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        seen = os.fstat(number)
        here = part_path(target)
        ours = here.exists() and os.path.samestat(seen, here.stat())
        if ours:
            shutil.copyfile(here, cuts / "syncing")
        sync(descriptor)
        if ours:
            replace(cuts / "syncing", synced)
    return fsync

def moving(move):
    def moved(old, new, **options):
        if Path(new) == journal_path(target):
            place = cuts / str(len(made))
            place.mkdir()
            made.append(place)
            shutil.copyfile(old, journal_path(place / target.name))
            if synced.exists():
                shutil.copyfile(synced, part_path(place / target.name))
        if Path(new) == target:
            print(json.dumps(synced.exists() and synced.read_bytes() == Path(old).read_bytes()))
        move(old, new, **options)
    return moved

os.fsync = syncing(os.fsync)
if hasattr(os, "fdatasync"):
    os.fdatasync = syncing(os.fdatasync)
os.replace, os.rename = moving(os.replace), moving(os.rename)
pace = Pace(connections=int(connections) or None)
download(Source("tiny model", (url,), sha256, int(size)), target, pace=pace)
"""


@pytest.mark.parametrize("connections", [0, 1], ids=["many", "one"])
@pytest.mark.parametrize("part", [16 * MIB, 2 * MIB], ids=["large parts", "small parts"])
def test_the_journal_is_never_newer_than_the_data(server, tmp_path, target, monkeypatch, connections, part):
    monkeypatch.setattr(ranges, "PART", part)
    server.play(then=Fault(rate=40 * MIB))
    cuts = tmp_path / "cuts"
    cuts.mkdir()
    arguments = (server.url, SHA, SIZE, target, part, connections, cuts)
    # The finished file too was on the disk before it got its name.
    assert output_of(WITH_POWER_CUTS, *arguments) == [True]
    moments = sorted((path for path in cuts.iterdir() if path.is_dir()), key=lambda path: int(path.name))
    promised = [already(moment / target.name, SHA) for moment in moments]
    # It is written often enough for what is lost to stay small.
    assert all(
        after - before <= 16 * MIB for before, after in zip([0, *promised], [*promised, SIZE], strict=True)
    )
    for moment, kept in zip(moments, promised, strict=True):
        server.play()
        finished(moment / target.name, server.url, body=BODY)
        # Not one promised byte was missing or wrong: then it would have been fetched again.
        assert server.sent == SIZE - kept
        shutil.rmtree(moment)


def test_a_killed_run_leaves_what_the_size_of_the_file_allows(server, target):
    if os.name != "posix":
        pytest.skip("no SIGKILL here")
    server.play(then=Fault(rate=16 * MIB))
    assert killed(server, target, SIZE // 2)
    assert size_of(part_path(target)) <= SIZE
    assert size_of(journal_path(target)) < 64 * 1024
