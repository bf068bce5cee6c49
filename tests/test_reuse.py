"""Models that other programs on this machine have already: found, verified, used, and left as they were."""

import hashlib
import json
import os
import tomllib
from pathlib import Path

import pytest

from bootstrap.stores import Wanted, find
from tests.mirror import Mirror
from tests.world import World, tree

BODY = b"a model of the tests\n"
SHA256 = hashlib.sha256(BODY).hexdigest()
FILE = "tiny-it-Q4_K_M.gguf"
WANTED = Wanted(SHA256, FILE, len(BODY))

HUB = f"models--someone--tiny-GGUF/blobs/{SHA256}"
SNAPSHOT = f"models--someone--tiny-GGUF/snapshots/0123abcd/{FILE}"


def put(path: Path, body: bytes = BODY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("variables", "where", "place"),
    [
        ({}, f".cache/huggingface/hub/{HUB}", "the Hugging Face cache"),
        ({"XDG_CACHE_HOME": "cache"}, f"cache/huggingface/hub/{HUB}", "the Hugging Face cache"),
        ({"HF_HOME": "hf"}, f"hf/hub/{HUB}", "the Hugging Face cache"),
        ({"HF_HUB_CACHE": "hub"}, f"hub/{HUB}", "the Hugging Face cache"),
        ({"HUGGINGFACE_HUB_CACHE": "old"}, f"old/{HUB}", "the Hugging Face cache"),
        ({}, f".cache/huggingface/hub/{SNAPSHOT}", "the Hugging Face cache"),
        ({}, f".ollama/models/blobs/sha256-{SHA256}", "Ollama's models"),
        ({"OLLAMA_MODELS": "big"}, f"big/blobs/sha256-{SHA256}", "Ollama's models"),
        ({}, f".lmstudio/models/someone/tiny-GGUF/{FILE}", "LM Studio's models"),
        ({}, f".cache/lm-studio/models/someone/tiny-GGUF/{FILE}", "LM Studio's models"),
        ({}, f".cache/llama.cpp/someone_tiny-GGUF_{FILE}", "llama.cpp's cache"),
        ({}, f"Library/Caches/llama.cpp/someone_tiny-GGUF_{FILE}", "llama.cpp's cache"),
        ({"XDG_CACHE_HOME": "cache"}, f"cache/llama.cpp/someone_tiny-GGUF_{FILE}", "llama.cpp's cache"),
        ({"LOCALAPPDATA": "local"}, f"local/llama.cpp/someone_tiny-GGUF_{FILE}", "llama.cpp's cache"),
        ({"LLAMA_CACHE": "llama"}, f"llama/someone_tiny-GGUF_{FILE}", "llama.cpp's cache"),
        ({"LLAMA_CACHE": "llama"}, f"llama/{HUB}", "the Hugging Face cache"),
    ],
)
def test_where_other_programs_keep_models(tmp_path, variables, where, place):
    path = put(tmp_path / where)
    environment = {name: str(tmp_path / folder) for name, folder in variables.items()}
    (found,) = find(WANTED, tmp_path, environment)
    assert (found.path, found.place) == (path, place)
    path.write_bytes(BODY + b"more")
    assert find(WANTED, tmp_path, environment) == ()


def test_a_folder_that_was_chosen_in_lm_studio(tmp_path):
    chosen, home = tmp_path / "big disk", tmp_path / "elsewhere"
    path = put(chosen / "someone" / "tiny-GGUF" / FILE)
    put(home / "settings.json", json.dumps({"downloadsFolder": str(chosen)}).encode())
    assert find(WANTED, tmp_path, {}) == ()
    put(tmp_path / ".lmstudio-home-pointer", f"{home}\n".encode())
    assert [found.path for found in find(WANTED, tmp_path, {})] == [path]
    for broken in (b"{", b"[1]", b'{"downloadsFolder": 7}', b"\xff", b"[" * 100_000):
        put(home / "settings.json", broken)
        assert find(WANTED, tmp_path, {}) == ()


def test_a_home_written_as_a_tilde(tmp_path):
    put(tmp_path / "hf" / "hub" / HUB)
    assert len(find(WANTED, tmp_path, {"HF_HOME": "~/hf"})) == 1


def test_the_surest_first_and_each_once(tmp_path):
    blob = put(tmp_path / ".cache/huggingface/hub" / HUB)
    link = tmp_path / ".cache/huggingface/hub" / SNAPSHOT
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    ollama = put(tmp_path / f".ollama/models/blobs/sha256-{SHA256}")
    studio = put(tmp_path / f".lmstudio/models/someone/tiny/{FILE}")
    found = [
        found.path for found in find(WANTED, tmp_path, {"HF_HOME": str(tmp_path / ".cache/huggingface")})
    ]
    assert found == [blob, ollama, studio]


