"""Any file or address as the model, end to end: checked before anything changes, remembered, undone."""

import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hub, mirror, standin
from tests.test_gguf import write
from tests.world import World, tree

TOKEN = "hf_secretsecretsecret"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as users have them."""
    directory = tmp_path_factory.mktemp("models")
    standin.make(directory / "My-Model-Q4_K_M.gguf", seed=11)
    standin.make(directory / "Other-Model-Q8_0.gguf", seed=12)
    (directory / "page.gguf").write_text("<!doctype html><title>Log in</title>")
    write(directory / "newer.gguf", "gemma3n")
    whole = (directory / "Other-Model-Q8_0.gguf").read_bytes()
    (directory / "cut.gguf").write_bytes(whole[:-1000])
    return directory


@pytest.fixture
def mine(world: World, models: Path) -> Path:
    """A user's own file in their home."""
    path = world.home / "Downloads" / "My-Model-Q4_K_M.gguf"
    path.parent.mkdir()
    shutil.copy(models / path.name, path)
    return path


@pytest.fixture
def files(models: Path) -> Iterator[mirror.Mirror]:
    """An address of no hub, with the same files."""
    with mirror.serving(models) as running:
        yield running


@pytest.fixture
def hugging_face(models: Path, world: World) -> Iterator[hub.Hub]:
    """The hub that this world knows."""
    repositories = {
        "owner/models": hub.Repository({path.name: path for path in models.iterdir()}),
        "owner/gated": hub.Repository(
            {"My-Model-Q4_K_M.gguf": models / "My-Model-Q4_K_M.gguf"}, gated=True, token=TOKEN
        ),
    }
    with hub.serving(repositories) as running:
        world.environment["HF_ENDPOINT"] = running.url
        yield running


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def config(world: World) -> dict:
    return tomllib.loads(world.config.read_text())


def test_a_file_becomes_the_model(world: World, mine: Path) -> None:
    """And is only read: it may go, and comes to no harm when everything is taken back."""
    before = tree(world.home)
    first = world.install("--model", str(mine)).stdout
    assert "Ready: my-model answers" in first
    model = world.status()["model"]
    assert (model["name"], model["sha256"], model["size"]) == ("my-model", sha256(mine), mine.stat().st_size)
    ours = Path(model["path"])
    assert ours.parent == world.data / "models"
    assert not ours.samefile(mine)
    assert config(world)["ai"]["model"] == "llamafile/my-model"
    assert config(world)["llamafile"]["model_path"] == str(ours)
    assert "Nothing to do" in world.install().stdout
    mine.rename(mine.with_name("elsewhere"))
    assert "Nothing to do" in world.install().stdout
    assert world.status()["server"]["ready"]
    mine.with_name("elsewhere").rename(mine)
    world.run("uninstall")
    assert tree(world.home) == before


def test_the_file_may_be_named_by_a_short_path(world: World, mine: Path) -> None:
    world.run(
        "install", "--catalogue", str(world.catalogue), "--port", str(world.port),
        "--model", mine.name, cwd=mine.parent,
    )  # fmt: skip
    assert world.status()["model"]["name"] == "my-model"
    assert config(world)["install"]["model_source"] == str(mine)


def test_a_real_engine_serves_it(real_world: World, models: Path) -> None:
    real_world.install("--model", str(models / "My-Model-Q4_K_M.gguf"))
    assert real_world.status()["server"]["ready"]


def test_what_was_lost_is_brought_again(world: World, mine: Path) -> None:
    world.install("--model", str(mine))
    ours = Path(world.status()["model"]["path"])
    ours.unlink()
    world.install()
    assert sha256(ours) == sha256(mine)
    ours.unlink()
    mine.unlink()
    failed = world.install(check=False)
    assert failed.returncode == 1
    assert (
        f"my-model is neither in ~/{ours.parent.relative_to(world.home)} nor at ~/Downloads" in failed.stderr
    )
    assert "--model FILE.gguf" in failed.stderr
    assert "Ready: tiny-a" in world.install("--model", "tiny-a").stdout


def test_from_and_to_a_model_of_the_catalogue(world: World, mine: Path) -> None:
    world.install("--model", "tiny-a")
    told = world.install("--model", str(mine)).stdout
    assert "tiny-a -> my-model" in told
    assert [path.name for path in (world.data / "models").iterdir()] == [
        f"My-Model-Q4_K_M-{sha256(mine)[:8]}.gguf"
    ]
    rows = json.loads(world.run("models", "--json").stdout)["models"]
    row = next(row for row in rows if row["name"] == "my-model")
    assert (row["installed"], row["size"], row["source"]) == (True, mine.stat().st_size, str(mine))
    assert "my-model -> tiny-b" in world.install("--model", "tiny-b").stdout
    # its name is still known, and where it came from
    assert "tiny-b -> my-model" in world.install("--model", "my-model").stdout
    assert world.status()["model"]["sha256"] == sha256(mine)


