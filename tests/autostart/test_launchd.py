"""macOS: the agent, read back by plistlib. No Mac was there to try it on; launchctl is acted by a script."""

import os
import plistlib
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from bootstrap.autostart import launchd, launchd_offline
from tests.autostart.services import HOMES, PLAIN, posix, service_in

GOLDEN = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>commit-polish.server</string>
	<key>ProgramArguments</key>
	<array>
		<string>/bin/sh</string>
		<string>/home/ann/.local/share/commit-polish/llamafile/0.9.3/llamafile</string>
		<string>--server</string>
		<string>--nobrowser</string>
		<string>--port</string>
		<string>8080</string>
		<string>-m</string>
		<string>/home/ann/.local/share/commit-polish/models/tiny.gguf</string>
		<string>-a</string>
		<string>tiny</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>ThrottleInterval</key>
	<integer>30</integer>
	<key>ExitTimeOut</key>
	<integer>15</integer>
	<key>EnvironmentVariables</key>
	<dict>
		<key>HOME</key>
		<string>/home/ann/.local/share/commit-polish/loader</string>
		<key>PATH</key>
		<string>/usr/bin:/bin:/usr/sbin:/sbin</string>
		<key>TMPDIR</key>
		<string>/home/ann/.local/share/commit-polish/loader</string>
	</dict>
	<key>StandardOutPath</key>
	<string>/home/ann/Library/Logs/commit-polish/server.log</string>
	<key>StandardErrorPath</key>
	<string>/home/ann/Library/Logs/commit-polish/server.log</string>
	<key>Umask</key>
	<integer>63</integer>
</dict>
</plist>
"""


def test_the_agent() -> None:
    assert launchd.plist(PLAIN) == GOLDEN


def test_a_file_of_the_labels_name_where_launchd_looks() -> None:
    assert launchd.path(PLAIN) == PurePosixPath("/home/ann/Library/LaunchAgents/commit-polish.server.plist")
    off = service_in(PurePosixPath("/home/ann"), at_login=False)
    assert "LaunchAgents" not in str(launchd.path(off)), "launchd loads all that is there"


@pytest.mark.parametrize("home", HOMES)
def test_launchd_reads_back_what_was_meant(home: PurePosixPath) -> None:
    service = service_in(home)
    agent = plistlib.loads(launchd.plist(service).encode())
    assert agent["ProgramArguments"] == list(service.argv)
    assert dict(service.environment).items() <= agent["EnvironmentVariables"].items()
    assert agent["EnvironmentVariables"]["HOME"] == dict(service.environment)["HOME"]
    agent = plistlib.loads(launchd_offline.plist(service).encode())
    assert agent["ProgramArguments"] == ["/bin/sh", str(service.run_script), "run"]


# A launchctl that knows of one agent, in files beside it: loaded, disabled. Words and numbers are those of
# launchctl(1) and of the answers that people quote ("Bootstrap failed: 5: Input/output error").
LAUNCHCTL = """\
#!/bin/sh
state=${0%/*}/state; mkdir -p "$state"
echo "$*" >>"$state/calls"
case $1 in
    bootout)
        [ -e "$state/loaded" ] || { echo "Boot-out failed: 3: No such process" >&2; exit 3; }
        [ ! -e "$state/slow" ] || printf x >"$state/settling"
        if [ -e "$state/slow" ]; then ( sleep 0.3; rm -f "$state/loaded" ) & else rm "$state/loaded"; fi ;;
    print)
        [ -e "$state/loaded" ] || { echo "Could not find service" >&2; exit 113; }
        printf '%s = {\\n\\tstate = running\\n\\n\\tprogram = /bin/sh\\n\\tpid = 4711\\n}\\n' "$2" ;;
    enable) rm -f "$state/disabled" ;;
    bootstrap)
        if [ -e "$state/loaded" ] || [ -e "$state/disabled" ] || [ ! -f "$3" ]; then
            echo "Bootstrap failed: 5: Input/output error" >&2; exit 5
        fi
        if [ -s "$state/settling" ]; then
            : >"$state/settling"; echo "Bootstrap failed: 5: Input/output error" >&2; exit 5
        fi
        touch "$state/loaded" ;;
    kickstart) [ -e "$state/loaded" ] ;;
    print-disabled) [ ! -e "$state/disabled" ] || printf '\t"commit-polish.server" => %s\n' disabled ;;
    *) exit 64 ;;
esac
"""


class Mac:
    """A directory with that launchctl, and a service with its agent written."""

    def __init__(self, place: Path) -> None:
        self.bin = place / "bin"
        self.bin.mkdir(parents=True)
        program = self.bin / "launchctl"
        program.write_text(LAUNCHCTL)
        program.chmod(0o755)
        self.state = self.bin / "state"
        self.state.mkdir()
        self.service = service_in(place / 'it\'s "my" 100% \\home $HOME ë')
        agent = launchd.path(self.service)
        agent.parent.mkdir(parents=True)
        agent.write_text(launchd.plist(self.service), "utf-8")
        self.control = launchd.control(self.service)

    def do(self, argv: tuple[str, ...]) -> tuple[int, str]:
        path = f"{self.bin}:{os.environ['PATH']}"
        done = subprocess.run(
            argv, check=False, capture_output=True, text=True, env={"PATH": path}, timeout=60
        )
        return done.returncode, done.stdout.strip()


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


@posix
def test_a_life(mac: Mac) -> None:
    assert mac.do(mac.control.alive)[0]
    assert mac.do(mac.control.pid) == (0, "")
    assert mac.do(mac.control.start) == (0, "")
    assert mac.do(mac.control.alive) == (0, "")
    assert mac.do(mac.control.pid) == (0, "4711")
    assert mac.do(mac.control.enabled) == (0, "")
    assert mac.do(mac.control.restart) == (0, ""), "loaded already: bootstrap alone would fail with 5"
    assert mac.do(mac.control.stop) == (0, "")
    assert mac.do(mac.control.alive)[0]
    assert mac.do(mac.control.stop) == (0, ""), "what is gone already cannot be stopped"
    domain = f"gui/{os.getuid()}"
    calls = (mac.state / "calls").read_text().splitlines()
    assert f"bootstrap {domain} {launchd.path(mac.service)}" in calls


@posix
def test_what_the_user_has_switched_off_starts_when_asked_to(mac: Mac) -> None:
    (mac.state / "disabled").touch()
    assert mac.do(mac.control.enabled)[0], "it is there, and launchd will not start it"
    assert mac.do(mac.control.start) == (0, "")
    assert mac.do(mac.control.alive) == (0, "")
    assert mac.do(mac.control.enabled) == (0, "")


@posix
def test_a_model_that_is_being_loaded_does_not_start_anew(mac: Mac) -> None:
    mac.do(mac.control.start)
    before = (mac.state / "calls").read_text()
    assert mac.do(mac.control.start) == (0, "")
    assert "bootout" not in (mac.state / "calls").read_text().removeprefix(before)


@posix
def test_an_agent_that_takes_its_time_to_go_is_waited_for(mac: Mac) -> None:
    mac.do(mac.control.start)
    (mac.state / "slow").touch()
    assert mac.do(mac.control.restart) == (0, "")
    assert (mac.state / "calls").read_text().count("bootstrap ") == 3, "and its label may take longer"
    assert mac.do(mac.control.stop) == (0, "")
    assert not (mac.state / "loaded").exists()
