"""A user who has podman, and an image by the name of llama.cpp's: the rig podman.

podman is real, without root, and so is the registry; in the image is what imitates llama.cpp's server.
"""

import contextlib
import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.rigs.scenarios.engines import DEAF, ENGINES, IMAGE, LISTENS
from tests.rigs.scenarios.seen import command, wait
from tests.world import free_port

PODMAN = ENGINES["podman"]
CONTAINER = UNIT = "commit-polish"
# As a unit for podman has to be. It has none of the settings that imply NoNewPrivileges=, as that of a plain
# program has: newuidmap could not do its work.
# ExecStartPre: the process that keeps podman's user namespace is not to be born in the unit and die with it.
# --cgroups=split, Delegate: the server is in the unit, so that it ends with it however podman fares.
# ExecStopPost: no container stays behind a podman that was killed, or was stopped in the middle of its start.
KEPT = f"""\
ExecStartPre=-/usr/bin/podman rm --force --ignore --time 0 {CONTAINER}
ExecStopPost=-/usr/bin/podman rm --force --ignore --time 0 {CONTAINER}
Delegate=yes
Restart=on-failure
RestartSec=1
TimeoutStopSec=4
"""
# The health check asks on port 8080 every 30 s, fails, and leaves a failed unit; podman's own log is a second
# one; the rest makes up for what the unit may not forbid.
OPTIONS = (
    *("--cgroups=split", "--no-healthcheck", "--log-driver=none"),
    *("--cap-drop=all", "--security-opt=no-new-privileges", "--read-only"),
)


def service() -> None:
    """The image under a user unit: a completion from outside, a stop, and nothing is left."""
    with PODMAN.image(), unit(KEPT, *OPTIONS) as port:
        systemctl("start")
        answers(port, "tiny")
        assert complete(port) == complete(port, stream=True) == "ok"
        assert PODMAN.names() == [CONTAINER]
        systemctl("stop")
        PODMAN.gone()


def mishaps() -> None:
    """Whoever is killed, it comes back once; and when it is stopped, also one that is deaf, or at once."""
    with PODMAN.image(), unit(KEPT, *OPTIONS) as port:
        systemctl("start")
        for victim in (main, PODMAN.server, main):
            answers(port, "tiny")
            before = PODMAN.server()
            os.kill(victim(), signal.SIGKILL)
            wait(lambda before=before: PODMAN.server() not in {0, before}, "started again")
        answers(port, "tiny")
        assert PODMAN.names() == [CONTAINER]
        command("relogin")  # which ends all there is, and starts what is enabled: nothing
        PODMAN.gone()
        for pause in range(0, 40, 8):
            systemctl("start")
            time.sleep(pause / 100)
            systemctl("stop")
            PODMAN.gone()
    with PODMAN.image(DEAF), unit(KEPT, *OPTIONS) as port:
        systemctl("start")
        wait(lambda: LISTENS in LOG.read_text(), "it listens")
        systemctl("stop")
        PODMAN.gone()


def needs_new_privileges() -> None:
    """The settings that suit a plain program: below them podman cannot begin, unless it has run before."""
    with PODMAN.image():
        for setting in ("NoNewPrivileges=yes", "SystemCallArchitectures=native", "RestrictRealtime=yes"):
            with unit(setting + "\n"):
                command("relogin")
                systemctl("start")
                wait(lambda: shown("ActiveState") == "failed", f"failed with {setting}")
                assert "newuidmap" in LOG.read_text()
        with unit("OOMScoreAdjust=500\nNice=10\nUMask=0077\n") as port:
            command("relogin")
            systemctl("start")
            answers(port, "tiny")
            systemctl("stop")
            PODMAN.gone()


def pull() -> None:
    """From a registry: the digest is the registry's, and after `rmi` the name is unknown."""
    with PODMAN.image(), PODMAN.registry() as digest:
        command("podman", "rmi", IMAGE)
        assert not PODMAN.exists()
        command("podman", "pull", "--quiet", IMAGE)
        assert PODMAN.exists() and inspect("Digest") == digest
        with unit(KEPT, *OPTIONS) as port:
            systemctl("start")
            answers(port, "tiny")
            systemctl("stop")
            PODMAN.gone()


# --- what these are made of ---------------------------------------------------------------------------------

LOG = Path.home() / "unit.log"


@contextlib.contextmanager
def unit(settings: str = "", *options: str) -> Iterator[int]:
    """A unit that runs the image. settings: lines of [Service]; options: words for podman. Gives the port."""
    port = free_port()
    model = Path.home() / "models" / "M.gguf"
    model.parent.mkdir(exist_ok=True)
    model.write_bytes(b"GGUF")
    argv = (
        *("/usr/bin/podman", "run", "--rm", "--replace", "--name", CONTAINER, "--pull=never", *options),
        *("-p", f"127.0.0.1:{port}:{port}", "-v", f"{model}:/models/M.gguf:ro", IMAGE),
        *("--host", "0.0.0.0", "--port", str(port), "-m", "/models/M.gguf", "-a", "tiny", "-c", "8192"),
    )
    log = f"StandardOutput=append:{LOG}\nStandardError=append:{LOG}\n"
    file = Path.home() / ".config" / "systemd" / "user" / f"{UNIT}.service"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"[Service]\nType=exec\n{log}ExecStart={' '.join(argv)}\n{settings}")
    LOG.write_text("")
    command("systemctl", "--user", "daemon-reload")
    yield port
    file.unlink()
    command("systemctl", "--user", "daemon-reload")


def systemctl(verb: str) -> None:
    command("systemctl", "--user", verb, UNIT)


def shown(name: str) -> str:
    return command("systemctl", "--user", "show", "--property", name, "--value", UNIT).strip()


def main() -> int:
    return int(shown("MainPID"))


def inspect(what: str) -> str:
    return command("podman", "image", "inspect", IMAGE, "--format", f"{{{{.{what}}}}}").strip()


def answers(port: int, alias: str) -> None:
    def named() -> bool:
        address = f"http://127.0.0.1:{port}/v1/models"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)["data"][0]["id"] == alias
        return False

    wait(named, f"{alias} answers: {LOG.read_text()}")


def complete(port: int, *, stream: bool = False) -> str:
    asked = {"model": "tiny", "stream": stream, "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    if not stream:
        return json.loads(text)["choices"][0]["message"]["content"]
    pieces = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return "".join(json.loads(piece)["choices"][0]["delta"].get("content") or "" for piece in pieces)
