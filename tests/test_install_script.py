"""install.sh, which a person pipes into a shell, at work under every shell that is here; and install.ps1."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mirror
from tests.world import ROOT

SCRIPT = ROOT / "scripts" / "install.sh"
POWERSHELL_SCRIPT = ROOT / "scripts" / "install.ps1"
SHELLS = [
    ("sh",), ("dash",), ("bash", "--posix"), ("bash",), ("busybox", "ash"), ("mksh",), ("ksh93",),
    ("yash", "-o", "posixly-correct"), ("yash",), ("posh",), ("zsh", "--emulate", "sh"), ("zsh",),
]  # fmt: skip
NAMES = [
    *(f"bootstrap-{os}-{arch}" for os in ("linux", "macos", "freebsd") for arch in ("amd64", "arm64")),
    "bootstrap-netbsd-amd64",
    "bootstrap-openbsd-amd64",
    "bootstrap-windows-amd64.exe",
    "bootstrap-windows-arm64.exe",
]
HOSTILE = ["--model", "a b", "", "it's", '"$HOME" `id`', "\\n\\\\", "*", "-n", "a\nb\n", "ë ✓", "--help"]

# It notes down how it was called and what it was given to read.
PROGRAM = """\
#!/bin/sh
# {name}
printf '%s\\0' "$0" "$TMPDIR" "$@" >"$RECORD/argv"
cat >"$RECORD/stdin"
echo "this is {name}"
exit "${{STATUS-0}}"
"""
PYTHON_PROGRAM = """\
import os, pathlib, sys
record = pathlib.Path(os.environ["RECORD"])
argv = [sys.argv[0], os.environ["TMPDIR"], *sys.argv[1:]]
(record / "argv").write_bytes(b"".join(os.fsencode(word) + b"\\0" for word in argv))
(record / "stdin").write_bytes(sys.stdin.buffer.read())
sys.exit(int(os.environ.get("STATUS", "0")))
"""
NEEDED = ["[", "cat", "chmod", "kill", "mkdir", "mktemp", "printf", "rm", "sh", "sleep"]

posix = pytest.mark.skipif(os.name == "nt", reason="for a POSIX shell")


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """On a Debian of ours all shells are there; elsewhere those that are not are skipped."""
    if os.name != "nt" and shutil.which("bash"):
        subprocess.run([ROOT / "tests" / "rigs" / "shells"], check=False, capture_output=True, timeout=300)


@pytest.fixture(scope="module", autouse=os.name != "nt")
def heard() -> Iterator[None]:
    """Below nohup, or in the background of a script, all that is started would be deaf to these."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGQUIT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(params=SHELLS, ids=" ".join)
def shell(request) -> tuple[str, ...]:
    return found(*request.param)


def found(name: str, *options: str) -> tuple[str, ...]:
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed here")
    return (path, *options)


