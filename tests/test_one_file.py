"""The forms that carry themselves: built, and run in a clean home where no Python is on PATH."""

import ast
import contextlib
import fcntl
import os
import platform
import pty
import shutil
import subprocess
import sys
import termios
import time
import zipfile
from pathlib import Path

import pytest

from bootstrap import __version__
from tests import mirror, older
from tests.world import ROOT, World, tree

pytestmark = pytest.mark.skipif(os.name == "nt", reason="in wine, by tests/rigs")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, str(ROOT / "scripts" / "dev.py"), "build", str(directory)]
    subprocess.run(build, check=True, timeout=600, stdout=subprocess.DEVNULL)
    return directory


@pytest.fixture
def one_file(dist: Path, tmp_path: Path) -> Path:
    """As it was downloaded; it may be thrown away."""
    return Path(shutil.copy2(dist / "bootstrap", tmp_path / "downloaded"))


@pytest.fixture
def archive(dist: Path, tmp_path: Path) -> tuple[str, str]:
    return sys.executable, shutil.copy2(dist / "bootstrap.pyz", tmp_path / "downloaded.pyz")


@pytest.fixture
def last_year(dist: Path, tmp_path: Path) -> tuple[str, str]:
    return sys.executable, str(older.make(dist / "bootstrap.pyz", tmp_path / "older.pyz"))


@pytest.fixture
def bare(world: World, tmp_path: Path) -> World:
    """A home on a machine without Python."""
    world.without_python(tmp_path / "tools")
    return world


