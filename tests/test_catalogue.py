"""What can be installed: the built-in facts, written down a second time, and catalogues of other people."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bootstrap import catalogue
from bootstrap.catalogue import Catalogue
from bootstrap.errors import CatalogueError
from tests.world import World

# as they are in the public records: version → sha256
LLAMAFILES = {
    "0.9.3": "c62b303d2fa6ca6829f10cf9b3c9bfae38a28182eacea92502a399b90547b24b",
    "0.9.2": "5f75c5bb5b4b120e27a8f964d95fab3ccb994099909d6ee512a06b7c33bcdea2",
    "0.10.5": "417bcc3348cd5162c2751812fc0ea2f6e79e89e7be6f17e8401ed95de2ed4246",
    "0.10.6": "d579f61dcd3a306f518e6d90e599d77793ed5f09543023d09c96ad35fcfa63f0",
}
# name → repository, revision, file, sha256, size, licence
MODELS = {
    "gemma-3-270m": (
        "bartowski/google_gemma-3-270m-it-GGUF",
        "d127a4e2c6ed47fdf409a956867b604c040432f9",
        "google_gemma-3-270m-it-Q4_K_M.gguf",
        "c866c9f113f2e9aa2225c5997ede437392b8fa844ba5db9e4c77e315ffe20800",
        253115168,
        "Gemma",
    ),
    "gemma-3-1b": (
        "ggml-org/gemma-3-1b-it-GGUF",
        "f9c28bcd85737ffc5aef028638d3341d49869c27",
        "gemma-3-1b-it-Q4_K_M.gguf",
        "8ccc5cd1f1b3602548715ae25a66ed73fd5dc68a210412eea643eb20eb75a135",
        806058240,
        "Gemma",
    ),
    "gemma-3-4b": (
        "ggml-org/gemma-3-4b-it-GGUF",
        "d0976223747697cb51e056d85c532013931fe52e",
        "gemma-3-4b-it-Q4_K_M.gguf",
        "882e8d2db44dc554fb0ea5077cb7e4bc49e7342a1f0da57901c0802ea21a0863",
        2489757856,
        "Gemma",
    ),
    "gemma-3-12b": (
        "ggml-org/gemma-3-12b-it-GGUF",
        "ec0cbabd8dbff316f659876a50202295c3c4a314",
        "gemma-3-12b-it-Q4_K_M.gguf",
        "7bb69bff3f48a7b642355d64a90e481182a7794707b3133890646b1efa778ff5",
        7300574976,
        "Gemma",
    ),
    "qwen3-0.6b": (
        "Qwen/Qwen3-0.6B-GGUF",
        "ef4088322893040952513f532f736ddeab518403",
        "Qwen3-0.6B-Q4_K_M.gguf",
        "b0638f08417a2d3c8652760462eb5407c6e30173cf9608ad0820757a281eea0e",
        396704416,
        "Apache-2.0",
    ),
    "qwen3-1.7b": (
        "ggml-org/Qwen3-1.7B-GGUF",
        "daeb8e2d528a760970442092f6bf1e55c3b659eb",
        "Qwen3-1.7B-Q4_K_M.gguf",
        "d2387ca2dbfee2ffabce7120d3770dadca0b293052bc2f0e138fdc940d9bc7b5",
        1282439264,
        "Apache-2.0",
    ),
    "qwen3-4b": (
        "Qwen/Qwen3-4B-GGUF",
        "bc640142c66e1fdd12af0bd68f40445458f3869b",
        "Qwen3-4B-Q4_K_M.gguf",
        "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5",
        2497280256,
        "Apache-2.0",
    ),
    "qwen3-8b": (
        "Qwen/Qwen3-8B-GGUF",
        "7c41481f57cb95916b40956ab2f0b139b296d974",
        "Qwen3-8B-Q4_K_M.gguf",
        "d98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785",
        5027783488,
        "Apache-2.0",
    ),
    "mistral-7b": (
        "bartowski/Mistral-7B-Instruct-v0.3-GGUF",
        "61fd4167fff3ab01ee1cfe0da183fa27a944db48",
        "Mistral-7B-Instruct-v0.3-Q4_K_M.gguf",
        "1270d22c0fbb3d092fb725d4d96c457b7b687a5f5a715abe1e818da303e562b6",
        4372812000,
        "Apache-2.0",
    ),
    "llama-3.1-8b": (
        "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF",
        "bf5b95e96dac0462e2a09145ec66cae9a3f12067",
        "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf",
        "7b064f5842bf9532c91456deda288a1b672397a54fa729aa665952863033557c",
        4920739232,
        "Llama 3.1 Community",
    ),
    "phi-4-mini": (
        "unsloth/Phi-4-mini-instruct-GGUF",
        "78eb92a46fc37e6b524df991ed9aca9bc6aa7b80",
        "Phi-4-mini-instruct-Q4_K_M.gguf",
        "88c00229914083cd112853aab84ed51b87bdf6b9ce42f532d8c85c7c63b1730a",
        2491874272,
        "MIT",
    ),
}
PACKAGED = {
    "llama-3.2-1b-llamafile": "ac1c2864000bad7f62ee56ee908d3f55dd051a267d015b15fa6e831e69767b55",
    "llava-1.5-7b-llamafile": "b75f9b97b2385c367bef0ba59516442fbfcecafcda835183fe3be0667e483581",
}

SHA = "0123456789abcdef" * 4
GOOD = {
    "llamafile": {"version": "0.9.3", "url": "https://example.com/llamafile-0.9.3", "sha256": SHA},
    "model": {
        "name": "own",
        "url": "https://example.com/own.gguf",
        "sha256": SHA,
        "size": 5,
        "licence": "MIT",
    },
}
HOSTED = {
    "name": "own",
    "repo": "me/own",
    "revision": "d0976223747697cb51e056d85c532013931fe52e",
    "file": "own.gguf",
    "sha256": SHA,
    "size": 5,
    "licence": "MIT",
}
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a catalogue: the good one, with these keys changed, and without those that are None."""

    def write(llamafile: dict | None = None, model: dict | None = None, *, good: dict | None = None) -> Path:
        entries = {
            "llamafile": GOOD["llamafile"] | (llamafile or {}),
            "model": (good or GOOD["model"]) | (model or {}),
        }
        lines = []
        for kind, entry in entries.items():
            lines.append(f"[[{kind}]]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items() if value is not None]
        path = tmp_path / "own.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture(scope="module")
def built_in() -> Catalogue:
    return catalogue.load()


# the built-in one


def test_the_llamafiles(built_in: Catalogue) -> None:
    assert {entry.version: entry.sha256 for entry in built_in.llamafiles} == LLAMAFILES
    for entry in built_in.llamafiles:
        at = f"https://github.com/mozilla-ai/llamafile/releases/download/{entry.version}/"
        assert entry.urls[0] == at + f"llamafile-{entry.version}"
        assert entry.size is None, "no record has it"
        assert 200e6 < entry.about < 600e6
    default = built_in.llamafile(None)
    assert default.version == "0.9.3"
    assert default.urls[1:] == (
        "https://sourceforge.net/projects/llamafile.mirror/files/0.9.3/llamafile-0.9.3/download",
    )


def test_the_models(built_in: Catalogue) -> None:
    assert {entry.name for entry in built_in.models} == set(MODELS)
    for entry in built_in.models:
        repository, revision, file, sha256, size, licence = MODELS[entry.name]
        assert entry.urls[0] == f"https://huggingface.co/{repository}/resolve/{revision}/{file}"
        assert (entry.file, entry.sha256, entry.size) == (file, sha256, size)
        assert entry.about == size
        assert entry.licence == licence
    experimental = built_in.model("gemma-3-270m")
    assert "experimental" in experimental.note
    assert built_in.model("phi-4-mini").chat_template == "phi4"


def test_the_packaged_ones(built_in: Catalogue) -> None:
    assert {entry.name: entry.sha256 for entry in built_in.packaged} == PACKAGED


def test_every_address_is_pinned_and_encrypted(built_in: Catalogue) -> None:
    for entry in (*built_in.llamafiles, *built_in.models, *built_in.packaged):
        for url in entry.urls:
            assert urlsplit(url).scheme == "https", url
            assert urlsplit(url).username is None
        assert re.fullmatch("[0-9a-f]{64}", entry.sha256)
    for entry in built_in.models:
        assert re.search(r"/resolve/[0-9a-f]{40}/", entry.urls[0]), "main would change under our feet"


def test_names_and_files_are_unique(built_in: Catalogue) -> None:
    names = [name for entry in built_in.models for name in (entry.name, *entry.aliases)]
    assert len(set(names)) == len(names)
    files = [entry.file.lower() for entry in built_in.models]
    assert len(set(files)) == len(files), "they share one directory"
    assert set(built_in.preferred) <= set(names)


def test_a_model_that_never_was_is_the_one_that_is_meant(built_in: Catalogue) -> None:
    assert built_in.model("gemma-3-3b").name == "gemma-3-4b"
    assert built_in.model("gemma").name == "gemma-3-4b"


def test_the_alias_is_said_in_words(world: World) -> None:
    done = world.run("--dry-run", "--model", "gemma-3-3b", "--force-fit", "--json")
    plan = json.loads(done.stdout)
    assert plan["model"] == "gemma-3-4b"
    assert any("gemma-3-3b" in note and "gemma-3-4b" in note for note in plan["notes"]), plan["notes"]
    words = world.run("--dry-run", "--model", "gemma-3-3b", "--force-fit").stdout
    assert "gemma-3-3b" in words


@pytest.mark.parametrize(
    ("typed", "meant"), [("gemma-3-4", "gemma-3-4b"), ("qwen-4b", "qwen3-4b"), ("gema", "gemma")]
)
def test_a_misspelt_model_gets_the_closest_names(built_in: Catalogue, typed: str, meant: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        built_in.model(typed)
    assert typed in caught.value.message
    assert meant in caught.value.hint


def test_an_unknown_llamafile(built_in: Catalogue) -> None:
    with pytest.raises(CatalogueError) as caught:
        built_in.llamafile("0.9.33")
    assert "0.9.33" in caught.value.message
    assert "0.9.3" in caught.value.hint


def test_bigger_models_and_longer_contexts_need_more_memory(built_in: Catalogue) -> None:
    for entry in built_in.models:
        assert entry.size
        assert entry.size < entry.memory(512) < entry.memory(8192) < entry.memory(131072)
    family = [built_in.model(f"gemma-3-{size}").memory(8192) for size in ("270m", "1b", "4b", "12b")]
    assert family == sorted(family)
    # a 4B model at 4 bits is served in 4 to 6 GB, whatever the estimate
    assert 3.5e9 < built_in.model("gemma-3-4b").memory(8192) < 6e9


# where models come from


@pytest.mark.parametrize("endpoint", ["https://hf-mirror.example", "https://hf-mirror.example/"])
def test_another_hugging_face(endpoint: str) -> None:
    plain, moved = catalogue.load(), catalogue.load(hugging_face=endpoint)
    for entry, other in zip(plain.models, moved.models, strict=True):
        path = entry.urls[0].removeprefix("https://huggingface.co")
        assert other.urls[0] == "https://hf-mirror.example" + path
        assert other.sha256 == entry.sha256
    assert moved.llamafiles == plain.llamafiles


def test_hf_endpoint_is_honoured(world: World) -> None:
    world.environment["HF_ENDPOINT"] = "http://127.0.0.1:9/hf"
    plan = json.loads(world.run("--dry-run", "--model", "gemma-3-1b", "--force-fit", "--json").stdout)
    urls = [action["urls"][0] for action in plan["actions"] if action["kind"] == "Download"]
    assert [url for url in urls if url.startswith("http://127.0.0.1:9/hf/ggml-org/gemma-3-1b-it-GGUF/")]


# other people's


def test_a_catalogue_of_ones_own(written: Written) -> None:
    own = catalogue.load(
        written({"mirrors": ["http://mirror.lan/llamafile"]}, {"aliases": ["o"], "memory": 77})
    )
    assert own.llamafile(None).urls == (GOOD["llamafile"]["url"], "http://mirror.lan/llamafile")
    model = own.model("o")
    assert (model.name, model.file, model.size, model.sha256) == ("own", "own.gguf", 5, SHA)
    assert model.memory(8192) == 77
    with pytest.raises(CatalogueError):
        own.model("gemma-3-4b")


def test_a_model_of_a_repository_of_ones_own(written: Written) -> None:
    path = written(good=HOSTED)
    own = catalogue.load(path, hugging_face="https://hub.lan")
    assert own.model("own").urls == (f"https://hub.lan/me/own/resolve/{HOSTED['revision']}/own.gguf",)


def test_keys_of_a_later_version_are_ignored(written: Written) -> None:
    own = catalogue.load(written({"sources": 3}, {"sources": 2, "released": "2027"}))
    assert own.model("own").sha256 == SHA


def test_a_checksum_in_capitals_is_the_same_checksum(written: Written) -> None:
    assert catalogue.load(written(model={"sha256": SHA.upper()})).model("own").sha256 == SHA


def test_an_unpinned_size_is_fine(written: Written) -> None:
    assert catalogue.load(written(model={"size": None})).model("own").size is None


HOSTILE_NAMES = [
    "",
    ".",
    "..",
    "../x.gguf",
    "../../.bashrc",
    "/etc/passwd",
    "a/b.gguf",
    "a\\b.gguf",
    "..\\x.gguf",
    "C:x.gguf",
    "C:\\x.gguf",
    "x\0.gguf",
    "x\n.gguf",
    5,
    None,
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_a_hostile_file_name(written: Written, name: object) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue.load(written(good=HOSTED, model={"file": name}))
    assert "own" in caught.value.message, "which entry"


@pytest.mark.parametrize(
    "end", ["", "/", "/..", "/.", "/%2e%2e", "/..%2f..%2fx", "/%2fetc%2fpasswd", "/a%5cb", "/?x=y"]
)
def test_an_address_that_gives_no_good_file_name(written: Written, end: str) -> None:
    try:
        model = catalogue.load(written(model={"url": "https://example.com" + end})).model("own")
    except CatalogueError:
        return
    assert model.file not in {"", ".", ".."}
    assert not re.search(r"[/\\:\0\n]", model.file), model.file


def test_the_name_of_a_file_has_no_question_in_it(written: Written) -> None:
    model = catalogue.load(written(model={"url": "https://example.com/own.gguf?download=true#top"})).model(
        "own"
    )
    assert model.file == "own.gguf"


@pytest.mark.parametrize(
    "version", ["", "..", "../../x", "/tmp", "a/b", "a\\b", "C:", "0.9.3\n", 0.9, None], ids=repr
)
def test_a_hostile_version(written: Written, version: object) -> None:
    """It names a directory."""
    with pytest.raises(CatalogueError):
        catalogue.load(written({"version": version}))


@pytest.mark.parametrize(
    "sha256", [None, "", SHA[:-1], SHA + "0", "g" * 64, " " + SHA[1:], 5, [SHA]], ids=repr
)
@pytest.mark.parametrize("kind", ["llamafile", "model"])
def test_a_checksum_that_is_none(written: Written, kind: str, sha256: object) -> None:
    with pytest.raises(CatalogueError, match="sha256"):
        catalogue.load(written(**{kind: {"sha256": sha256}}))


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "own.gguf",
        "/srv/own.gguf",
        "ftp://example.com/own.gguf",
        "file:///srv/own.gguf",
        "javascript:alert(1)",
        "https://",
        "https:///own.gguf",
        "https://example.com/a b\n.gguf",
        5,
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", ["llamafile", "model"])
def test_an_address_that_is_none(written: Written, kind: str, url: object) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue.load(written(**{kind: {"url": url}}))
    assert {"llamafile": "0.9.3", "model": "own"}[kind] in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"name": ""},
        {"name": 3},
        {"name": "two\nlines"},
        {"aliases": "o"},
        {"aliases": [3]},
        {"size": -1},
        {"size": "5"},
        {"size": True},
        {"size": 1.5},
        {"memory": -1},
        {"memory": "much"},
    ],
    ids=repr,
)
def test_a_value_of_the_wrong_kind(written: Written, change: dict) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue.load(written(model=change))
    (key,) = change
    assert key in caught.value.message
    assert "own.toml" in caught.value.message