class Release:
    """A release on loopback and a machine that is to run it: Linux on AMD64, or what `play` makes of it.

    tools: the only directory in PATH; temporary: where the script has room; record: what the program saw.
    """

    def __init__(self, directory: Path, server: mirror.Mirror) -> None:
        self.files, self.tools, self.record, self.home = (
            directory / name for name in ("files", "tools", "record", "home")
        )
        self.temporary = directory / 'it\'s a "tmp" $HOME %s \\n ë'
        self.loaders = directory / "loaders"
        for path in (self.files, self.tools, self.record, self.home, self.temporary, self.loaders):
            path.mkdir()
        self.server = server
        self.server.directory, self.server.rate = self.files, None
        self.server.requests.clear()
        for name in NAMES:
            (self.files / name).write_text(PROGRAM.format(name=name))
        with zipfile.ZipFile(self.files / "bootstrap.pyz", "w") as archive:
            archive.writestr("__main__.py", PYTHON_PROGRAM)
        self.sums(*NAMES, "bootstrap.pyz")
        self.link(*NEEDED, "curl", "sha256sum" if shutil.which("sha256sum") else "shasum")
        self.play("Linux", "x86_64")
        self.tool("ldd", "echo 'ldd (GNU libc) 2.36'")
        for name in ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"):
            (self.loaders / name).touch()
        text = SCRIPT.read_text("utf-8")
        for real in ("/lib64/ld-linux", "/lib/ld-linux"):
            assert real in text
            text = text.replace(real, f"{self.loaders}/ld-linux")
        self.script = directory / "install.sh"
        self.script.write_text(text, "utf-8")

    def sums(self, *names: str) -> None:
        digests = {name: hashlib.sha256((self.files / name).read_bytes()).hexdigest() for name in names}
        lines = [f"{digest}  {name}\n" for name, digest in digests.items()]
        (self.files / "SHA256SUMS").write_text("".join(lines))

    def spoil(self, name: str) -> None:
        """As somebody on the way would."""
        with (self.files / name).open("a") as file:
            file.write("# \n")

    def link(self, *names: str) -> None:
        for name in names:
            path = shutil.which(name)
            if not path:
                pytest.skip(f"{name} is not installed here")
            (self.tools / name).symlink_to(path)

    def unlink(self, *names: str) -> None:
        for name in names:
            (self.tools / name).unlink(missing_ok=True)

    def tool(self, name: str, text: str) -> None:
        path = self.tools / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def play(self, system: str, processor: str) -> None:
        self.tool("uname", f"case $1 in -s) echo {system} ;; -m) echo {processor} ;; esac")

    def python(self) -> None:
        self.tool("python3", f"exec '{sys.executable}' \"$@\"")

    def start(
        self, *arguments: str, shell=("sh",), piped=False, before=(), script="", **options
    ) -> subprocess.Popen[str]:
        """Run the script as a file, or as `curl | sh -s` does; before: a program that starts the shell."""
        source = ("-s", "--") if piped else (script or str(self.script),)
        environment = {
            "PATH": str(self.tools),
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "RECORD": str(self.record),
            "BOOTSTRAP_RELEASE": self.server.url,
            "LC_ALL": "C.UTF-8",
        } | options.pop("env", {})
        command = [*found(*shell), *source, *arguments]
        if piped and shell[0].endswith("posh"):  # it has no -s
            del command[1:]
        defaults = {
            "stdin": self.script.open("rb") if piped else subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "start_new_session": True,  # there is no /dev/tty
            "cwd": self.home,
            "env": {name: value for name, value in environment.items() if value is not None},
        }
        process = subprocess.Popen([*before, *command], **defaults | options)
        if piped:
            defaults["stdin"].close()
        return process

    def run(self, *arguments: str, status: int = 0, **options) -> str:
        """What the script and the program say on standard error. Nothing may be left behind."""
        given = options.pop("input", None)
        if given is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **options)
        self.said, errors = process.communicate(given, timeout=30)
        assert process.returncode == status, errors
        assert list(self.temporary.iterdir()) == []
        return errors

    def refused(self, *arguments: str, status: int = 1, **options) -> str:
        """The error and the help of a run that started no program."""
        errors = self.run(*arguments, status=status, **options)
        assert self.started is None
        (error, hint) = errors.splitlines()[-2:]
        assert error.startswith("error: ") and hint.startswith("help: "), errors
        assert self.said == ""
        return errors

    @property
    def started(self) -> str | None:
        """The name of the program that was started."""
        return Path(self.argv[0]).name if (self.record / "argv").exists() else None

    @property
    def argv(self) -> list[str]:
        """The program, its TMPDIR and its arguments."""
        return os.fsdecode((self.record / "argv").read_bytes()).split("\0")[:-1]

    @property
    def stdin(self) -> str:
        return (self.record / "stdin").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mirror.Mirror]:
    with mirror.serving(tmp_path_factory.mktemp("nothing")) as running:
        yield running


@pytest.fixture
def release(tmp_path: Path, server: mirror.Mirror) -> Release:
    return Release(tmp_path, server)