def test_a_new_version_of_the_file_proves_itself_first(world: World, mine: Path, models: Path) -> None:
    world.install("--model", str(mine))
    old = Path(world.status()["model"]["path"])
    shutil.copy(models / "Other-Model-Q8_0.gguf", mine)
    assert "Nothing to do" in world.install().stdout
    world.install("--model", str(mine))
    new = world.status()["model"]
    assert (new["name"], new["sha256"]) == ("my-model", sha256(mine))
    assert Path(new["path"]) != old
    assert not old.exists()


def test_another_llamafile_has_to_know_it_too(world: World) -> None:
    path = write(world.home / "three.gguf", "qwen3")
    world.install("--model", str(path))
    before = tree(world.home)
    failed = world.install("--llamafile", "0.9.2", check=False)
    assert "three is a qwen3 model, which llamafile 0.9.2 does not know" in failed.stderr
    assert tree(world.home) == before
    assert world.status()["server"]["ready"]


def test_a_name_of_the_catalogue_wins(world: World) -> None:
    (world.home / "tiny-a").write_text("not a model")
    world.install("--model", "tiny-a")
    assert world.status()["model"]["name"] == "tiny-a"


def test_a_file_named_as_the_model_is_not_in_its_way(world: World, mine: Path) -> None:
    world.install("--model", str(mine))
    (world.home / "my-model").mkdir()
    (world.home / "my-model.gguf").write_text("not a model")
    (world.home / "my-model").rmdir()
    (world.home / "my-model").write_text("not a model")
    assert "Nothing to do" in world.install("--model", "my-model").stdout


def test_a_file_that_the_catalogue_knows_is_not_downloaded(
    world: World, artifacts: Path, server: mirror.Mirror
) -> None:
    copy = world.home / "renamed.gguf"
    shutil.copy(artifacts / "tiny-a.gguf", copy)
    server.requests.clear()
    told = world.install("--model", str(copy), "--no-reuse").stderr
    assert "renamed.gguf is tiny-a of the catalogue" in told
    assert world.status()["model"]["name"] == "tiny-a"
    assert not any("tiny-a" in path for path in server.requests)


WRONG = [
    ("page.gguf", "page.gguf is not a GGUF model: it is a web page"),
    ("newer.gguf", "newer.gguf is a gemma3n model, which llamafile 0.9.3 does not know"),
    ("cut.gguf", "cut.gguf is cut off: it has"),
    ("missing.gguf", "there is no file"),
    (".", "is a directory"),
]


@pytest.mark.parametrize(("name", "words"), WRONG)
def test_a_wrong_file_leaves_everything_as_it_was(world: World, models: Path, name: str, words: str) -> None:
    world.install("--model", "tiny-a")
    before = tree(world.home)
    failed = world.install("--model", f"{models}/{name}", check=False)
    assert failed.returncode == 1
    assert words in failed.stderr
    assert "help: " in failed.stderr
    assert tree(world.home) == before
    assert world.status()["server"]["ready"]
    assert "Nothing to do" in world.install().stdout


def test_a_repository_is_no_file(world: World) -> None:
    failed = world.install("--model", "owner/Some-Model-GGUF", check=False)
    assert "there is no file" in failed.stderr
    assert "https://huggingface.co/owner/Some-Model-GGUF/blob/main/FILE.gguf" in failed.stderr


def test_a_place_that_is_no_text_is_refused(world: World, mine: Path) -> None:
    folder = Path(os.fsdecode(bytes(world.home) + b"/\xff"))
    folder.mkdir()
    shutil.copy(mine, folder)
    failed = world.run("install", "--model", mine.name, cwd=folder, check=False)
    assert failed.returncode == 1
    assert "is not UTF-8, and config.toml cannot hold it" in failed.stderr


def test_the_checksum_of_a_file_is_compared(world: World, mine: Path) -> None:
    failed = world.install("--model", str(mine), "--sha256", "0" * 64, check=False)
    assert failed.returncode == 1
    assert f"has the checksum {sha256(mine)[:12]}… instead of 000000000000…" in failed.stderr
    assert tree(world.home).keys() == {"Downloads", f"Downloads/{mine.name}"}
    world.install("--model", str(mine), "--sha256", sha256(mine).upper())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sha256", "0" * 64), "--sha256 belongs to a file or an address"),
        (("--model", "tiny-a", "--sha256", "0" * 64), "--sha256 belongs to a file or an address"),
        (("--model", "x.gguf", "--sha256", "12"), "must be 64 hexadecimal digits"),
        (("--model", "http://127.0.0.1:9/x.gguf"), "the checksum of x.gguf is not known"),
        (("--model", "ftp://127.0.0.1/x.gguf", "--sha256", "0" * 64), "is no address of a file"),
        (("--model", "x-00001-of-00003.gguf"), "one of 3 parts"),
        (("--model", "https://huggingface.co/owner/models"), "names no file"),
    ],
)
def test_wrong_usage(world: World, arguments: tuple[str, ...], words: str) -> None:
    failed = world.install(*arguments, check=False)
    assert (failed.returncode, words in failed.stderr) == (2, True), failed.stderr
    assert tree(world.home) == {}


