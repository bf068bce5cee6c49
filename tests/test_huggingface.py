"""Hugging Face: addresses as people copy them, tokens that reach nobody else, refusals in words."""

import os
from pathlib import Path

import pytest

from bootstrap.download import huggingface, inquire
from bootstrap.download.huggingface import RepositoryFile
from bootstrap.download.source import Patience
from bootstrap.errors import BootstrapError, DownloadError, UsageError
from tests import hub

TOKEN = "hf_secretsecretsecret"
FILE = "https://huggingface.co/owner/name/resolve/main/model.gguf"
NOW = Patience(attempts=2, pause=0.01)


@pytest.mark.parametrize(
    ("address", "revision", "path"),
    [
        ("https://huggingface.co/owner/name/resolve/main/model.gguf", "main", "model.gguf"),
        ("https://huggingface.co/owner/name/blob/main/model.gguf", "main", "model.gguf"),
        ("https://huggingface.co/owner/name/tree/main/model.gguf", "main", "model.gguf"),
        ("https://huggingface.co/owner/name/raw/v1.0/model.gguf", "v1.0", "model.gguf"),
        ("https://huggingface.co/owner/name/resolve/main/model.gguf?download=true", "main", "model.gguf"),
        ("https://huggingface.co/owner/name?show_file_info=model.gguf", "main", "model.gguf"),
        ("https://huggingface.co/owner/name/tree/v2?show_file_info=model.gguf", "v2", "model.gguf"),
        ("http://hf.co/owner/name/blob/main/model.gguf", "main", "model.gguf"),
        ("hf.co/owner/name/model.gguf", "main", "model.gguf"),
        ("https://huggingface.co/owner/name/blob/refs%2Fpr%2F1/a%20b/m.gguf", "refs/pr/1", "a b/m.gguf"),
    ],
)
def test_addresses_from_the_browser(address: str, revision: str, path: str) -> None:
    assert huggingface.file_at(address) == RepositoryFile("owner/name", revision, path)


def test_the_address_is_quoted_again() -> None:
    file = RepositoryFile("owner/name", "refs/pr/1", "a b/m.gguf")
    assert file.url == "https://huggingface.co/owner/name/resolve/refs%2Fpr%2F1/a%20b/m.gguf"
    assert huggingface.file_at(file.url) == file


def test_other_hosts_are_not_the_hub() -> None:
    for address in (
        "https://example.com/owner/name/resolve/main/model.gguf",
        "https://huggingface.co.example.com/owner/name/resolve/main/model.gguf",
        "https://user@example.com/huggingface.co/x",
        "https://huggingface.co:8443/owner/name/resolve/main/model.gguf",
        "gemma-3-4b",
    ):
        assert huggingface.file_at(address) is None
        assert not huggingface.knows(address)


def test_a_page_is_no_file() -> None:
    for address in (
        "https://huggingface.co/owner/name",
        "https://huggingface.co/owner/name/tree/main",
        "hf.co/x",
    ):
        with pytest.raises(UsageError, match="names no file"):
            huggingface.file_at(address)


def test_the_token_goes_to_the_hub_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert huggingface.authorization_for(FILE) == f"Bearer {TOKEN}"
    for address in (
        FILE.replace("https:", "http:"),
        FILE.replace("huggingface.co", "huggingface.co.example.com"),
        FILE.replace("huggingface.co", "huggingface.co:8443"),
        "https://cdn-lfs.huggingface.co/owner/name",
        "https://user@example.com/huggingface.co/",
        "https://huggingface.co@example.com/x",
        "http://[::1",
        "https://huggingface.co:port/x",
        "model.gguf",
    ):
        assert huggingface.authorization_for(address) is None, address


def test_the_endpoint_takes_the_place_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for the token: it is the one of that mirror then."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/hub/")
    own = "https://mirror.example/hub/owner/name/resolve/main/model.gguf"
    assert huggingface.at_endpoint(FILE) == own
    assert huggingface.file_at(own) == huggingface.file_at(FILE)
    assert huggingface.authorization_for(own) == f"Bearer {TOKEN}"
    for address in (FILE, "https://mirror.example/other/x", "https://mirror.example/hubs/x"):
        assert huggingface.authorization_for(address) is None, address
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    assert huggingface.authorization_for("http://mirror.example/owner/name/x") is None
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:8000")
    assert huggingface.authorization_for("http://127.0.0.1:8000/owner/name/x") == f"Bearer {TOKEN}"


