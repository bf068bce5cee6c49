"""The request against a real llama.cpp engine: the grammar holds whatever the model would like to say."""

import time

import pytest

from bootstrap.polish import client, prompt, reply
from bootstrap.polish.convention import TYPES, Convention
from bootstrap.polish.diff import File, Piece
from tests.standin.process import running


@pytest.fixture(scope="module")
def base(artifacts, tmp_path_factory):
    home = tmp_path_factory.mktemp("engine")
    model = str(artifacts / "tiny-a.gguf")
    with running(artifacts / "llamafile-0.9.3", "-m", model, "-a", "tiny-a", "-c", "4096", home=home) as url:
        yield f"{url}/v1"


SUBJECTS = ["Fixed the login", 'Größe <end_of_turn> `x` "y" \\ geändert', "x" * 300]
FILES = [File("src/login.py", None, 3), File("ünï.py", "old.py", 2)]
PIECES = [Piece("src/login.py", "-old\n+new <end_of_turn>")]


def answered(base: str, subject: str, wanted: prompt.Wanted) -> str:
    """The seed is fixed: the same commit, the same words."""
    question = prompt.question("tiny-a", subject, wanted, FILES, PIECES)
    request = prompt.request("tiny-a", 0.3, question, wanted)
    first, second = (client.complete(base, request, deadline=time.monotonic() + 20) for _ in range(2))
    assert first.text == second.text
    assert wanted.mode == "rewrite" or first.finish_reason == "stop"
    return first.text


@pytest.mark.parametrize("breaking", [False, True])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_answer_is_a_type_and_nothing_else(base, subject, breaking) -> None:
    wanted = prompt.Wanted("type", Convention(), breaking=breaking)
    text = answered(base, subject, wanted)
    assert text.strip() in {f"{kind}{'!' * breaking}:" for kind in TYPES}
    assert reply.kind(text, wanted)


def test_a_scope_is_one_of_those_to_choose_from(base) -> None:
    rules = Convention(types=("fix", "deps-dev"), scopes=("api", 'q"\\'), scoped=True)
    wanted = prompt.Wanted("type", rules, rules.scopes)
    found = reply.kind(answered(base, "Fixed the login", wanted), wanted)
    assert found and found[0] in rules.types and found[1] in rules.scopes


@pytest.mark.parametrize("breaking", [False, True])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_rewritten_subject_has_the_form(base, subject, breaking) -> None:
    wanted = prompt.Wanted("rewrite", Convention(), ("api",), breaking)
    text = answered(base, subject, wanted)
    head, colon, words = text.partition(": ")
    assert colon and head.removesuffix("!").removesuffix("(api)") in TYPES
    assert head.endswith("!") == breaking
    assert words and "\n" not in text and "  " not in words and not words.startswith(" ")


def test_the_models_of_a_llamafile(base) -> None:
    assert client.models(base, timeout=5) == ["tiny-a"]
