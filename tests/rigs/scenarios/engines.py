"""An image by the name of llama.cpp's, in the store of real podman or real docker: the rigs of these names.

In the image is what imitates llama.cpp's server; the registry is a real one, too.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from tests import standin
from tests.rigs.scenarios.seen import command, processes, wait
from tests.world import free_port

IMAGE = "ghcr.io/ggml-org/llama.cpp:server"
# What the .devops/cpu.Dockerfile of llama.cpp says of its server, HEALTHCHECK and all.
CONTAINERFILE = """\
FROM scratch
COPY root /
ENV LLAMA_ARG_HOST=0.0.0.0
COPY llama-server /app/
WORKDIR /app
HEALTHCHECK CMD [ "curl", "-f", "http://localhost:8080/health" ]
ENTRYPOINT [ "/app/llama-server" ]
"""
LISTENS = "server is listening"
# Servers of another kind: one that hangs, for process 1 hears no signal that it has not asked for; and one
# that does not start.
DEAF = f"#!/usr/bin/python3\nimport time\nprint('{LISTENS}', flush=True)\ntime.sleep(1000)\n"
BROKEN = "#!/usr/bin/python3\nraise SystemExit('error: invalid argument: --no-webui')\n"


class Engine(ABC):
    """podman or docker, by the words that both have. helpers: what else runs for each container."""

    kind: str
    helpers: tuple[str, ...]

    @contextlib.contextmanager
    def image(self, server: str = "") -> Iterator[None]:
        """The image, in the store. server: another script than what imitates llama.cpp's."""
        with tempfile.TemporaryDirectory() as directory:
            put_server(Path(directory, "llama-server"), server)
            Path(directory, "Containerfile").write_text(CONTAINERFILE)
            shutil.copytree("/srv/image", Path(directory, "root"), symlinks=True)
            self.build(directory)
        yield
        command(self.kind, "rmi", "--force", IMAGE, check=False)  # who has brought it may have removed it

    @contextlib.contextmanager
    def registry(self) -> Iterator[str]:
        """One on loopback that holds the image and is asked for all that is ghcr.io's. Gives the digest."""
        with registry(self.registry_port) as port:
            yield self.push(port)

    @property
    def registry_port(self) -> int:
        return free_port()

    @abstractmethod
    def build(self, directory: str) -> None:
        """The image, of a directory with a Containerfile."""

    @abstractmethod
    def push(self, port: int) -> str:
        """Put the image into the registry there, and have that be ghcr.io. Gives the digest."""

    @abstractmethod
    def forget(self) -> None:
        """As it is for who has never called it."""

    @abstractmethod
    def kill_server(self) -> None:
        """What happens to a server that is killed in its container."""

    @staticmethod
    def server() -> int:
        """The number of the one in a container, 0: there is none."""
        return max(
            (number for number, words in processes("/app/llama-server").items() if " run " not in words),
            default=0,
        )

    def client(self) -> int:
        """The number of the program that has started the container, 0: there is none."""
        return max(processes(f"/{self.kind} run "), default=0)

    def names(self) -> list[str]:
        return command(self.kind, "ps", "--all", "--format={{.Names}}").split()

    def exists(self) -> bool:
        argv = (self.kind, "image", "inspect", IMAGE)
        return subprocess.run(argv, check=False, capture_output=True).returncode == 0

    def gone(self) -> None:
        """No container, whether it runs or not; no process; nothing that systemd has of podman."""
        wait(lambda: self.server() == 0, "the server has gone")
        wait(lambda: self.names() == [], f"no container: {self.names()}")
        wait(lambda: not any(processes(name) for name in self.helpers), f"no helpers: {processes('')}")
        listed = command("systemctl", "--user", "list-units", "--all", "--plain", "--no-legend", check=False)
        units = [line for line in listed.splitlines() if "libpod" in line or ".timer" in line]
        assert not units, units


class Podman(Engine):
    """Without root and without a daemon: all of it is the user's."""

    kind = "podman"
    helpers = ("conmon", "slirp4netns", "rootlessport")

    @contextlib.contextmanager
    def registry(self) -> Iterator[str]:
        with super().registry() as digest:
            yield digest
        _KNOWN.unlink()

    def build(self, directory: str) -> None:
        # docker's format, as llama.cpp's own is: the other one knows no HEALTHCHECK
        command("podman", "build", "--quiet", "--format=docker", "--tag", IMAGE, directory)

    def push(self, port: int) -> str:
        _KNOWN.parent.mkdir(parents=True, exist_ok=True)
        _KNOWN.write_text(f'[[registry]]\nprefix="ghcr.io"\nlocation="127.0.0.1:{port}"\ninsecure=true\n')
        at = IMAGE.replace("ghcr.io", f"docker://127.0.0.1:{port}")
        with tempfile.TemporaryDirectory() as directory:
            digest = Path(directory, "digest")
            command("podman", "push", "--quiet", "--tls-verify=false", f"--digestfile={digest}", IMAGE, at)
            return digest.read_text()

    def forget(self) -> None:
        command("podman", "system", "reset", "--force")

    def kill_server(self) -> None:
        os.kill(self.server(), signal.SIGKILL)


class Docker(Engine):
    """A daemon that is root's, and a program that asks it: the server is no child of the user's."""

    kind = "docker"
    helpers = ("containerd-shim", "docker-proxy")
    registry_port = 80  # where docker asks a registry that has no certificate; the rig calls us ghcr.io

    def build(self, directory: str) -> None:
        command(
            "docker", "build", "--quiet", "--file", f"{directory}/Containerfile", "--tag", IMAGE, directory
        )

    def push(self, port: int) -> str:
        command("docker", "push", IMAGE)
        return command("docker", "image", "inspect", IMAGE, "--format", "{{index .RepoDigests 0}}")

    def forget(self) -> None:
        command("docker", "system", "prune", "--all", "--force")

    def kill_server(self) -> None:
        command("docker", "kill", *self.names())


ENGINES: dict[str, Engine] = {"podman": Podman(), "docker": Docker()}
_KNOWN = Path.home() / ".config" / "containers" / "registries.conf"


def put_server(place: Path, script: str) -> None:
    """What is /app/llama-server in the image."""
    standin.build_native(place, engine="scripted", python="/usr/bin/python3")
    if script:
        place.write_text(script)


@contextlib.contextmanager
def registry(port: int) -> Iterator[int]:
    """An empty one on loopback."""
    with tempfile.TemporaryDirectory() as directory:
        settings = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": directory}},
            "http": {"addr": f"127.0.0.1:{port}"},
        }
        Path(directory, "settings.yml").write_text(json.dumps(settings))
        argv = ("docker-registry", "serve", f"{directory}/settings.yml")
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                wait(lambda: reachable(f"http://127.0.0.1:{port}/v2/"), "the registry answers")
                yield port
            finally:
                process.terminate()


def reachable(address: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
        return True
    return False