def test_a_model_that_does_not_fit_is_refused(world: World, models: Path) -> None:
    """By what its header says, and not by its size."""
    path = write(
        world.home / "huge.gguf",
        __block_count=500,
        __embedding_length=8192,
        __attention__head_count=64,
        __context_length=1024,
    )
    failed = world.install("--model", str(path), check=False)
    assert "huge needs about 134.8 GB of memory" in failed.stderr
    assert tree(world.home).keys() == {"huge.gguf"}
    told = world.install("--model", str(path), "--force-fit", "--dry-run").stdout
    assert "huge was trained for 1024 tokens: better use --ctx-size 1024" in told
    assert "bring huge (0.0 MB) from ~/huge.gguf to ~/" in told


def test_an_address_with_a_checksum(world: World, models: Path, files: mirror.Mirror) -> None:
    before = tree(world.home)
    file = models / "My-Model-Q4_K_M.gguf"
    address = f"{files.url}/some/{file.name}"
    mirror_of_the_catalogue = ("--mirror", "http://127.0.0.1:9/none")
    told = world.install("--model", address, "--sha256", sha256(file), *mirror_of_the_catalogue).stderr
    assert "my-model: 127.0.0.1:9" not in told
    assert world.status()["model"] | {"path": ""} == {
        "name": "my-model", "path": "", "sha256": sha256(file), "size": file.stat().st_size,
    }  # fmt: skip
    assert config(world)["install"]["model_source"] == address
    files.requests.clear()
    assert "Nothing to do" in world.install().stdout
    assert files.requests == []
    Path(world.status()["model"]["path"]).unlink()
    world.install()
    assert world.status()["server"]["ready"]
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_wrong_checksum_of_an_address_leaves_everything_as_it_was(
    world: World, files: mirror.Mirror
) -> None:
    world.install("--model", "tiny-a")
    failed = world.install("--model", f"{files.url}/My-Model-Q4_K_M.gguf", "--sha256", "0" * 64, check=False)
    assert "wrong checksum" in failed.stderr
    assert world.status()["model"]["name"] == "tiny-a"
    assert world.status()["server"]["ready"]
    assert [path.name for path in (world.data / "models").iterdir()] == ["tiny-a.gguf"]
    world.install()  # forgets what came to nothing
    assert "Nothing to do" in world.install().stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("newer.gguf", "newer.gguf is a gemma3n model"),
        ("page.gguf", "it is a web page"),
        ("cut.gguf", "cut is cut off: it has"),  # found out when it has arrived: its beginning is fine
    ],
)
def test_a_wrong_file_at_an_address_leaves_everything_as_it_was(
    world: World, models: Path, files: mirror.Mirror, name: str, words: str
) -> None:
    world.install("--model", "tiny-a")
    present, settings = tree(world.data / "models"), world.config.read_text()
    file = models / name
    failed = world.install("--model", f"{files.url}/{name}", "--sha256", sha256(file), check=False)
    assert failed.returncode == 1
    assert words in failed.stderr
    assert tree(world.data / "models") == present, "something of no use was kept"
    assert world.config.read_text() == settings
    status = world.status()
    assert (status["model"]["name"], status["server"]["ready"]) == ("tiny-a", True)
    world.install()  # forgets what came to nothing
    assert "Nothing to do" in world.install().stdout
    assert world.status()["server"]["pid"] == status["server"]["pid"]