def wait(condition, what: str, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


# ---- what it is for ---------------------------------------------------------------------------


@posix
def test_piped_into_a_shell(release: Release, shell: tuple[str, ...]) -> None:
    arguments = [] if "posh" in shell[0] else HOSTILE
    errors = release.run(*arguments, shell=shell, piped=True, status=7, env={"STATUS": "7"})
    assert errors == "downloading bootstrap-linux-amd64 …\n"
    assert release.said == "this is bootstrap-linux-amd64\n"
    program, temporary, *seen = release.argv
    assert seen == arguments
    assert Path(program).parent.parent == release.temporary
    assert temporary == str(release.temporary)
    assert release.stdin == ""
    assert release.server.requests == ["/SHA256SUMS", "/bootstrap-linux-amd64"]


@posix
def test_as_a_file(release: Release, shell: tuple[str, ...]) -> None:
    """Also under a shell that ends at the first error."""
    release.run(*HOSTILE, shell=(*shell, "-eu"), status=7, env={"STATUS": "7"}, input="an answer\n")
    assert release.argv[2:] == HOSTILE
    assert release.stdin == "an answer\n"


@posix
def test_as_an_argument(release: Release) -> None:
    """sh -c "$(curl …)" sh ARGUMENT…"""
    environment = ("sh", "-c", release.script.read_text("utf-8"))
    release.run(*HOSTILE, shell=environment, input="an answer\n", script="sh")
    assert (release.argv[2:], release.stdin) == (HOSTILE, "an answer\n")


@posix
@pytest.mark.parametrize("status", [0, 1, 2, 126, 127, 130, 255])
def test_the_status_of_the_program_is_passed_on(release: Release, status: int) -> None:
    release.run(status=status, env={"STATUS": str(status)}, piped=True)
    assert release.started


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="how a session gets its terminal")
def test_the_program_can_ask_the_person_at_the_terminal(release: Release) -> None:
    (release.files / "bootstrap-linux-amd64").write_text(
        '#!/bin/sh\nread -r line\necho "$line" >"$RECORD/stdin"\n'
    )
    release.sums("bootstrap-linux-amd64")
    person, terminal = os.openpty()
    # who leads a session and opens a terminal has it from then on
    leader = ("/bin/sh", "-c", f'exec 3<>{os.ttyname(terminal)} && "$@"', "sh")
    process = release.start(piped=True, before=leader)
    os.write(person, b"yes, please\n")
    _, errors = process.communicate(timeout=30)
    os.close(person)
    os.close(terminal)
    assert process.returncode == 0, errors
    assert release.stdin == "yes, please\n"


# ---- what it must never do --------------------------------------------------------------------


@posix
def test_a_wrong_checksum_starts_nothing(release: Release, shell: tuple[str, ...]) -> None:
    release.spoil("bootstrap-linux-amd64")
    errors = release.refused(shell=shell, piped=True)
    assert "error: bootstrap-linux-amd64 has a wrong checksum: nothing was started\n" in errors


@posix
def test_a_wrong_checksum_of_the_program_for_python(release: Release) -> None:
    release.play("Linux", "riscv64")
    release.python()
    release.spoil("bootstrap.pyz")
    assert "bootstrap.pyz has a wrong checksum" in release.refused()


CHECKSUM_TOOLS = ["sha256sum", "shasum", "openssl"]


@posix
@pytest.mark.parametrize("spoilt", [False, True])
@pytest.mark.parametrize("name", [*CHECKSUM_TOOLS, "busybox sha256sum", "sha256"])
def test_every_tool_that_compares(release: Release, name: str, spoilt: bool) -> None:
    release.unlink(*CHECKSUM_TOOLS)
    if name == "sha256":  # no machine here has the one of the BSDs, so it is played
        text = "import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
        release.tool(name, f"[ \"$*\" = -q ] || exit 1\nexec '{sys.executable}' -c '{text}'")
    elif " " in name:
        release.tool("sha256sum", f'exec {found("busybox")[0]} sha256sum "$@"')
    else:
        release.link(name)
        if name == "shasum":
            release.link("perl")
            release.tool(name, f'exec {shutil.which("perl")} {shutil.which("shasum")} "$@"')
    if spoilt:
        release.spoil("bootstrap-linux-amd64")
        assert "wrong checksum" in release.refused()
    else:
        release.run()
        assert release.started


