"""What a server says when it does not start is explained, with one step that helps.

The words of loader 1.10 and of the shells were seen with a file of the same kind as llamafile's.
"""

from pathlib import Path

import pytest

from bootstrap import tail
from bootstrap.actions import ProveServer
from bootstrap.errors import ServerError
from bootstrap.trouble import LINES, explain
from tests.autostart.services import Silent

SAID = {
    "noexec, dash": (
        "/d/llamafile: 64: exec: /d/my dir/.ape-1.10: Permission denied",
        "/d/my dir does not start",
    ),
    "noexec, bash": (
        "/d/llamafile: line 64: /d/loader/.ape-1.10: Permission denied",
        "/d/loader does not start",
    ),
    "not writable": (
        "/d/llamafile: 61: cannot create /d/loader/.ape-1.10.16388: Permission denied",
        "/d/loader is not writable",
    ),
    "no mmap": ("ape error: /d/llamafile: prog mmap failed w/ errno 1", "noexec"),
    "no gzip, dash": ("/d/llamafile: 61: gzip: not found", "no gzip in its PATH"),
    "no dd, bash": ("/d/llamafile: line 61: dd: command not found", "no dd in its PATH"),
    "cut off": ("\ngzip: stdin: unexpected end of file", "llamafile's file is damaged"),
    "full": ("\ngzip: stdout: No space left on device", "disk is full"),
    "no compiler": ("/d/llamafile: please run: xcode-select --install", "no C compiler"),
    "stub": ("xcrun: error: invalid active developer path (/Library/Developer)", "no C compiler"),
    "other machine": ("/d/llamafile: this ape program lacks riscv64 support", "riscv64"),
    "wsl": ("error: APE is running on WIN32 inside WSL. You need to run: …", "WSL takes llamafile"),
    "mono": ("Cannot open assembly './x': File does not contain a valid CIL image.", "program of Windows"),
    "wine": ("0024:err:module:import_dll Library API-MS-Win-Core-Synch-l1-2-0.dll not found", "wine"),
    "execve": ("commit-polish.service: Failed at step EXEC: Exec format error", "/bin/sh"),
    "no model": (
        "/d/t.gguf: no t.gguf file found in zip archive\nunable to load model",
        "model t.gguf is not there",
    ),
    "gone, dash": ("/bin/sh: 0: cannot open /d/llama file: No such file", "/d/llama file is not there"),
    "gone, bash": ("/bin/sh: /d/llamafile: No such file or directory", "/d/llamafile is not there"),
    "ports": ("couldn't bind to server socket: hostname=127.0.0.1 port=8090", "no free port"),
    "gpu": (
        "fatal error: support for --gpu nvidia was explicitly requested, but it wasn't available",
        "nvidia",
    ),
    "gpu memory": ("CUDA error: out of memory", "the GPU has too little memory"),
    "option": ("error: unknown argument: --slots-endpoint-disable", "--slots-endpoint-disable"),
    "oom": ("commit-polish.service: Failed with result 'oom-kill'.", "memory"),
    "avx": ("Main process exited, code=dumped, status=4/ILL", "AVX"),
    "bus": ("the server ended 5 times in a row, last with status 135: given up", "damaged"),
    "killed": ("the server ended 5 times in a row, last with status 137: given up", "memory"),
    "podman, model": (
        "podman[6]: Error: statfs /d/t.gguf: no such file or directory",
        "/d/t.gguf is not there",
    ),
    "podman, image": ("podman[6]: Error: ghcr.io/a/b:c: image not known", "image ghcr.io/a/b:c is gone"),
    "podman, port": (
        "Error: rootlessport listen tcp 127.0.0.1:8080: bind: address already in use",
        "another program has port 8080",
    ),
    "podman, mapping": (
        'Error: command required for rootless mode: exec: "newuidmap": executable file not found in $PATH',
        "needs newuidmap",
    ),
    "docker, model": (
        "docker: Error response from daemon: … bind source path does not exist: /d/t.gguf.\nSee 'docker run'",
        "/d/t.gguf is not there",
    ),
    "docker, image": (
        "docker[6]: docker: Error response from daemon: No such image: ghcr.io/a/b:c.",
        "image ghcr.io/a/b:c is gone",
    ),
    "docker, port": (
        "docker: … Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use.",
        "another program has port 8080",
    ),
    "docker, port of a container": (
        "docker: … endpoint e (2f): Bind for 127.0.0.1:8080 failed: port is already allocated.",
        "another container has port 8080",
    ),
    "docker, down": (
        "docker: Cannot connect to the Docker daemon at unix:///run/d.sock. Is the docker daemon running?",
        "does not answer at unix:///run/d.sock",
    ),
    "docker, no rights": (
        "permission denied while trying to connect to the Docker daemon socket at …\nlast with status 126",
        "may not use docker",
    ),
    "docker, gpu": (
        'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].',
        "cannot use the GPU",
    ),
    "llama.cpp, option": ("error: invalid argument: --no-webui", "--no-webui"),
    "model": ("/d/t.gguf: bad magic\nunable to load model", "damaged or of a kind"),
    "compiling": ("llamafile_log_command: /usr/local/cuda/bin/nvcc -arch=native -O3", "with nvcc"),
    "status": ("Main process exited, code=exited, status=126/n/a", "loader"),
}


@pytest.mark.parametrize(("said", "meant"), SAID.values(), ids=SAID)
def test_what_it_says_is_explained(said: str, meant: str) -> None:
    found = explain(f"something else\n{said}\nand so on\n")
    assert found, said
    assert meant in found.what
    assert found.hint
    assert "\\" not in found.what + found.hint, "a part of the pattern was left in"


def test_nothing_is_made_up() -> None:
    assert explain("") is None
    assert explain("llama_model_loader: loaded meta data\nINFO all is well, status=0/SUCCESS\n") is None
    assert explain("warning: couldn't find nvcc (nvidia c compiler)\n") is None
    assert explain("Main process exited, code=exited, status=1/FAILURE\n") is None
    assert explain("docker: runc create failed: pivot_root .: invalid argument: unknown.\n") is None


def test_an_earlier_start_is_not_taken_for_this_one() -> None:
    earlier = "/d/llamafile: 61: gzip: not found\n"
    assert explain(earlier + "\nllama server listening at http://127.0.0.1:8080\n") is None
    assert explain(earlier + "x\n" * LINES) is None


def test_nobody_is_told_to_switch_a_protection_off() -> None:
    for said, _ in SAID.values():
        found = explain(said)
        assert found
        assert not {"disable", "switch off", "turn off"} & set(found.hint.lower().split())


def test_a_log_that_no_command_shows_is_read(tmp_path: Path) -> None:
    """As on Windows; what is not there or is no text is nothing."""
    log = tmp_path / "server.log"
    assert tail.last(log) == tail.last(tmp_path) == ""
    log.write_bytes(b"\xff\n" * 5000 + b"x: gzip: not found\n")
    proof = ProveServer("http://127.0.0.1:1/v1", "a", tmp_path / "s", "g", log_file=str(log), timeout=0)
    with pytest.raises(ServerError, match="no gzip in its PATH") as failure:
        proof.wait(Silent())
    assert failure.value.hint == "install gzip"
