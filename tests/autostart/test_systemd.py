"""systemd's units, read back by systemd's rules and by systemd itself."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.actions import RunCommand, WriteFile
from bootstrap.autostart import systemd, systemd_offline
from bootstrap.autostart.service import Service
from tests.autostart.services import HOMES, PLAIN, service_in


@pytest.fixture(params=HOMES)
def service(request: pytest.FixtureRequest) -> Service:
    return service_in(request.param)


UNIT = """\
[Unit]
Description=Local language model for commit-polish (llamafile)
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
Environment="TMPDIR=/home/ann/.local/share/commit-polish/loader"
Environment="HOME=/home/ann/.local/share/commit-polish/loader"
ExecStart=/bin/sh "/home/ann/.local/share/commit-polish/llamafile/0.9.3/llamafile" "--server" "--nobrowser" \
"--port" "8080" "-m" "/home/ann/.local/share/commit-polish/models/tiny.gguf" "-a" "tiny"
Restart=on-failure
RestartSec=5
TimeoutStopSec=15
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
OOMScoreAdjust=500
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


def test_the_unit() -> None:
    assert systemd.unit(PLAIN) == UNIT


def words(text: str) -> list[str]:
    """systemd.syntax(7), "Quoting", and "%" of systemd.unit(5), as systemd's extract_first_word does it."""
    found: list[str] = []
    rest = text
    while rest := rest.lstrip(" \t"):
        word = ""
        quote = ""
        while rest and (quote or rest[0] not in " \t"):
            character, rest = rest[0], rest[1:]
            if character == quote:
                quote = ""
            elif not quote and not word and character in "\"'":
                quote = character
            elif character == "\\":
                known = {"n": "\n", "r": "\r", "t": "\t", "s": " ", "\\": "\\", '"': '"', "'": "'"}
                word, rest = word + known[rest[0]], rest[1:]
            else:
                word += character
        assert not quote, f"unbalanced quotes: {text}"
        assert not re.search("%[^%]", word.replace("%%", "")), f"a specifier: {word}"
        found.append(word.replace("%%", "%"))
    return found


def command_of(unit: str) -> list[str]:
    """The argument list that systemd makes of ExecStart."""
    program, *arguments = words(one(unit, "ExecStart"))
    assert not any("$" in argument.replace("$$", "") for argument in arguments), "a variable"
    return [program, *(argument.replace("$$", "$") for argument in arguments)]


def one(unit: str, name: str) -> str:
    (line,) = all_of(unit, name)
    return line


def all_of(unit: str, name: str) -> list[str]:
    mark = f"{name}="
    return [line.removeprefix(mark) for line in re.split("[\r\n]", unit) if line.startswith(mark)]


def test_systemd_reads_back_what_was_meant(service: Service) -> None:
    unit = systemd.unit(service)
    assert command_of(unit) == list(service.argv)
    given = [word for line in all_of(unit, "Environment") for word in words(line)]
    assert given == [f"{name}={value}" for name, value in service.environment]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_survives_the_units_quoting(text: str) -> None:
    assert words(systemd.escape(text, "")) == [text]
    assert command_of(f"ExecStart=/bin/sh {systemd.escape(text, '$')}\n") == ["/bin/sh", text]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_has_nothing_to_complain_about(service: Service, tmp_path: Path) -> None:
    path = tmp_path / systemd.UNIT
    path.write_text(systemd.unit(service), "utf-8")
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(path)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    ours = [line for line in done.stderr.splitlines() if systemd.UNIT in line]
    assert (done.returncode, ours) == (0, [])


# ---- a manager that is not there yet ------------------------------------------------------------


def test_the_unit_for_later() -> None:
    unit = systemd_offline.unit(PLAIN)
    assert one(unit, "ExecStart") == '/bin/sh "/home/ann/.local/share/commit-polish/run.sh" "run"'
    assert "Restart=" not in unit, "run.sh does that"
    assert "WantedBy=default.target" in unit


def test_the_script_for_later_is_called_as_it_knows_itself(service: Service) -> None:
    """run.sh tells by its command line whether it runs already."""
    assert command_of(systemd_offline.unit(service)) == ["/bin/sh", str(service.run_script), "run"]


def test_a_unit_goes_where_the_manager_looks() -> None:
    service = replace(PLAIN, config_home=PurePosixPath("/elsewhere"))
    (unit,) = [action for action in systemd.actions(service) if isinstance(action, WriteFile)]
    assert unit.path == PurePosixPath("/elsewhere/systemd/user/commit-polish.service")
    commands = [action for action in systemd.actions(service) if "at login" in action.key]
    assert [("XDG_CONFIG_HOME=/elsewhere" in command.argv) for command in commands] == [True]


def test_lingering_is_asked_for_first_and_only_when_it_is_wanted() -> None:
    def lingering(service: Service) -> list[RunCommand]:
        found = [action for action in systemd.actions(service) if isinstance(action, RunCommand)]
        return [action for action in found if "enable-linger" in " ".join(action.argv)]

    assert lingering(PLAIN) == []
    assert lingering(replace(PLAIN, linger=True, at_login=False)) == []
    (linger,) = lingering(replace(PLAIN, linger=True))
    assert systemd.actions(replace(PLAIN, linger=True))[0] == linger, "it brings the manager"
    assert linger.undo == ("/bin/sh", "-c", 'loginctl disable-linger "$(id -un)"'), "also without a session"
    assert linger.unless_so, "who lingers already goes on when we have gone"