def test_install_commit_uninstall(bare: World, one_file: Path, tmp_path: Path) -> None:
    repository = bare.repository()
    before = tree(bare.home)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    bare.environment["TMPDIR"] = str(temporary)
    done = bare.install("--repo", str(repository), prefix=(str(one_file),))
    assert "Ready: tiny-a answers" in done.stdout
    assert "~/.local/bin in your PATH" in done.stdout
    one_file.unlink()

    installed = (str(bare.home / ".local" / "bin" / "bootstrap"),)
    assert bare.run("--version", prefix=installed).stdout == f"bootstrap {__version__}\n"
    bare.git(repository, "commit", "-m", "Fixed the login bug.")
    assert bare.git(repository, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"
    assert "Nothing to do" in bare.install(prefix=installed).stdout
    bare.git(repository, "update-ref", "-d", "HEAD")

    assert "nothing is left" in bare.run("uninstall", prefix=installed).stdout
    assert {n: v for n, v in tree(bare.home).items() if "/.git/" not in n} == {
        n: v for n, v in before.items() if "/.git/" not in n
    }
    assert not list(temporary.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="the environment of a process")
def test_what_it_needs_itself_is_not_for_others(bare: World, one_file: Path) -> None:
    """The server would find our libraries instead of the system's; and another frozen program ours."""
    bare.environment["LD_LIBRARY_PATH"] = "/of/the/user"
    bare.install(prefix=(str(one_file),))
    server = Path(f"/proc/{bare.status()['server']['pid']}/environ").read_bytes().decode().split("\0")
    assert "LD_LIBRARY_PATH=/of/the/user" in server
    assert not [line for line in server if "_MEI" in line or line.startswith(("_PYI", "LD_LIBRARY_PATH_"))]
    program = (str(bare.home / ".local" / "bin" / "bootstrap"),)
    bare.run("restart", prefix=program)
    server = Path(f"/proc/{bare.status()['server']['pid']}/environ").read_bytes().decode().split("\0")
    assert "LD_LIBRARY_PATH=/of/the/user" in server
    assert not [line for line in server if "_internal" in line]
    bare.run("uninstall", prefix=program)


def test_one_line_from_the_web(bare: World, dist: Path, tmp_path: Path) -> None:
    """A release as it would be published, and what a person pastes into a terminal."""
    processor = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    release = tmp_path / "release"
    shutil.copytree(dist, release)
    (release / "bootstrap").rename(release / f"bootstrap-{platform.system().lower()}-{processor}")
    base = ("--base", "https://github.com/owner/name")
    made = [sys.executable, str(ROOT / "scripts" / "release.py"), str(release), *base]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    before = tree(bare.home)
    bare.environment["PATH"] = "/usr/bin:/bin"
    with mirror.serving(release) as source:
        bare.environment["BOOTSTRAP_RELEASE"] = source.url
        script = (release / "install.sh").read_text()
        arguments = ["--catalogue", str(bare.catalogue), "--port", str(bare.port)]
        done = subprocess.run(
            ["sh", "-s", "--", *arguments], input=script, env=bare.environment, cwd=bare.home,
            check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done
    assert "Ready: tiny-a answers" in done.stdout
    bare.run("uninstall", prefix=(str(bare.home / ".local" / "bin" / "bootstrap"),))
    assert tree(bare.home) == before


def test_the_archive_for_any_python(world: World, archive: tuple[str, str], tmp_path: Path) -> None:
    repository = world.repository("work")
    world.install("--repo", str(repository), prefix=archive)
    Path(archive[1]).unlink()
    installed = (str(world.home / ".local" / "bin" / "bootstrap"),)
    world.environment |= {"PYTHONDONTWRITEBYTECODE": "", "PATH": "/usr/bin:/bin"}
    assert world.run("--version", prefix=installed).stdout == f"bootstrap {__version__}\n"
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert world.git(repository, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"
    assert "Nothing to do" in world.install(prefix=installed).stdout
    for variable in ("PYTHONHOME", "PYTHONPATH"):  # of whoever commits: neither is for us
        environment = world.environment | {variable: str(tmp_path)}
        (tmp_path / "json.py").write_text("raise SystemExit(9)")
        subprocess.run([*installed, "--version"], env=environment, check=True, stdout=subprocess.DEVNULL)
    world.run("uninstall", prefix=installed)
    assert not [name for name in tree(world.home) if not name.startswith("work")]


def test_a_newer_one_takes_the_place_of_an_older_one(
    bare: World, one_file: Path, last_year: tuple[str, str]
) -> None:
    """In another form, too; what is called stays in its place, and the older one goes last."""
    repository = bare.repository()
    before = tree(bare.home)
    bare.install("--repo", str(repository), prefix=last_year)
    assert programs(bare) == [older.VERSION]
    said = bare.install(prefix=(str(one_file),)).stdout
    assert f"{older.VERSION} -> {__version__}" in said, said
    assert programs(bare) == [__version__]
    bare.git(repository, "commit", "-m", "Fixed the login bug.")
    assert bare.git(repository, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"

    now = tree(bare.home)
    refused = bare.install(prefix=last_year, check=False)
    assert refused.returncode == 1 and "--force" in refused.stderr
    assert tree(bare.home) == now
    assert f"{__version__} -> {older.VERSION}" in bare.install("--force", prefix=last_year).stdout
    assert programs(bare) == [older.VERSION]
    bare.git(repository, "update-ref", "-d", "HEAD")
    bare.run("uninstall", prefix=(str(bare.home / ".local" / "bin" / "bootstrap"),))
    left = tree(bare.home)
    assert {name for name in left if "/.git/" not in name} == {
        name for name in before if "/.git/" not in name
    }


def test_from_one_form_to_another_of_the_same_version(
    bare: World, one_file: Path, archive: tuple[str, str]
) -> None:
    before = tree(bare.home)
    checkout = (sys.executable, "-P", "-m", "bootstrap")
    program = bare.home / ".local" / "bin" / "bootstrap"
    for form in (checkout, archive, (str(one_file),), archive, checkout, (str(one_file),), checkout):
        bare.install(prefix=form)
        assert bare.run("--version", prefix=(str(program),)).stdout == f"bootstrap {__version__}\n"
    bare.run("uninstall")
    assert tree(bare.home) == before


def test_a_damaged_program_is_repaired_by_the_download(bare: World, one_file: Path) -> None:
    bare.install(prefix=(str(one_file),))
    program = (str(bare.home / ".local" / "bin" / "bootstrap"),)
    installed = Path(program[0]).resolve().parent
    good = tree(installed)
    (installed / "_internal" / "bootstrap_or_not").write_bytes(b"somebody else's")
    (installed / "_internal" / "modules.zip").write_bytes(b"")
    told = bare.run("doctor", prefix=(str(one_file),), check=False).stdout
    assert "cannot be started" in told
    bare.install(prefix=(str(one_file),))
    assert {name: entry for name, entry in tree(installed).items() if "or_not" not in name} == good
    (installed / "bootstrap").chmod(0o600)
    bare.install(prefix=(str(one_file),))
    assert {name: entry for name, entry in tree(installed).items() if "or_not" not in name} == good
    assert "Nothing to do" in bare.install(prefix=(str(one_file),)).stdout
    with (installed / "_internal" / "base_library.zip").open("ab") as file:
        file.write(b"damaged")
    refused = bare.install("--model", "tiny-b", prefix=program, check=False)
    assert refused.returncode == 1 and "is damaged" in refused.stderr
    assert not (bare.data / "models" / "tiny-b.gguf").exists(), "that is known before a download"
    kept = bare.run("uninstall", prefix=(str(one_file),)).stdout
    assert "program" in kept and (installed / "_internal" / "bootstrap_or_not").exists()


def test_a_home_that_was_restored_is_not_damaged(bare: World, one_file: Path) -> None:
    bare.install(prefix=(str(one_file),))
    program = (str(bare.home / ".local" / "bin" / "bootstrap"),)
    for path in Path(program[0]).resolve().parent.rglob("*"):
        os.utime(path, (1, 1))
    assert "Nothing to do" in bare.install(prefix=program).stdout
    bare.run("uninstall", prefix=program)


@pytest.mark.parametrize(
    ("when", "number"),
    [("after", number) for number in range(11, 26, 2)] + [("writing", 3), ("writing", 90), ("writing", 300)],
)
def test_killed_while_it_installs_itself(
    world: World, archive: tuple[str, str], when: str, number: int
) -> None:
    before = tree(world.home)
    killed = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), when, str(number))
    environment = dict(world.environment)
    world.environment["PYTHONPATH"] = archive[1]
    ended = world.install(prefix=killed, check=False)
    assert ended.returncode == -9, ended
    world.environment = environment
    if number % 3:
        world.install(prefix=archive)
        world.run("--version", prefix=(str(world.home / ".local" / "bin" / "bootstrap"),))
    world.run("uninstall", prefix=archive)
    assert tree(world.home) == before


@pytest.mark.parametrize("number", [5, 100])
def test_a_full_disk_leaves_the_program_that_was_there(
    world: World, dist: Path, archive: tuple[str, str], tmp_path: Path, number: int
) -> None:
    """Also where the new one is of the same version."""
    world.install(prefix=archive)
    program = (str(world.home / ".local" / "bin" / "bootstrap"),)
    before = tree(world.data / "program")
    another = older.make(dist / "bootstrap.pyz", tmp_path / "another.pyz", __version__)
    world.environment["PYTHONPATH"] = str(another)
    killed = (sys.executable, "-P", str(ROOT / "tests" / "killed.py"), "full", str(number))
    refused = world.install(prefix=killed, check=False)
    assert refused.returncode == 1 and "No space left" in refused.stderr, refused
    assert world.run("--version", prefix=program).stdout == f"bootstrap {__version__}\n"
    now = tree(world.data / "program")
    assert {name: now[name] for name in before} == before
    world.run("uninstall", prefix=program)


def test_on_a_terminal(bare: World, one_file: Path) -> None:
    """There it loads what shows progress, and that what it needs."""
    common = ["--catalogue", str(bare.catalogue), "--port", str(bare.port)]
    for arguments in (["--help"], ["models"], ["install", *common], ["verify"], ["doctor"], ["uninstall"]):
        status, said = on_a_terminal(bare, [str(one_file), *arguments])
        assert status == 0 or arguments == ["doctor"], said
        assert "this is a bug" not in said, said


@pytest.mark.parametrize("after", [0.0, 0.1, 0.23, 0.37, 0.52])
def test_an_interrupt_from_the_keyboard(
    bare: World, one_file: Path, artifacts: Path, tmp_path: Path, after: float
) -> None:
    """It comes twice, from the terminal and from the process that has unpacked the program."""
    before = tree(bare.home)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    bare.environment["TMPDIR"] = str(temporary)
    with mirror.serving(artifacts, 150_000) as slow:
        models, llamafiles = {"tiny-a": "tiny-a.gguf"}, {"0.9.3": "scripted-0.9.3"}
        catalogue = slow.catalogue(tmp_path / "slow.toml", llamafiles, models)
        argv = [str(one_file), "--catalogue", str(catalogue), "--port", str(bare.port)]
        status, said = on_a_terminal(bare, argv, interrupted=b"downloaded llamafile", after=after)
    assert status == 130, said
    assert "Traceback" not in said and "this is a bug" not in said, said
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h"), "the cursor is there again"
    assert "kB" not in said.rpartition("interrupted")[2], "and nothing is drawn after the last word"
    assert not list(temporary.iterdir())
    bare.run("uninstall", prefix=(str(one_file),))
    assert tree(bare.home) == before


@pytest.mark.parametrize("charmap", ["EUC-JP", "GB18030"])
def test_in_an_old_locale(bare: World, one_file: Path, tmp_path: Path, charmap: str) -> None:
    made = ["localedef", "-i", "en_US", "-f", charmap, "-c", str(tmp_path / "zz_ZZ")]
    if not shutil.which("localedef") or subprocess.run(made, check=False, capture_output=True).returncode > 1:
        pytest.skip("no locale can be made here")
    bare.environment |= {"LOCPATH": str(tmp_path), "LC_ALL": "zz_ZZ"}
    assert bare.run("--version", prefix=(str(one_file),)).stdout == f"bootstrap {__version__}\n"


@pytest.mark.parametrize("end", ['exec "$@" >&-', '"$@" | true', 'exec "$@" >/dev/full'])
def test_nothing_is_left_however_its_output_ends(
    bare: World, one_file: Path, tmp_path: Path, end: str
) -> None:
    before = tree(bare.home)
    bare.install(prefix=(str(one_file),))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    bare.environment["TMPDIR"] = str(temporary)
    program = ("sh", "-c", end, "sh", str(bare.home / ".local" / "bin" / "bootstrap"))
    said = bare.run("uninstall", prefix=program, check=False)
    assert "this is a bug" not in said.stderr, said
    assert (tree(bare.home), list(temporary.iterdir())) == (before, [])


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a disk")
@pytest.mark.parametrize("options", ["noexec", "ro", "size=4m"])
def test_an_uninstall_without_a_place_for_its_copy(
    bare: World, one_file: Path, tmp_path: Path, options: str
) -> None:
    before = tree(bare.home)
    bare.install(prefix=(str(one_file),))
    program = str(bare.home / ".local" / "bin" / "bootstrap")
    said = bare.run("uninstall", prefix=with_temporary_disk(bare, tmp_path, options, program))
    assert "nothing is left" in said.stdout
    assert tree(bare.home) == before


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a disk")
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("ro", ""),
        ("noexec", "failed to map segment from shared object"),
        ("size=4m", "Failed to extract"),
    ],
)
def test_the_disk_on_which_it_unpacks_itself(
    bare: World, one_file: Path, tmp_path: Path, options: str, complaint: str
) -> None:
    """What the README says of each. A disk that is read-only is passed over."""
    program = with_temporary_disk(bare, tmp_path, options, str(one_file))
    said = bare.run("--version", prefix=program, check=False)
    assert (said.returncode == 0) == (not complaint), said
    assert complaint in said.stderr
    assert complaint in (ROOT / "README.md").read_text().replace("\n", " ")
    bare.environment["TMPDIR"] = str(bare.home)
    assert bare.run("--version", prefix=(str(one_file),)).stdout == f"bootstrap {__version__}\n"