@posix
def test_without_such_a_tool_it_refuses(release: Release) -> None:
    release.unlink(*CHECKSUM_TOOLS)
    assert "nothing is here to compare the checksum with" in release.refused()


@posix
@pytest.mark.parametrize("text", ["exit 1", "echo", "cat", "echo 0 -", f"echo {'0' * 64}"])
def test_a_tool_that_does_not_work_makes_nothing_right(release: Release, text: str) -> None:
    release.tool("sha256sum", text)
    assert "wrong checksum" in release.refused()


@posix
@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>no such release</html>\n",
        f"{'0' * 64}  bootstrap-linux-arm64\n",
        f"{'0' * 64}  bootstrap-linux-amd64.old\n",
        "  bootstrap-linux-amd64\n",
        f"{'0' * 63}  bootstrap-linux-amd64\n",
        f"{'x' * 64}  bootstrap-linux-amd64\n",
        f"{'0' * 64}",
    ],
)
def test_a_file_without_a_checksum_is_not_even_downloaded(release: Release, text: str) -> None:
    (release.files / "SHA256SUMS").write_text(text)
    assert "SHA256SUMS has no checksum for bootstrap-linux-amd64" in release.refused()
    assert release.server.requests == ["/SHA256SUMS"]


@posix
@pytest.mark.parametrize("name", ["SHA256SUMS", "bootstrap-linux-amd64"])
def test_a_file_that_is_not_there(release: Release, name: str) -> None:
    (release.files / name).unlink()
    assert f"/{name} could not be downloaded" in release.refused()


@posix
def test_no_server(release: Release) -> None:
    errors = release.refused(env={"BOOTSTRAP_RELEASE": "http://127.0.0.1:1"})
    assert "http://127.0.0.1:1/SHA256SUMS could not be downloaded" in errors


@posix
def test_half_a_script_does_nothing(release: Release) -> None:
    """However much of it arrived: cut after any line, or anywhere in the last one."""
    whole = release.script.read_bytes()
    lines = whole.splitlines(keepends=True)
    last = len(whole) - len(lines[-1])
    cuts = [sum(map(len, lines[:number])) for number in range(1, len(lines))]
    for cut in [*cuts, *range(last, len(whole.rstrip()))]:
        release.script.write_bytes(whole[:cut])
        process = release.start("--model", "x", piped=True)
        process.communicate(timeout=30)
        assert release.server.requests == [], whole[:cut][-80:]
    release.script.write_bytes(whole.rstrip())
    release.run("--model", "x", piped=True)
    assert release.argv[2:] == ["--model", "x"]


@posix
def test_half_of_the_last_line_does_nothing_under_any_shell(release: Release, shell: tuple[str, ...]) -> None:
    whole = release.script.read_bytes().rstrip()
    for cut in range(len(whole) - len(whole.splitlines()[-1]), len(whole)):
        release.script.write_bytes(whole[:cut])
        process = release.start(shell=shell, piped=True)
        process.communicate(timeout=30)
        assert release.server.requests == [], whole[:cut][-80:]


# ---- where it downloads from ------------------------------------------------------------------


@pytest.mark.parametrize("script", [SCRIPT, POWERSHELL_SCRIPT], ids=lambda path: path.name)
def test_there_is_one_place_for_the_address(script: Path) -> None:
    assert script.read_text("utf-8").count("@RELEASE@") == 1


@posix
def test_the_address_that_the_release_fills_in(release: Release) -> None:
    release.script.write_text(release.script.read_text("utf-8").replace("@RELEASE@", release.server.url))
    release.run(env={"BOOTSTRAP_RELEASE": None})
    assert release.started


@posix
def test_a_script_without_an_address_says_so(release: Release) -> None:
    errors = release.refused(env={"BOOTSTRAP_RELEASE": None}, status=2)
    assert errors == (
        "error: this script has no address to download from\n"
        "help: set BOOTSTRAP_RELEASE to the https address of a release\n"
    )