def test_an_address_of_the_hub_needs_no_checksum(world: World, models: Path, hugging_face: hub.Hub) -> None:
    """As copied from the browser; pinned to the commit, so that a branch that moves changes nothing."""
    before = tree(world.home)
    file = models / "My-Model-Q4_K_M.gguf"
    page = "https://huggingface.co/owner/models/blob/main/My-Model-Q4_K_M.gguf"
    told = world.install("--model", page).stderr
    assert f"pinned sha256 {sha256(file)}" in told
    assert f"{file.name} of owner/models, at {hub.COMMIT[:12]}" in told
    source = f"https://huggingface.co/owner/models/resolve/{hub.COMMIT}/{file.name}"
    install = config(world)["install"]
    assert (install["model_source"], install["model_sha256"]) == (source, sha256(file))
    assert world.status()["model"]["sha256"] == sha256(file)
    repository = hugging_face.repositories["owner/models"]
    repository.commit = "f" * 40
    repository.files[file.name] = models / "Other-Model-Q8_0.gguf"
    hugging_face.asked.clear()
    assert "Nothing to do" in world.install().stdout
    assert hugging_face.asked == []
    # asked for again, the branch is where it is now
    world.install("--model", page)
    status = world.status()
    assert (status["model"]["name"], status["model"]["sha256"]) == (
        "my-model",
        sha256(models / "Other-Model-Q8_0.gguf"),
    )
    world.run("uninstall")
    assert tree(world.home) == before


def test_a_checksum_for_the_hub_has_to_be_its_own(world: World, models: Path, hugging_face: hub.Hub) -> None:
    page = "hf.co/owner/models/My-Model-Q4_K_M.gguf"
    failed = world.install("--model", page, "--sha256", "0" * 64, check=False)
    assert "at Hugging Face instead of 000000000000…" in failed.stderr
    assert hugging_face.sent == 0
    hugging_face.repositories["owner/models"].small = True
    failed = world.install("--model", page, check=False)
    assert "Hugging Face tells no checksum of My-Model-Q4_K_M.gguf" in failed.stderr
    world.install("--model", page, "--sha256", sha256(models / "My-Model-Q4_K_M.gguf"))


def test_a_gated_model_is_explained_and_its_token_stays_secret(
    world: World, models: Path, hugging_face: hub.Hub
) -> None:
    page = "https://huggingface.co/owner/gated/resolve/main/My-Model-Q4_K_M.gguf"
    failed = world.install("--model", page, check=False)
    assert failed.returncode == 1
    assert "owner/gated is gated: its licence has to be accepted first" in failed.stderr
    assert "accept it at https://huggingface.co/owner/gated, then set HF_TOKEN" in failed.stderr
    assert tree(world.home) == {}
    world.environment["HF_TOKEN"] = TOKEN
    hugging_face.asked.clear()
    done = world.install("--model", page, "--verbose", "--json")
    assert {authorization for _, _, authorization in hugging_face.asked} == {f"Bearer {TOKEN}"}
    assert hugging_face.stored
    assert {authorization for _, _, authorization in hugging_face.stored} == {None}
    assert TOKEN not in done.stdout + done.stderr
    for path in world.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert TOKEN.encode() not in process.read_bytes()
        except OSError:
            continue


def test_a_model_of_the_catalogue_may_be_gated_too(world: World, models: Path, hugging_face: hub.Hub) -> None:
    file = models / "My-Model-Q4_K_M.gguf"
    with world.catalogue.open("a") as text:
        text.write(
            f'\n[[model]]\nname = "gated"\nrepo = "owner/gated"\nrevision = "{hub.COMMIT}"\n'
            f'file = "{file.name}"\nsha256 = "{sha256(file)}"\n'
        )
    failed = world.install("--model", "gated", check=False)
    assert "owner/gated is gated" in failed.stderr
    assert "accept it at https://huggingface.co/owner/gated, then set HF_TOKEN" in failed.stderr
    assert hugging_face.stored == []
    world.environment["HF_TOKEN"] = TOKEN
    world.install("--model", "gated")
    assert world.status()["server"]["ready"]
    assert {authorization for _, _, authorization in hugging_face.stored} == {None}


def test_a_wrong_model_of_the_hub_is_refused_by_its_beginning(world: World, hugging_face: hub.Hub) -> None:
    """Not one byte more is fetched, and nothing is left behind."""
    failed = world.install("--model", "hf.co/owner/models/newer.gguf", check=False)
    assert "newer.gguf is a gemma3n model" in failed.stderr
    assert len(hugging_face.stored) == 1
    assert tree(world.home) == {}


def test_a_file_and_the_engine_of_a_folder(world: World, mine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    world.run("bundle", str(folder), "--catalogue", str(world.catalogue), "--model", "tiny-a")
    world.install("--from", str(folder), "--model", str(mine))
    assert world.status()["model"]["name"] == "my-model"
    failed = world.install(
        "--from", str(folder), "--model", "http://127.0.0.1:9/x.gguf", "--sha256", "0" * 64, check=False
    )
    assert "nothing comes from the network, and --model is an address" in failed.stderr


def test_the_hook_knows_the_name(world: World, mine: Path) -> None:
    repository = world.repository()
    world.install("--model", str(mine), "--repo", str(repository))
    world.git(repository, "commit", "--quiet", "-m", "Add login.")
    assert world.git(repository, "log", "-1", "--format=%s").strip() == "fix: add login"