def test_nothing_that_we_import_is_left_out(dist: Path) -> None:
    """Also what is only imported when it is needed."""
    wanted = set().union(*(imported(path) for path in (ROOT / "bootstrap").rglob("*.py")))
    wanted |= {"_hashlib", "_ssl"}  # OpenSSL, which takes a fraction of the time
    wanted -= {"fcntl", "msvcrt", "pwd"} | set(sys.builtin_module_names)
    look = "from PyInstaller.archive.readers import CArchiveReader as Reader; import io, sys, zipfile\n"
    look += "one = Reader(sys.argv[1])\nfor name in one.toc: print(name.split('/')[-1].split('.')[0])\n"
    look += "for name in ('modules.zip', 'base_library.zip'):\n"
    look += "  for inner in zipfile.ZipFile(io.BytesIO(one.extract(name))).namelist(): print(inner)\n"
    python = ROOT / ".cache" / "build" / "bin" / "python"
    argv = [python, "-c", look, dist / "bootstrap"]
    there = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    names = {name.removesuffix(".pyc").replace("/", ".").removesuffix(".__init__") for name in there}
    assert wanted <= names, wanted - names


@pytest.mark.slow
def test_the_same_bytes_every_time(dist: Path, tmp_path: Path) -> None:
    build = [sys.executable, str(ROOT / "scripts" / "dev.py"), "build", str(tmp_path)]
    subprocess.run(build, check=True, timeout=600, stdout=subprocess.DEVNULL)
    first, second = tree(dist), tree(tmp_path)
    assert set(first) >= {"bootstrap", "bootstrap.pyz"} and len(first) == 4
    assert {name: second.get(name) for name in first} == first