@posix
@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "http://127.0.0.1.example.org/",
        "http://127.0.0.1:80@example.org/",
        "http://localhost.example.org",
        "http://127.0.0.1",
        "ftp://127.0.0.1/",
        "file:///tmp",
        "https://",
        "-o/tmp/x",
        " https://example.org",
    ],
)
def test_an_address_that_others_can_listen_to_is_refused(release: Release, address: str) -> None:
    release.tool("curl", 'echo "$*" >"$RECORD/curl"')
    errors = release.refused(env={"BOOTSTRAP_RELEASE": address}, status=2)
    assert f"error: BOOTSTRAP_RELEASE is {address.rstrip('/')}" in errors
    assert not (release.record / "curl").exists()


@posix
def test_curl_may_take_nothing_but_a_new_enough_https(release: Release) -> None:
    """Also where it is sent elsewhere. This curl is played: there is no certificate to serve https with."""
    release.tool(
        "curl",
        f'echo "$*" >>"$RECORD/curl"\nfor url; do :; done\nexec cat "{release.files}/${{url##*/}}"',
    )
    release.run(env={"BOOTSTRAP_RELEASE": "https://example.org/releases/"})
    calls = (release.record / "curl").read_text().splitlines()
    assert [call.split()[-1] for call in calls] == [
        "https://example.org/releases/SHA256SUMS",
        "https://example.org/releases/bootstrap-linux-amd64",
    ]
    assert all("--fail" in call and "--proto =https --tlsv1.2" in call for call in calls)


# What is played has the options of the real one, and curl inside.
PLAYED = {
    "fetch": '[ "$1 $2 $3" = "-q -o -" ] && [ $# = 4 ] || exit 64\nexec {curl} -sf "$4"',
    "ftp": '[ "$1 $2 $3" = "-V -o -" ] && [ $# = 4 ] || exit 64\nexec {curl} -sf "$4"',
}


@posix
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("name", ["curl", "wget", "busybox wget", "tnftp", *PLAYED])
def test_every_downloader(release: Release, name: str, there: bool) -> None:
    """tnftp is the `ftp` of NetBSD. With each, a file that is not there is an error."""
    release.unlink("curl")
    if name in PLAYED:
        release.tool(name, PLAYED[name].format(curl=found("curl")[0]))
    elif name == "tnftp":
        release.tool("ftp", f'exec {found("tnftp")[0]} "$@"')
    elif " " in name:
        release.tool("wget", f'exec {found("busybox")[0]} wget "$@"')
    else:
        release.link(name)
    if there:
        release.run("one", "two")
        assert release.argv[2:] == ["one", "two"]
    else:
        (release.files / "bootstrap-linux-amd64").unlink()
        assert "/bootstrap-linux-amd64 could not be downloaded" in release.refused()


@posix
def test_without_a_downloader(release: Release) -> None:
    release.unlink("curl")
    assert "nothing is here to download with" in release.refused()


# ---- which file -------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("system", "processor", "name"),
    [
        ("Linux", "x86_64", "bootstrap-linux-amd64"),
        ("Linux", "aarch64", "bootstrap-linux-arm64"),
        ("Darwin", "arm64", "bootstrap-macos-arm64"),
        ("Darwin", "x86_64", "bootstrap-macos-amd64"),
        ("FreeBSD", "amd64", "bootstrap-freebsd-amd64"),
        ("FreeBSD", "arm64", "bootstrap-freebsd-arm64"),
        ("NetBSD", "amd64", "bootstrap-netbsd-amd64"),
        ("OpenBSD", "amd64", "bootstrap-openbsd-amd64"),
        ("OpenBSD", "arm64", "bootstrap.pyz"),
        ("Linux", "riscv64", "bootstrap.pyz"),
        ("SunOS", "i86pc", "bootstrap.pyz"),
    ],
)
def test_the_file_for_this_machine(release: Release, system: str, processor: str, name: str) -> None:
    """uname is played, so that every machine can be tested anywhere."""
    release.play(system, processor)
    release.python()
    release.run(*HOSTILE, status=7, env={"STATUS": "7"}, piped=True)
    assert release.started == name
    assert release.argv[2:] == HOSTILE


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="the name of the file")
def test_the_real_machine(release: Release) -> None:
    release.unlink("uname", "ldd")
    release.link("uname")
    release.python()
    release.script.write_bytes(SCRIPT.read_bytes())
    release.run()
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    assert release.started in {f"bootstrap-linux-{arch}", "bootstrap.pyz"}


