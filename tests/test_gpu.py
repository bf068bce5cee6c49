"""The GPU: found with what llamafile needs for it, used, and left alone where that does not work."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap.host import gpu
from tests import mirror, standin
from tests.world import ROOT, World, free_port

build = importlib.import_module("tests.standin.build")  # the package has a function of that name
# what a llamafile does whose GPU has too little memory
FAILS = 'case " $* " in *" -ngl 999 "*) echo "CUDA error: out of memory" >&2; exit 1 ;; esac\n'


def there(root: Path, *places: str) -> Path:
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()
    return root


@pytest.mark.parametrize(
    ("places", "environment", "found"),
    [
        ((), {}, set()),
        (("dev/nvidiactl",), {}, set()),
        (("usr/local/cuda/bin/nvcc",), {}, set()),
        (("dev/nvidiactl", "usr/local/cuda/bin/nvcc"), {}, {"nvidia"}),
        (("dev/nvidiactl", "opt/cuda/bin/nvcc"), {}, {"nvidia"}),
        (("dev/dxg", "my/bin/nvcc"), {"CUDA_PATH": "/my"}, {"nvidia"}),
        (("dev/nvidiactl", "opt/cuda/bin/nvcc"), {"CUDA_PATH": ""}, set()),
        (("dev/kfd", "opt/rocm/bin/hipcc"), {}, {"amd"}),
        (("dev/kfd", "my/bin/hipcc"), {"HIP_PATH": "/my"}, {"amd"}),
        (("dev/kfd",), {}, set()),
    ],
)
def test_a_gpu_and_its_toolkit(
    tmp_path: Path, places: tuple[str, ...], environment: dict[str, str], found: set[str]
) -> None:
    assert gpu.on_linux(environment, lambda _: None, there(tmp_path, *places)) == found


def test_a_compiler_in_the_path_counts(tmp_path: Path) -> None:
    root = there(tmp_path, "dev/nvidiactl")
    assert gpu.on_linux({}, {"nvcc": "/n/nvcc"}.get, root) == {"nvidia"}


def test_windows_needs_the_driver_only(tmp_path: Path) -> None:
    assert gpu.on_windows(tmp_path) == frozenset()
    assert gpu.on_windows(there(tmp_path, "nvcuda.dll")) == {"nvidia"}


@pytest.fixture
def shop(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose llamafile fails on the GPU."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setattr(build, "PROLOGUE", build.PROLOGUE.replace("o=$(", f"{FAILS}o=$(", 1))
    standin.build(shelf / "llamafile", engine="scripted")
    standin.make(shelf / "tiny-a.gguf")
    with mirror.serving(shelf) as serving:
        serving.catalogue(world.catalogue, {"0.9.3": "llamafile"}, {"tiny-a": "tiny-a.gguf"})
        world.bootstrap = (sys.executable, "-P", str(ROOT / "tests" / "with_gpu.py"))
        yield world


def test_a_gpu_that_fails_is_left_alone(shop: World) -> None:
    said = shop.install()
    assert "going on without it" in said.stderr
    assert shop.status()["server"]["ready"] is True
    assert 'gpu_layers = "off"' in shop.config.read_text()
    assert "Nothing to do" in shop.install().stdout


def test_a_gpu_that_was_asked_for_is_not_left_alone(shop: World) -> None:
    failed = shop.install("--gpu-layers", "999", check=False)
    assert failed.returncode == 1
    assert "--gpu-layers off" in failed.stderr
    assert shop.install("--gpu-layers", "off").returncode == 0


def test_a_gpu_that_is_new_and_fails_costs_no_upgrade(shop: World) -> None:
    shop.bootstrap = (sys.executable, "-P", "-m", "bootstrap")
    shop.install()
    shop.bootstrap = (sys.executable, "-P", str(ROOT / "tests" / "with_gpu.py"))
    shop.port = free_port()
    assert "going on without it" in shop.install().stderr
    assert shop.status()["server"]["url"] == f"http://127.0.0.1:{shop.port}/v1"
    assert shop.status()["server"]["ready"] is True