def test_the_token_of_a_login_is_found(throwaway_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert huggingface.authorization_for(FILE) is None
    for number, (variable, place) in enumerate(
        (
            ("", throwaway_home / ".cache" / "huggingface" / "token"),
            ("XDG_CACHE_HOME", throwaway_home / "cache" / "huggingface" / "token"),
            ("HF_HOME", throwaway_home / "hf" / "token"),
            ("HF_TOKEN_PATH", throwaway_home / "secret"),
        )
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"hf_number{number}\n")
        if variable:
            below = {"XDG_CACHE_HOME": place.parent.parent, "HF_HOME": place.parent}.get(variable, place)
            monkeypatch.setenv(variable, str(below))
        assert huggingface.authorization_for(FILE) == f"Bearer hf_number{number}"
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert huggingface.authorization_for(FILE) == f"Bearer {TOKEN}"


def test_what_can_be_no_token_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("two words", "line\r\nX-Header: 1", "schlüssel"):
        monkeypatch.setenv("HF_TOKEN", text)
        assert huggingface.authorization_for(FILE) is None


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "GatedRepo", "gated"),
        (403, "GatedRepo", "gated"),
        (401, "RepoNotFound", "no repository owner/name, or it is private"),
        (404, "RepoNotFound", "no repository owner/name, or it is private"),
        (401, "", "no repository owner/name, or it is private"),
        (404, "EntryNotFound", "no file model.gguf at main"),
        (404, "RevisionNotFound", "no revision main"),
    ],
)
def test_refusals_in_words(status: int, code: str, words: str) -> None:
    found = huggingface.explain(status, {"x-error-code": code}, FILE)
    assert found
    assert words in found[0]
    assert "https://huggingface.co/" in found[1]


def test_a_refused_token_is_named() -> None:
    headers = {"x-error-message": "Invalid credentials in Authorization header"}
    found = huggingface.explain(401, headers, FILE)
    assert found
    assert "does not accept the token" in found[0]


def test_a_gated_repository_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    without = huggingface.explain(401, {"x-error-code": "GatedRepo"}, FILE)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with_token = huggingface.explain(403, {"x-error-code": "GatedRepo"}, FILE)
    assert without
    assert with_token
    assert "accept it at https://huggingface.co/owner/name" in without[1]
    assert "HF_TOKEN" in without[1]
    assert "with the account of your token" in with_token[0]
    assert TOKEN not in "".join((*without, *with_token))


def test_other_answers_need_no_words() -> None:
    for status, url in (
        (200, FILE),
        (429, FILE),
        (503, FILE),
        (404, "https://example.com/x"),
        (404, "hf.co/x"),
    ):
        assert huggingface.explain(status, {}, url) is None


@pytest.fixture
def repository(tmp_path: Path) -> hub.Repository:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + os.urandom(600_000))
    return hub.Repository({"model.gguf": path})


def asked(running: hub.Hub, monkeypatch: pytest.MonkeyPatch, revision: str = "main") -> inquire.Pinned | None:
    monkeypatch.setenv("HF_ENDPOINT", running.url)
    return inquire.pin(RepositoryFile("owner/name", revision, "model.gguf"), NOW)


def test_a_branch_is_pinned_to_its_commit(
    repository: hub.Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub.serving({"owner/name": repository}) as running:
        pinned = asked(running, monkeypatch)
        assert running.stored == []  # the storage need not be asked for it
    assert pinned
    assert pinned.file.revision == hub.COMMIT
    assert pinned.size == 600_004
    from bootstrap import download

    assert pinned.sha256 == download.sha256_of(repository.files["model.gguf"])


def test_without_a_sha256_nothing_is_pinned(
    repository: hub.Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.small = True
    with hub.serving({"owner/name": repository}) as running:
        assert asked(running, monkeypatch) is None


def test_a_renamed_repository_is_found(repository: hub.Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repositories = {"owner/name": hub.Repository({}, renamed="owner/new"), "owner/new": repository}
    with hub.serving(repositories) as running:
        assert asked(running, monkeypatch)


def test_another_host_is_not_asked(repository: hub.Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it told would be worth nothing."""
    repository.silent = True
    with hub.serving({"owner/name": repository}) as running:
        assert asked(running, monkeypatch) is None
        assert running.stored == []


def test_a_refusal_is_an_error_with_a_hint(
    repository: hub.Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.gated, repository.token = True, TOKEN
    with hub.serving({"owner/name": repository}) as running:
        with pytest.raises(DownloadError, match="is gated") as caught:
            asked(running, monkeypatch)
        assert "accept it at" in caught.value.hint
        with pytest.raises(DownloadError, match="has no repository other/name"):
            inquire.pin(RepositoryFile("other/name", "main", "model.gguf"), NOW)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        with pytest.raises(DownloadError, match="has no revision v7"):
            asked(running, monkeypatch, "v7")
        assert asked(running, monkeypatch)


def test_nobody_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(BootstrapError, match=r"cannot ask for model\.gguf: 127\.0\.0\.1:9: no connection"):
        inquire.pin(RepositoryFile("owner/name", "main", "model.gguf"), NOW)


def test_the_beginning_is_all_that_is_fetched(
    repository: hub.Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = repository.files["model.gguf"].read_bytes()
    repository.token = TOKEN
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with hub.serving({"owner/name": repository}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        head, size = inquire.peek(huggingface.at_endpoint(FILE), NOW)
        assert (head, size) == (data[: inquire.BEGINNING], len(data))
        assert running.sent == inquire.BEGINNING
        assert running.asked[-1][2] == f"Bearer {TOKEN}"
        assert running.stored[-1][2] is None, "the token went to another host"