@posix
@pytest.mark.parametrize(("answer", "arch"), [("1", "arm64"), ("0", "amd64")])
def test_a_shell_under_rosetta(release: Release, answer: str, arch: str) -> None:
    release.play("Darwin", "x86_64")
    release.tool("sysctl", f'[ "$*" = "-n hw.optional.arm64" ] && echo {answer}')
    release.run()
    assert release.started == f"bootstrap-macos-{arch}"


def musl(release: Release) -> None:
    release.tool("ldd", "echo 'musl libc (x86_64)' >&2; exit 1")


def no_loader(release: Release) -> None:
    (release.loaders / "ld-linux-x86-64.so.2").unlink()


def half_the_bits(release: Release) -> None:
    release.tool("getconf", '[ "$*" = LONG_BIT ] && echo 32')


@posix
@pytest.mark.parametrize("machine", [musl, no_loader, half_the_bits])
def test_a_linux_that_cannot_run_the_program(release: Release, machine) -> None:
    machine(release)
    errors = release.refused()
    assert "this Linux has no GNU C library for amd64, so Python is needed, 3.11 or newer" in errors
    release.tool("python3", "exit 1")  # as an old one says
    release.refused()
    assert "/bootstrap.pyz" not in release.server.requests
    release.tool("python3.12", f"exec '{sys.executable}' \"$@\"")
    assert release.run() == "downloading bootstrap.pyz …\n"
    assert release.started == "bootstrap.pyz"


@posix
def test_a_release_without_a_file_for_this_machine(release: Release) -> None:
    release.sums("bootstrap-linux-arm64", "bootstrap.pyz")
    errors = release.refused()
    assert "there is no program for Linux on x86_64, so Python is needed, 3.11 or newer" in errors
    release.python()
    release.run()
    assert release.started == "bootstrap.pyz"


@posix
@pytest.mark.parametrize("system", ["MINGW64_NT-10.0", "MSYS_NT-10.0", "CYGWIN_NT-10.0"])
def test_windows_has_a_script_of_its_own(release: Release, system: str) -> None:
    release.play(system, "x86_64")
    assert f"irm {release.server.url}/install.ps1 | iex" in release.refused()


# ---- room for it ------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "HOME"])
def test_where_there_is_no_room_it_takes_the_cache(release: Release, variable: str) -> None:
    place = release.home / "a 'cache'"
    release.run(env={"TMPDIR": str(release.home / "nowhere"), variable: str(place)})
    cache = place / (".cache" if variable == "HOME" else "")
    assert Path(release.argv[0]).parent.parent == cache
    assert list(cache.iterdir()) == []


@posix
def test_no_room_anywhere(release: Release) -> None:
    file = release.home / "file"
    file.touch()
    errors = release.refused(env={"TMPDIR": str(file), "HOME": str(file)})
    assert f"programs can be put and started neither in {file} nor in {file}/.cache" in errors


@posix
def test_a_relative_tmpdir(release: Release) -> None:
    (release.home / "-tmp").mkdir()
    release.run(env={"TMPDIR": "-tmp"})
    assert Path(release.argv[0]).parent.parent == release.home / "-tmp"
    assert list((release.home / "-tmp").iterdir()) == []


# Only inside can be seen what was left there: it is status 99.
NOEXEC = """\
mount -t tmpfs -o noexec none "$TMPDIR" || exit 98
PATH=$1
shift
"$@"
status=$?
set -- "$TMPDIR"/*
[ ! -e "$1" ] || exit 99
exit "$status"
"""


