"""GPUs that a llamafile can use here: the device, and on Linux what builds llamafile's module for it.

llamafile 0.9.3 looks for the compilers in these places (its llamafile/cuda.c). Metal is not asked for: on
Apple silicon it is what llamafile takes by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NVIDIA = ("/dev/nvidiactl", "/dev/dxg")  # the second one is WSL's
_AMD = ("/dev/kfd",)


def on_linux(
    environment: Mapping[str, str], find: Callable[[str], str | None], root: Path = Path("/")
) -> frozenset[str]:
    """ "nvidia" and "amd", where both the device and the toolkit are there."""
    cuda, rocm = environment.get("CUDA_PATH"), environment.get("HIP_PATH") or "/opt/rocm"
    nvcc = (*([f"{cuda}/bin/nvcc"] if cuda else []), "/opt/cuda/bin/nvcc", "/usr/local/cuda/bin/nvcc")

    def is_there(*places: str) -> bool:
        return any((root / place.lstrip("/")).exists() for place in places)

    found = set()
    if is_there(*_NVIDIA) and cuda != "" and (find("nvcc") or is_there(*nvcc)):  # "" switches it off
        found.add("nvidia")
    if is_there(*_AMD) and is_there(f"{rocm}/bin/hipcc"):
        found.add("amd")
    return frozenset(found)


def on_windows(system: Path) -> frozenset[str]:
    """llamafile brings its modules for Windows, so the driver is enough. system: System32."""
    libraries = {"nvidia": "nvcuda.dll", "amd": "amdhip64_6.dll"}
    return frozenset(name for name, library in libraries.items() if (system / library).exists())
