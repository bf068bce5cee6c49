"""Other programs use the installed server: the README's snippets, run as they stand there."""

import json
import re
import subprocess
import sys

import pytest

from tests.world import ROOT, World


def snippet(name: str) -> str:
    """A fenced block of the README, by the mark above it."""
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- tested: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, f"the README has no snippet {name}"
    return found[1]


def run(world: World, argv: list[str]) -> str:
    environment = world.environment | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    environment.pop("PYTHONWARNINGS")  # other people's libraries
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def installed(real_world: World) -> World:
    real_world.install()
    return real_world


def test_litellm_with_what_config_toml_says(installed: World) -> None:
    assert run(installed, [sys.executable, "-c", snippet("litellm")]).strip()


def test_openai_sdk(installed: World) -> None:
    code = snippet("openai").replace("127.0.0.1:8080", f"127.0.0.1:{installed.port}")
    assert run(installed, [sys.executable, "-c", code]).strip()


def test_curl(installed: World) -> None:
    code = snippet("curl").replace("127.0.0.1:8080", f"127.0.0.1:{installed.port}")
    answer = json.loads(run(installed, ["sh", "-c", code]))
    assert answer["choices"][0]["message"]["content"]
    assert 0 < answer["usage"]["completion_tokens"] <= 50
