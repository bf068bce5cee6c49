"""Other programs use the installed server: the README's snippets, run as they stand there, with every kind
of server that offers what they ask for."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests import mirror, standin
from tests.standin.process import running
from tests.world import ROOT, World

# how it is installed, and what clients can ask for then beside chats
MODES = {
    "llamafile 0.9": ((), ()),
    "with a key": (("--strict",), ()),
    "second server": (("--embeddings",), ("embeddings", "completions")),
    "llamafile 0.10": (("--llamafile", "0.10.6"), ("completions",)),
    "0.10 with a key and embeddings": (
        ("--llamafile", "0.10.6", "--embeddings", "--strict"),
        ("embeddings", "completions"),
    ),
}
SNIPPETS = {
    "litellm": ("litellm", "litellm-stream", "litellm-embeddings"),
    "openai": ("openai", "openai-stream", "openai-embeddings", "openai-completions"),
}


def snippet(name: str) -> str:
    """A fenced block of the README, by the mark above it."""
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- tested: {name}(?:, after \w+)? -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, f"the README has no snippet {name}"
    return found[1]


def all_of(library: str, more: Sequence[str]) -> list[str]:
    """The names of what can be run in one go: the first block makes what the others use."""
    return [name for name in SNIPPETS[library] if name.partition("-")[2] in {"", "stream", *more}]


def run(world: World, argv: list[str]) -> str:
    environment = world.environment | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    environment.pop("PYTHONWARNINGS")  # other people's libraries
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, artifacts: Path, server: mirror.Mirror
) -> Iterator[dict[str, World]]:
    """A world for each mode, installed when it is asked for, and all stopped at the end."""
    if not (artifacts / "llamafile-0.10.6").exists():
        standin.build(artifacts / "llamafile-0.10.6", version="0.10.6")
    worlds: dict[str, World] = {}
    yield worlds
    for world in worlds.values():
        world.run("uninstall")


def installed(
    mode: str, served: dict[str, World], server: mirror.Mirror, tmp_path_factory: pytest.TempPathFactory
) -> World:
    if mode not in served:
        place = tmp_path_factory.mktemp("mode")
        llamafiles = {"0.9.3": "llamafile-0.9.3", "0.10.6": "llamafile-0.10.6"}
        catalogue = server.catalogue(place / "catalogue.toml", llamafiles, {"tiny-a": "tiny-a.gguf"})
        (place / "home").mkdir()
        served[mode] = World(place / "home", catalogue)
        served[mode].install(*MODES[mode][0])
    return served[mode]


@pytest.mark.parametrize("library", SNIPPETS)
@pytest.mark.parametrize("mode", MODES)
def test_a_client(
    mode: str,
    library: str,
    served: dict[str, World],
    server: mirror.Mirror,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    world = installed(mode, served, server, tmp_path_factory)
    names = all_of(library, MODES[mode][1])
    code = "\nprint('<end>')\n".join(snippet(name) for name in names)
    code = code.replace("127.0.0.1:8080", f"127.0.0.1:{world.port}")
    key = world.config.parent / "api-key"
    if library == "openai" and key.exists():
        code = code.replace('api_key="none"', f'api_key=open("{key}").read().strip()')
    said = run(world, [sys.executable, "-c", code]).split("<end>")
    assert len(said) == len(names)
    for name, answer in zip(names, said, strict=True):
        assert answer.strip(), name
        assert not name.endswith("embeddings") or int(answer) > 1


@pytest.mark.parametrize("mode", MODES)
def test_curl(
    mode: str, served: dict[str, World], server: mirror.Mirror, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = installed(mode, served, server, tmp_path_factory)
    code = snippet("curl").replace("127.0.0.1:8080", f"127.0.0.1:{world.port}")
    answer = json.loads(run(world, ["sh", "-c", code]))
    assert answer["choices"][0]["message"]["content"]
    assert 0 < answer["usage"]["completion_tokens"] <= 50


def test_litellm_and_the_hook_with_somebody_elses_server(
    tmp_path: Path, artifacts: Path, server: mirror.Mirror
) -> None:
    standin.build_native(tmp_path / "llama-server")
    key = tmp_path / "team key"
    key.write_text("sk-of-the-team\n")
    (tmp_path / "home").mkdir()
    world = World(tmp_path / "home", tmp_path / "no-catalogue.toml")
    options = ("-m", str(artifacts / "tiny-a.gguf"), "-a", "large", "--api-key-file", str(key))
    with running(tmp_path / "llama-server", *options, home=tmp_path, form="llama-server") as url:
        world.run("install", "--attach", url, "--api-key", str(key))
        code = snippet("litellm") + snippet("litellm-stream")
        assert run(world, [sys.executable, "-c", code]).strip()
        repository = world.repository()
        world.run("hook", "install", str(repository))
        world.git(repository, "commit", "-m", "Fixed the login bug.")
        subject = world.git(repository, "log", "-1", "--format=%s").strip()
        assert subject.endswith(": fix the login bug"), "llama.cpp holds to a grammar"


@pytest.mark.parametrize("mode", MODES)
def test_the_hook(
    mode: str, served: dict[str, World], server: mirror.Mirror, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = installed(mode, served, server, tmp_path_factory)
    repository = world.repository()
    world.run("hook", "install", str(repository))
    world.git(repository, "commit", "-m", "Fixed the login bug.")
    subject = world.git(repository, "log", "-1", "--format=%s").strip()
    # a model of random weights may say anything where no grammar holds it: then the message stays
    assert subject.endswith("fix the login bug") or subject == "Fixed the login bug."
