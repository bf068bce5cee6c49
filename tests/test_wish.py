"""What --model means, and what a model is called that is in no catalogue."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import wish
from bootstrap.errors import UsageError

NAMES = ["gemma-3-4b", "gemma", "qwen3-4b"]
SHA256 = "ab" * 32


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("gemma-3-4b", wish.Named("gemma-3-4b")),
        ("Gemma", wish.Named("Gemma")),
        ("no-such-model", wish.Named("no-such-model")),
        ("http://127.0.0.1:8000/some/Model.gguf?download=true", None),
        ("https://example.com/m.gguf#part", wish.Address("https://example.com/m.gguf")),
        (
            "hf.co/a/b/x.gguf",
            wish.Address("https://huggingface.co/a/b/resolve/main/x.gguf"),
        ),
        (
            "https://huggingface.co/a/b/blob/main/dir/x.gguf",
            wish.Address("https://huggingface.co/a/b/resolve/main/dir/x.gguf"),
        ),
    ],
)
def test_a_word_is_a_name_or_an_address(word: str, meant: object) -> None:
    assert wish.read(word, NAMES, exists=False) == (meant or wish.Address(word))


@pytest.mark.parametrize("word", ["model.gguf", "./model", "dir/model.GGUF", "/abs/model.bin"])
def test_a_path_is_known_by_its_look(word: str) -> None:
    read = wish.read(word, NAMES, exists=False)
    assert isinstance(read, wish.Local)
    assert read.path.is_absolute()
    assert read.path.name == word.rpartition("/")[2]


def test_a_file_that_is_there_is_meant_unless_the_catalogue_has_the_name() -> None:
    assert isinstance(wish.read("mymodel", NAMES, exists=True), wish.Local)
    assert wish.read("gemma", NAMES, exists=True) == wish.Named("gemma")


@pytest.mark.parametrize(
    "word",
    ["ftp://example.com/m.gguf", "https://example.com/", "https:///m.gguf", "http://example.com/a b.gguf",
     "https://huggingface.co/a/b", "https://huggingface.co/a/b/tree/main", "http://[::1/m.gguf"],
)  # fmt: skip
def test_an_address_of_no_file_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match=r"names no file|no address of a file"):
        wish.read(word, NAMES, exists=False)


@pytest.mark.parametrize(
    "word", ["Big-Q8_0-00001-of-00003.gguf", "https://example.com/Big-00002-of-00003.gguf"]
)
def test_a_part_of_a_model_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="one of 3 parts"):
        wish.read(word, NAMES, exists=True)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("My-Model-7B-Q4_K_M.gguf", "my-model-7b"),
        ("gemma-3-4b-it-Q4_K_M.gguf", "gemma-3-4b-it"),
        ("mistral-7b-instruct-v0.2.Q4_K_M.gguf", "mistral-7b-instruct-v0.2"),
        ("Foo.i1-IQ2_XXS.gguf", "foo"),
        ("Foo-UD-Q8_K_XL.gguf", "foo"),
        ("Foo-bf16.GGUF", "foo"),
        ("llama-3.2-3b-instruct-q4_k_m.gguf", "llama-3.2-3b-instruct"),
        ("foo-fp16.gguf", "foo"),
        ("foo-IQ4_XS.gguf", "foo"),
        ("Qwen3-4B-Q4_K_M.gguf", "qwen3-4b-q4_k_m"),  # the catalogue has another qwen3-4b
        ("gemma.gguf", "gemma-2"),
        ("Mein Modell (neu) @home.gguf", "mein-modell-neu-home"),
        ("Q4_K_M.gguf", "q4_k_m"),
        ("模型.gguf", "model"),
        ("--help.gguf", "help"),
        ("..gguf", "model"),
        ("sha256-abcdef", "sha256-abcdef"),
    ],
)
def test_a_model_is_called_as_its_file(file: str, name: str) -> None:
    assert wish.name_of(file, NAMES) == name


@given(st.text(max_size=400))
def test_any_file_gives_a_name_that_is_good_everywhere(file: str) -> None:
    name = wish.name_of(file, NAMES)
    entry = wish.model("/tmp/x", file, name, SHA256, 1)
    for text in (name, entry.file):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+_-]*", text)
        assert len(text) < 200
    assert name not in NAMES


def test_another_file_of_the_same_name_gets_a_place_of_its_own() -> None:
    one = wish.model("/tmp/m.gguf", "m.gguf", "m", SHA256, 1)
    other = wish.model("/tmp/m.gguf", "m.gguf", "m", "cd" * 32, 1)
    assert one.file != other.file


def test_an_address_of_the_hub_is_asked_for_at_its_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "https://huggingface.co/a/b/resolve/main/x.gguf"
    assert wish.model(source, "x.gguf", "x", SHA256, 1).urls == (source,)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/hub/")
    entry = wish.model(source, "x.gguf", "x", SHA256, 1)
    assert entry.urls == ("https://mirror.example/hub/a/b/resolve/main/x.gguf",)
    assert entry.source == source
