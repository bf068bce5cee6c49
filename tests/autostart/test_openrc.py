"""OpenRC's service script, read back as supervise-daemon.sh reads it: words, patterns, then quotes."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from bootstrap.autostart import openrc
from tests.autostart.services import HOSTILE, PLAIN, posix, service_in

GOLDEN = """\
#!/sbin/openrc-run
# Written by bootstrap, which also removes it: what you change here is lost.

name="commit-polish"
description="Local language model for commit-polish (llamafile)"
supervisor=supervise-daemon
respawn_delay=5
respawn_max=5
respawn_period=300
retry=TERM/15/KILL/5
umask=077
log=/home/ann/.local/state/commit-polish/logs/server.log
output_log='"$log"'
error_log='"$log"'
export TMPDIR=/home/ann/.local/share/commit-polish/loader
export HOME=/home/ann/.local/share/commit-polish/loader
word_0=/home/ann/.local/share/commit-polish/llamafile/0.9.3/llamafile
word_1=--server
word_2=--nobrowser
word_3=--port
word_4=8080
word_5=-m
word_6=/home/ann/.local/share/commit-polish/models/tiny.gguf
word_7=-a
word_8=tiny
command=/bin/sh
command_args='"$word_0" "$word_1" "$word_2" "$word_3" "$word_4" "$word_5" "$word_6" "$word_7" "$word_8"'
"""

# what its supervise_start does with these variables: they are not quoted, and eval joins what comes of it
READER = """\
. "$1"
cd /
eval show --stdout $output_log --stderr $error_log $command -- $command_args
"""


def test_the_script() -> None:
    assert openrc.script(PLAIN) == GOLDEN


@posix
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_openrc_reads_back_what_was_meant(name: str, tmp_path: Path) -> None:
    service = service_in(PurePosixPath("/home", name))
    script = tmp_path / "commit-polish"
    script.write_text(openrc.script(service), "utf-8")
    show = 'show() { printf "%s\\0" "$TMPDIR" "$@"; }\n'
    done = subprocess.run(
        ["/bin/sh", "-c", show + READER, "sh", str(script)], check=True, capture_output=True
    )
    log = str(service.logs / "server.log")
    wanted = [dict(service.environment)["TMPDIR"], "--stdout", log, "--stderr", log]
    wanted += [service.argv[0], "--", *service.argv[1:]]
    assert done.stdout.decode().split("\0")[:-1] == wanted
