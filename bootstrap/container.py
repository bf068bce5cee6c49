"""llama.cpp's own server in a container, instead of a llamafile: its image, and the words that start it.

Words of podman-run(1) and docker-run(1). An image is named by a tag, which moves: what comes is checked by
the program that brings it, against the registry's digests, and by nothing of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.actions import RunCommand
from bootstrap.errors import HostError
from bootstrap.messages import later
from bootstrap.server import CONTAINER, Launch, layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bootstrap.actions import Action
    from bootstrap.host import Host
    from bootstrap.settings import Settings

IMAGE, CUDA_IMAGE = "ghcr.io/ggml-org/llama.cpp:server", "ghcr.io/ggml-org/llama.cpp:server-cuda"
_KEY = "/run/api-key"  # in the container
_PULL_SECONDS = 3600.0
# By these a shell tells docker which daemon to ask (docker(1)). What starts with a login has no such shell.
_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
_ADDRESS = re.compile(r"(?:tcp|ssh)://(?:[^@/]*@)?(\[[^\]]*\]|[^:/]*)")  # its first group: the machine
_HERE = {"", "localhost", "127.0.0.1", "[::1]"}


@dataclass(frozen=True)
class Container:
    """program: the absolute path of podman or docker; kind: which of them; name: of the container; asks:
    variables that tell docker which daemon is meant."""

    program: str
    kind: str
    image: str
    name: str
    asks: tuple[tuple[str, str], ...] = ()

    def launch(self, settings: Settings, model: Path, key_file: Path | None, *, in_unit: bool) -> Launch:
        """How it is started: it sees two files of ours and may do little else, and one port of it is seen.
        in_unit: below a unit of systemd, where it shall belong to that."""
        inside = f"/models/{model.name}"
        address = {"localhost": "127.0.0.1"}.get(settings.host, settings.host)  # no name can be published
        host = f"[{address}]" if ":" in address else address
        words = (
            self.program, "run", "--rm", "--name", self.name, "--pull", "never",
            "--publish", f"{host}:{settings.port}:{settings.port}",
            *self._mounted(model, inside), *(self._mounted(key_file, _KEY) if key_file else ()),
            # to relabel a file for SELinux would change one that other programs may have, too
            "--security-opt", "label=disable", "--security-opt", "no-new-privileges", "--cap-drop", "all",
            # docker's root is nobody in there without it, and could not read what is for its user only
            *(("--cap-add", "DAC_READ_SEARCH") if self.kind == "docker" else ()),
            "--no-healthcheck",  # of an image that asks another port than ours
            *(("--replace", "--log-driver", "none") if self.kind == "podman" else ()),
            *(("--cgroups", "split") if in_unit and self.kind == "podman" else ()),
            *self._gpus(), self.image,
        )  # fmt: skip
        return Launch(words, CONTAINER, inside, "0.0.0.0", _KEY if key_file else "")  # noqa: S104  # in there

    @property
    def surroundings(self) -> tuple[tuple[str, str], ...]:
        """Seen with podman 4.3: its conmon takes no word that is not ASCII, such as a home's, without it; and
        podman hands it nothing of a locale but what begins with LC_."""
        return (("LC_ALL", "C.UTF-8"),) if self.kind == "podman" else self.asks

    @property
    def tidy(self) -> tuple[str, ...]:
        """What removes a container that its program has left, such as one that was killed."""
        gone = ("--ignore", "--time", "0") if self.kind == "podman" else ()
        return (self.program, "rm", "--force", *gone, self.name)

    def bring(self) -> tuple[Action, ...]:
        """The image; one that was there before us stays on uninstall. Whoever has left a container, such as a
        `bootstrap run` that was killed, uninstall removes it."""
        asked = ("env", *map("=".join, self.asks)) if self.asks else ()
        image = RunCommand(
            f"have {self.kind} bring {self.image}",
            (*asked, self.program, "pull", self.image),
            undo=(*asked, self.program, "rmi", self.image),
            check=(*asked, self.program, "image", "inspect", self.image),
            generation=self.image,
            hint=f"see why: {self.kind} pull {self.image}",
            timeout=_PULL_SECONDS,
            unless_so=True,
        )
        return image, RunCommand(later("remove the container"), (), undo=(*asked, *self.tidy), generation="1")

    def _mounted(self, path: Path, inside: str) -> tuple[str, ...]:
        if self.kind == "docker":
            # seen with docker 20.10: --volume makes a directory, root's, in the place of a file that has gone
            return (
                "--mount",
                ",".join(map(_field, ("type=bind", f"src={path}", f"dst={inside}", "readonly"))),
            )
        if ":" in str(path):
            raise HostError(
                "no container can be given {path}: it has a colon in it",
                "choose another XDG_DATA_HOME",
                path=path,
            )
        return ("--volume", f"{path}:{inside}:ro")

    def _gpus(self) -> tuple[str, ...]:
        if self.image != CUDA_IMAGE:
            return ()
        return ("--device", "nvidia.com/gpu=all") if self.kind == "podman" else ("--gpus", "all")


def left(about: Mapping[str, Any]) -> tuple[str, ...]:
    """What removes a container that is left of what is installed; no words where that has none."""
    argv, kind = about.get("argv", ()), about.get("engine", "")
    if kind not in {"docker", "podman"} or "--name" not in argv:
        return ()
    asks = map("=".join, about.get("environment", ()))
    return ("env", *asks, *Container(argv[0], kind, "", argv[argv.index("--name") + 1]).tidy)


def outside(argv: tuple[str, ...]) -> tuple[str, ...]:
    """These words where no unit is around them: podman may not divide the group of a session."""
    split = argv.index("split") if argv[1:2] == ("run",) and "split" in argv else 0
    return argv[: split - 1] + argv[split + 1 :] if split else argv


def named(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Which of docker's daemons is meant, by those of these variables that tell it."""
    return tuple((name, environment[name]) for name in _VARIABLES if environment.get(name))


def choose(settings: Settings, host: Host, program: str, asks: tuple[tuple[str, str], ...] = ()) -> Container:
    """The container for these wishes. program: where podman or docker is. Raises HostError."""
    kind = settings.engine
    if host.os not in {"linux", "macos"}:
        raise HostError(
            "--engine {kind} is for Linux and macOS", "leave it out: bootstrap --engine llamafile", kind=kind
        )
    if not program:
        raise HostError(
            "{kind} is not installed",
            "install {kind}, or leave it out: bootstrap --engine llamafile",
            kind=kind,
        )
    found = _ADDRESS.match(dict(asks).get("DOCKER_HOST", ""))
    if found and found[1] not in _HERE:
        raise HostError(
            "docker's daemon is on another machine, {machine}, which has not the model",
            "unset DOCKER_HOST, or install bootstrap there and use its server: bootstrap --attach URL",
            machine=found[1],
        )
    with_gpu = bool(layers(settings, host)) and host.os == "linux"
    return Container(program, kind, CUDA_IMAGE if with_gpu else IMAGE, f"commit-polish-{host.user}", asks)


def _field(text: str) -> str:
    """One of those that commas divide, as docker reads them (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