@pytest.mark.parametrize("mirrors", ["https://example.com/x", ["ftp://example.com/x"], [5], 5], ids=repr)
def test_mirrors_that_are_none(written: Written, mirrors: object) -> None:
    with pytest.raises(CatalogueError, match="own"):
        catalogue.load(written(model={"mirrors": mirrors}))


@pytest.mark.parametrize("key", ["repo", "revision", "sha256"])
def test_a_missing_key_is_named(written: Written, key: str) -> None:
    with pytest.raises(CatalogueError):
        catalogue.load(written(good=HOSTED, model={key: None}))


@pytest.mark.parametrize("repository", ["../x", "me/../../x", "https://evil.example/x", "/x", "me/own?x", ""])
def test_a_hostile_repository(written: Written, repository: str) -> None:
    """Whatever it says, the file comes from the hub."""
    try:
        own = catalogue.load(written(good=HOSTED, model={"repo": repository}), hugging_face="https://hub.lan")
    except CatalogueError:
        return
    assert urlsplit(own.model("own").urls[0]).netloc == "hub.lan"


@pytest.mark.parametrize(
    "content",
    [
        b"[[model]\n",
        b"\xff\xfe",
        b"model = 3\n",
        b"model = [3]\n",
        b"[model]\nname = 'x'\n",
        b"preferred = 3\n",
        b"",
    ],
    ids=repr,
)
def test_what_is_no_catalogue(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(CatalogueError) as caught:
        catalogue.load(path).llamafile(None)
    assert "broken.toml" in caught.value.message
    assert caught.value.hint


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.toml"):
        with pytest.raises(CatalogueError, match=re.escape(str(path))):
            catalogue.load(path)


def test_a_preference_for_nothing(written: Written) -> None:
    path = written()
    path.write_text('preferred = ["gone"]\n' + path.read_text())
    with pytest.raises(CatalogueError, match="preferred"):
        catalogue.load(path).model(catalogue.load(path).preferred[0])


def second_model(written: Written, **change: str) -> Path:
    """The good catalogue with another model behind the first one."""
    entry = written(model=change).read_text().partition("[[model]]")
    path = written()
    path.write_text(path.read_text() + "".join(entry[1:]))
    return path


def test_without_a_preference_the_first_model_is_preferred(written: Written) -> None:
    own = catalogue.load(second_model(written, name="other", url="https://example.com/other.gguf"))
    assert [model.name for model in own.models] == ["own", "other"]
    assert own.preferred[0] == "own"


def test_two_models_of_one_name(written: Written) -> None:
    """Which one would be installed? It is said, not guessed."""
    with pytest.raises(CatalogueError, match="own"):
        catalogue.load(second_model(written, sha256="f" * 64))


def test_the_address_of_the_project_is_one(built_in: Catalogue) -> None:
    assert urlsplit(catalogue.address()).scheme == "https"
