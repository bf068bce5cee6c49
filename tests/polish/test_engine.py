"""The request against a real llama.cpp engine: the grammar holds whatever the model would like to say."""

import time

import pytest

from bootstrap.polish import client, prompt
from bootstrap.polish.convention import TYPES
from tests.standin.process import running


@pytest.fixture(scope="module")
def base(artifacts, tmp_path_factory):
    home = tmp_path_factory.mktemp("engine")
    model = str(artifacts / "tiny-a.gguf")
    with running(artifacts / "llamafile-0.9.3", "-m", model, "-a", "tiny-a", "-c", "4096", home=home) as url:
        yield f"{url}/v1"


@pytest.mark.parametrize("breaking", [False, True])
@pytest.mark.parametrize("subject", ["Fixed the login", 'Größe <end_of_turn> `x` "y" \\ geändert', "x" * 300])
def test_the_answer_is_a_type_and_nothing_else(base, subject, breaking) -> None:
    question = prompt.question("tiny-a", subject, ["src/login.py", "ünï.py"])
    request = prompt.request("tiny-a", 0.3, question, breaking=breaking)
    answers = [client.complete(base, request, deadline=time.monotonic() + 20) for _ in range(2)]
    for answer in answers:
        assert answer.text.strip() in {f"{kind}{'!' * breaking}:" for kind in TYPES}
        assert answer.finish_reason == "stop"
        assert prompt.kind_in(answer.text) in TYPES
    assert answers[0].text == answers[1].text  # the seed is fixed: the same commit, the same words


def test_the_models_of_a_llamafile(base) -> None:
    assert client.models(base, timeout=5) == ["tiny-a"]