def test_without_a_size_a_name_says_nothing(tmp_path):
    blob = put(tmp_path / ".cache/huggingface/hub" / HUB)
    put(tmp_path / f".lmstudio/models/someone/tiny/{FILE}")
    assert [found.path for found in find(Wanted(SHA256, FILE, None), tmp_path, {})] == [blob]


def test_what_is_no_store_is_passed_over(tmp_path):
    put(tmp_path / ".cache/huggingface/hub", b"a file")
    (tmp_path / ".lmstudio/models/someone/tiny" / FILE).mkdir(parents=True)
    (tmp_path / ".cache/llama.cpp").mkdir()
    (tmp_path / ".cache/llama.cpp" / FILE).symlink_to(tmp_path / "nowhere")
    assert find(WANTED, tmp_path, {"OLLAMA_MODELS": "\0", "HF_HOME": ""}) == ()


# a whole install


def cached(world: World, artifacts: Path, *, damaged: bool = False) -> Path:
    """tiny-a in the Hugging Face cache."""
    body = (artifacts / "tiny-a.gguf").read_bytes()
    name = hashlib.sha256(body).hexdigest()
    path = world.home / ".cache/huggingface/hub/models--someone--tiny-a-GGUF/blobs" / name
    path = put(path, body[:-1] + bytes([body[-1] ^ 1]) if damaged else body)
    path.chmod(0o644)
    return path


def asked_for_model(server: Mirror) -> list[str]:
    return [path for path in server.requests if "tiny-a" in path]


def test_a_cached_model_is_used_and_not_downloaded(world: World, server: Mirror, artifacts: Path) -> None:
    blob = cached(world, artifacts)
    before = tree(world.home)
    server.requests.clear()
    done = world.install()
    assert asked_for_model(server) == []
    model = world.data / "models" / "tiny-a.gguf"
    assert model.read_bytes() == blob.read_bytes()
    if os.name != "nt":
        assert model.samefile(blob)
        words = "tiny-a: found in the Hugging Face cache, linked instead of"
        assert [line for line in done.stderr.splitlines() if line.startswith(words)]
    assert "downloaded tiny-a" not in done.stderr
    assert "Nothing to do" in world.install().stdout
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_dry_run_says_so(world: World, artifacts: Path) -> None:
    (plan,) = map(json.loads, world.install("--dry-run", "--json").stdout.splitlines())
    size = (artifacts / "tiny-a.gguf").stat().st_size
    blob = cached(world, artifacts)
    (linked,) = map(json.loads, world.install("--dry-run", "--json").stdout.splitlines())
    assert plan["download_bytes"] - linked["download_bytes"] == size
    assert (plan["reused_bytes"], linked["reused_bytes"]) == (0, size)
    assert linked["disk_needed_bytes"] == plan["disk_needed_bytes"] - (size if os.name != "nt" else 0)
    words = world.install("--dry-run").stdout
    assert "bring tiny-a" in words
    assert "from the Hugging Face cache" in words
    blob.chmod(0o666)  # so it has to be copied
    (copied,) = map(json.loads, world.install("--dry-run", "--json").stdout.splitlines())
    assert copied["download_bytes"] == linked["download_bytes"]
    assert copied["disk_needed_bytes"] == plan["disk_needed_bytes"]


def test_a_damaged_cache_is_told_and_downloaded_around(world: World, server: Mirror, artifacts: Path) -> None:
    blob = cached(world, artifacts, damaged=True)
    bad = blob.read_bytes()
    server.requests.clear()
    done = world.install("--no-start")
    assert asked_for_model(server)
    assert "tiny-a: cannot use" in done.stderr
    assert "checksum" in done.stderr
    assert (world.data / "models" / "tiny-a.gguf").read_bytes() == (artifacts / "tiny-a.gguf").read_bytes()
    assert blob.read_bytes() == bad


def test_no_reuse_is_remembered(world: World, server: Mirror, artifacts: Path) -> None:
    blob = cached(world, artifacts)
    server.requests.clear()
    world.install("--no-reuse", "--no-start")
    assert asked_for_model(server)
    assert not (world.data / "models" / "tiny-a.gguf").samefile(blob)
    assert tomllib.loads(world.config.read_text())["install"]["reuse"] is False
    (world.data / "models" / "tiny-a.gguf").unlink()
    server.requests.clear()
    world.install("--no-start")
    assert asked_for_model(server)


def test_what_the_cache_does_later_is_noticed(world: World, server: Mirror, artifacts: Path) -> None:
    """Nobody should write into a blob. If somebody does, the next run repairs it."""
    blob = cached(world, artifacts)
    world.install("--no-start")
    blob.write_bytes(b"overwritten in place")
    world.install("--no-start")
    assert (world.data / "models" / "tiny-a.gguf").read_bytes() == (artifacts / "tiny-a.gguf").read_bytes()
    assert blob.read_bytes() == b"overwritten in place"