@posix
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting needs root on Linux")
def test_a_disk_that_starts_no_programs(release: Release) -> None:
    private = ("unshare", "--mount", "--propagation", "private")
    if not shutil.which("unshare") or subprocess.run([*private, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody make namespaces")
    before = (*private, "/bin/sh", "-c", NOEXEC, "sh", str(release.tools))
    path = {"PATH": os.environ["PATH"]}
    release.run(before=before, env=path)
    program, temporary = release.argv
    assert Path(program).parent.parent == release.home / ".cache"
    assert temporary == str(Path(program).parent), "the program unpacks itself there"
    assert list((release.home / ".cache").iterdir()) == []
    (release.record / "argv").unlink()
    nowhere = str(release.files / "SHA256SUMS")
    errors = release.refused(before=before, env=path | {"HOME": nowhere})
    assert "set TMPDIR to a directory of yours on a disk that is not mounted noexec" in errors
    musl(release)
    release.python()
    release.run(before=before, env=path | {"HOME": nowhere})
    assert release.started == "bootstrap.pyz", "Python starts it from any disk"


# ---- signals ----------------------------------------------------------------------------------

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)


@posix
@SIGNALS
def test_a_signal_during_the_download(release: Release, shell: tuple[str, ...], number: int) -> None:
    interrupt(release, number, shell)


@posix
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE])
def test_a_rarer_signal_during_the_download(release: Release, number: int) -> None:
    interrupt(release, number, ("sh",))


def interrupt(release: Release, number: int, shell: tuple[str, ...]) -> None:
    """The signal comes to the shell alone, and the shell ends what it has started."""
    (release.files / "bootstrap-linux-amd64").write_bytes(b"#" * 10_000_000)
    release.server.rate = 50_000
    process = release.start(shell=shell)
    wait(lambda: "/bootstrap-linux-amd64" in release.server.requests, "no download")
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)  # which waits for the downloader, too
    assert process.returncode == 128 + number, errors
    assert list(release.temporary.iterdir()) == []
    assert release.started is None


@posix
@SIGNALS
@pytest.mark.parametrize("listens", [True, False])
def test_a_signal_from_the_terminal_is_for_the_program(
    release: Release, shell: tuple[str, ...], number: int, listens: bool
) -> None:
    """It has the last word on how it all ends."""
    trap = "trap 'exit 7' INT TERM\n" if listens else ""
    text = f'#!/bin/sh\n{trap}echo "$0" >"$RECORD/ready"\nwhile :; do sleep 0.02; done\n'
    (release.files / "bootstrap-linux-amd64").write_text(text)
    release.sums("bootstrap-linux-amd64")
    process = release.start(shell=shell)
    wait((release.record / "ready").exists, "not started")
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == (7 if listens else 128 + number), errors
    assert list(release.temporary.iterdir()) == []


# ---- the text ---------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "linter", [("shellcheck", "-s", "sh"), ("checkbashisms", "-x", "-f")], ids=lambda x: x[0]
)
def test_linters(linter: tuple[str, ...]) -> None:
    done = subprocess.run([*found(*linter), SCRIPT], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- install.ps1 ------------------------------------------------------------------------------


def parsed(text: bytes):
    """Its tree, by a grammar of the language that is not PowerShell's own: no PowerShell is here."""
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text).root_node


def test_the_grammar_of_the_powershell_script() -> None:
    assert not parsed(POWERSHELL_SCRIPT.read_bytes()).has_error


def test_half_a_powershell_script_does_nothing() -> None:
    """There is a function and, at the end, a block that calls it: half of a block is no PowerShell."""
    text = POWERSHELL_SCRIPT.read_bytes().rstrip()
    (statements,) = (child for child in parsed(text).children if child.type != "comment")
    function, block = (child for child in statements.children if child.type != "comment")
    assert (function.type, block.type) == ("function_statement", "if_statement")
    assert block.end_byte == len(text)
    for cut in range(block.start_byte + len("if"), len(text)):
        assert parsed(text[:cut]).has_error, text[block.start_byte : cut]


def test_windows_powershell_takes_a_file_without_a_mark_for_ansi() -> None:
    POWERSHELL_SCRIPT.read_text("ascii")
