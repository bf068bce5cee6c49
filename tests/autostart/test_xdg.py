"""The desktop's autostart entry, read back by the rules of the Desktop Entry Specification."""

import configparser
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from bootstrap.autostart import xdg
from tests.autostart.services import HOSTILE, PLAIN, service_in

GOLDEN = """\
[Desktop Entry]
Type=Application
Name=Local language model
Comment=Answers commit-polish and other programs on this machine (llamafile)
Exec=/bin/sh /home/ann/.local/share/commit-polish/run.sh run
TryExec=/bin/sh
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
"""


def test_the_entry() -> None:
    assert xdg.entry(PLAIN) == GOLDEN


def test_a_reader_of_key_files_finds_the_command() -> None:
    reader = configparser.RawConfigParser(delimiters=("=",), strict=True)
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    reader.read_string(xdg.entry(PLAIN))
    words = reader["Desktop Entry"]["Exec"].split(" ")
    assert words == ["/bin/sh", str(PLAIN.run_script), "run"]


DISPUTED = [name for kind, name in HOSTILE.items() if kind not in {"plain", "dashes"}]


@pytest.mark.parametrize("name", [*DISPUTED, "a@b", "a=b"])
def test_a_path_that_readers_disagree_about_is_not_named(name: str) -> None:
    assert not xdg.can_name(service_in(PurePosixPath("/home", name)).run_script)


@pytest.mark.parametrize("name", ["ann", "a.b-c_d", "A1"])
def test_ordinary_paths_are(name: str) -> None:
    assert xdg.can_name(service_in(PurePosixPath("/home", name)).run_script)


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop-file-utils is not installed")
def test_the_validator_has_nothing_to_complain_about(tmp_path: Path) -> None:
    path = tmp_path / xdg.NAME
    path.write_text(xdg.entry(PLAIN))
    done = subprocess.run(["desktop-file-validate", str(path)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
