"""GPUs that a llamafile can use here: the device, and on Linux what builds llamafile's module for it.

llamafile 0.9.3 looks for the compilers in these places (its llamafile/cuda.c). Metal is not asked for: on
Apple silicon it is what llamafile takes by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Environment = Mapping[str, str]
    Find = Callable[[str], str | None]

_ROOT = Path("/")
_DEVICES = {"nvidia": ("dev/nvidiactl", "dev/dxg"), "amd": ("dev/kfd",)}  # the second one is WSL's
_NVCC = ("opt/cuda/bin/nvcc", "usr/local/cuda/bin/nvcc")


def devices(root: Path = _ROOT) -> frozenset[str]:
    """ "nvidia" and "amd", where Linux has the device."""
    return frozenset(
        name for name, places in _DEVICES.items() if any((root / place).exists() for place in places)
    )


def nvcc(environment: Environment, find: Find, root: Path = _ROOT) -> str:
    """Where a llamafile would find CUDA's compiler; "" where it would not."""
    cuda = environment.get("CUDA_PATH")
    if cuda == "":  # which switches it off
        return ""
    own = [f"{cuda.lstrip('/')}/bin/nvcc"] if cuda else []
    places = (root / place for place in (*own, *_NVCC))
    return find("nvcc") or next((str(place) for place in places if place.exists()), "")


def on_linux(environment: Environment, find: Find, root: Path = _ROOT) -> frozenset[str]:
    """The devices whose toolkit is there, too."""
    hipcc = root / (environment.get("HIP_PATH") or "opt/rocm").lstrip("/") / "bin" / "hipcc"
    toolkits = {"nvidia": bool(nvcc(environment, find, root)), "amd": hipcc.exists()}
    return frozenset(name for name in devices(root) if toolkits[name])


def on_windows(system: Path) -> frozenset[str]:
    """llamafile brings its modules for Windows, so the driver is enough. system: System32."""
    libraries = {"nvidia": "nvcuda.dll", "amd": "amdhip64_6.dll"}
    return frozenset(name for name, library in libraries.items() if (system / library).exists())