def test_a_wheel_installs_too(dist: Path, world: World, tmp_path: Path) -> None:
    """As pipx and uv do it, but for the libraries, which are here already."""
    wheel = next(dist.glob("*.whl"))
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(packages)
    libraries = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    (packages / "libraries.pth").write_text(f"{libraries}\n")
    python = (str(venv / "bin" / "python"), "-P", "-m", "bootstrap")
    repository = world.repository("work")
    assert "Ready" in world.install("--repo", str(repository), prefix=python).stdout
    program = world.home / ".local" / "bin" / "bootstrap"
    assert str(venv) in program.read_text()
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    assert world.git(repository, "log", "-1", "--format=%s").strip() == "fix: fix the login bug"
    world.run("uninstall", prefix=(str(program),))
    assert not [name for name in tree(world.home) if not name.startswith("work")]


def test_a_bundle_brings_the_program_along(world: World, one_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    fill = ("bundle", str(folder), "--catalogue", str(world.catalogue))
    world.run(*fill, prefix=(str(one_file),))
    program = folder / "bootstrap"
    assert program.read_bytes() == one_file.read_bytes()
    assert "./bootstrap --from ." in (folder / "README.txt").read_text()
    before = tree(folder)
    assert "Nothing to do" in world.run(*fill, prefix=(str(one_file),)).stdout
    assert "Nothing to do" in world.run(*fill, prefix=(str(program),)).stdout
    assert tree(folder) == before
    world.environment["PATH"] = "/usr/bin:/bin"
    wanted = ("install", "--from", ".", "--port", str(world.port))
    done = world.run(*wanted, prefix=(str(program),), cwd=folder)
    assert "Ready: tiny-a answers" in done.stdout
    program.write_bytes(b"the program of last year")
    world.run(*fill, prefix=(str(one_file),))
    assert tree(folder) == before
    world.run("uninstall", prefix=(str(one_file),))


def with_temporary_disk(world: World, directory: Path, options: str, program: str) -> tuple[str, ...]:
    """The program, on a machine where TMPDIR is a disk that was mounted so."""
    disk = directory / "disk"
    disk.mkdir()
    world.environment |= {"TMPDIR": str(disk), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    script = f'mount -t tmpfs -o {options} disk "$0" && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", script, str(disk), program)


def programs(world: World) -> list[str]:
    """The versions that are installed."""
    return sorted(path.name.partition("-")[0] for path in (world.data / "program").iterdir())


def on_a_terminal(
    world: World, argv: list[str], interrupted: bytes = b"", after: float = 0
) -> tuple[int, str]:
    """The status and what is seen; with Ctrl-C so many seconds after a word was."""
    above, below = pty.openpty()
    environment = world.environment | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        argv, env=environment, cwd=world.home, stdin=below, stdout=below, stderr=below,
        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),  # noqa: PLW1509
    )  # fmt: skip
    os.close(below)
    said = b""
    with contextlib.suppress(OSError):  # EIO when the last one has closed it
        while data := os.read(above, 1 << 16):
            said += data
            if interrupted and interrupted in said:
                interrupted = b""
                time.sleep(after)
                os.write(above, b"\x03")
    os.close(above)
    return process.wait(60), said.decode(errors="replace")


def imported(path: Path) -> set[str]:
    """The modules that this one names, of whatever package."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found
