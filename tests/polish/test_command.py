"""`bootstrap polish` itself: files, texts, explanations, and trouble that costs nobody a message."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bootstrap.errors import CommandError
from bootstrap.polish import client, diff, evidence, workshop
from bootstrap.polish.command import main
from tests.polish import scripted
from tests.polish.repository import NO_MODEL, stand_in
from tests.world import ROOT, free_port


@pytest.fixture
def config(tmp_path, model) -> Path:
    return configured(tmp_path, model.base)


@pytest.fixture
def file(tmp_path, monkeypatch) -> Path:
    """A message file, in a directory that is no repository."""
    directory = tmp_path / "some where"
    directory.mkdir()
    monkeypatch.chdir(directory)
    path = directory / "message"
    path.write_bytes(b"Fixed the login.\r\n\r\nbody\r\n")
    return path


def configured(directory: Path, api_base: str, hook: str = "") -> Path:
    path = directory / "config.toml"
    path.write_text(f'[ai]\nmodel = "m"\n[llamafile]\napi_base = "{api_base}"\n[hook]\n{hook}\n')
    return path


def polish(config: Path, *arguments: str) -> int:
    return main(["--config", str(config), *arguments])


def test_a_text(config, capfdbinary) -> None:
    assert polish(config, "-m", "Fixed the login.") == 0
    assert capfdbinary.readouterr() == (b"fix: fix the login\n", b"")


def test_texts_become_paragraphs_as_with_git(config, capfdbinary) -> None:
    assert polish(config, "-m", "Fixed the login.", "-m", "The body. ") == 0
    assert capfdbinary.readouterr().out == b"fix: fix the login\n\nThe body. \n"


def told(capfd) -> dict:
    out, err = capfd.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    return json.loads(out)


def test_a_text_as_json(config, capfd) -> None:
    assert polish(config, "--json", "-m", "Fixed the login.", "-m", "é body") == 0
    assert told(capfd) == {
        "event": "done",
        "subject": "fix: fix the login",
        "message": "fix: fix the login\n\né body",
        "changed": True,
        "reason": "",
    }
    assert polish(config, "--json", "-m", "fix: fix the login") == 0
    good = told(capfd)
    assert (good["subject"], good["changed"]) == ("fix: fix the login", False)
    assert good["reason"]


def test_a_file_as_json(config, file, capfd) -> None:
    out = file.with_name("out")
    assert polish(config, "--json", "--file", str(file), "--out", str(out)) == 0
    found = told(capfd)
    assert found["message"] == out.read_bytes().decode()
    assert found["subject"] == "fix: fix the login"
    assert found["changed"] is True
    assert polish(config, "--json", "--file", str(file)) == 0
    assert told(capfd)["message"] == file.read_bytes().decode() == out.read_bytes().decode()
    assert polish(config, "--json", "--file", str(file)) == 0
    assert told(capfd)["changed"] is False
    file.unlink()
    assert polish(config, "--json", "--file", str(file)) == 0
    gone = told(capfd)
    assert (gone["subject"], gone["message"], gone["changed"]) == (None, None, False)
    assert gone["reason"]


def test_wrong_usage_as_json(config, capfd) -> None:
    assert polish(config, "--json") == 2
    found = told(capfd)
    assert found["event"] == "error"
    assert found["hint"]


def test_a_text_that_cannot_be_polished_is_printed_as_it_was(tmp_path, capfdbinary) -> None:
    config = configured(tmp_path, f"http://127.0.0.1:{free_port()}/v1")
    assert polish(config, "-m", "Fixed the login.") == 0
    out, err = capfdbinary.readouterr()
    assert out == b"Fixed the login.\n"
    assert err.startswith(NO_MODEL.encode() + b"nothing answers at") and err.count(b"\n") == 1


@pytest.mark.parametrize(
    ("text", "why"), [("wip", b"work in progress"), ("fix: it", b"already"), ("", b"empty")]
)
def test_a_text_that_is_left_alone_says_why(config, model, capfdbinary, text, why) -> None:
    assert polish(config, "-m", text) == 0
    out, err = capfdbinary.readouterr()
    assert out == text.encode() + b"\n"
    assert why in err
    assert not model.asked


def test_a_text_that_is_no_utf8(config, capfdbinary) -> None:
    assert polish(config, "-m", os.fsdecode(b"caf\xe9 is closed")) == 0
    out, err = capfdbinary.readouterr()
    assert out == b"caf\xe9 is closed\n"
    assert b"UTF-8" in err


def test_explanation(config, capfdbinary) -> None:
    assert polish(config, "-m", "Fixed the login.", "--explain") == 0
    out, err = capfdbinary.readouterr()
    assert out == b"fix: fix the login\n"
    parts = (
        b"Which Conventional Commits type",
        b"Fixed the login.",
        b"root ::=",
        b"'fix:'",
        b"taken: fix: fix the login",
    )
    for words in parts:
        assert words in err


def test_explanation_of_a_refusal(config, model, capfdbinary) -> None:
    model.behave = scripted.says("I think it is a fix")
    assert polish(config, "-m", "Fixed the login.", "--explain") == 0
    out, err = capfdbinary.readouterr()
    assert out == b"Fixed the login.\n"
    assert b"'I think it is a fix'" in err
    assert err.endswith(b"message left as it was: the model did not answer with a type\n")


def test_explanation_of_a_decision_about_a_file(config, file, capfdbinary) -> None:
    file.write_bytes(b"wip\n")
    assert polish(config, "--file", str(file), "--explain") == 0
    assert b"work in progress" in capfdbinary.readouterr().err


def test_a_file_in_place(config, file, capfdbinary) -> None:
    file.chmod(0o640)
    assert polish(config, "--file", str(file)) == 0
    assert file.read_bytes() == b"fix: fix the login\r\n\r\nbody\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert capfdbinary.readouterr() == (b"", b"")
    assert os.listdir(file.parent) == ["message"]


def test_a_link_to_a_file_stays_one(config, file) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    assert polish(config, "--file", str(link)) == 0
    assert link.is_symlink()
    assert file.read_bytes().startswith(b"fix: fix the login\r\n")


def test_a_file_into_another(config, file) -> None:
    out = file.with_name("out")
    assert polish(config, "--file", str(file), "--out", str(out)) == 0
    assert file.read_bytes() == b"Fixed the login.\r\n\r\nbody\r\n"
    assert out.read_bytes() == b"fix: fix the login\r\n\r\nbody\r\n"
    assert sorted(os.listdir(file.parent)) == ["message", "out"]


def refused(arguments: tuple[str, ...], file: Path, capfdbinary) -> bytes:
    """What stderr says when the file stays and nothing else appears."""
    before = file.read_bytes() if file.is_file() else None
    listing = sorted(os.listdir(file.parent))
    assert main([*arguments, "--file", str(file), "--out", str(file.with_name("out"))]) == 0
    assert (file.read_bytes() if file.is_file() else None) == before
    assert sorted(os.listdir(file.parent)) == listing
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert err.count(b"\n") <= 1
    return err


TROUBLE = {
    "503": scripted.answers(503, "text/plain", "no slot"),
    "HTML": scripted.answers(200, "text/html", "<html>"),
    "no choices": scripted.answers(200, "application/json", "{}"),
    "chatter": scripted.says("Of course! ", "I would say fix"),
    "no such type": scripted.says("bug:"),
    "cut off": scripted.says("fi", finish="length"),
    "closing early": scripted.stops_in_the_middle,
    "200 KB": scripted.floods,
    "silent": scripted.silent,
    "one byte at a time": scripted.drips,
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_with_the_server_leaves_the_message(tmp_path, model, file, capfdbinary, name) -> None:
    model.behave = TROUBLE[name]
    config = configured(tmp_path, model.base, "deadline = 0.6")
    started = time.monotonic()
    said = refused(("--config", str(config)), file, capfdbinary)
    assert said.startswith(NO_MODEL.encode())
    assert time.monotonic() - started < 0.9
    assert len(model.asked) == 1


def test_no_server_is_noticed_at_once(tmp_path, file, capfdbinary) -> None:
    config = configured(tmp_path, f"http://127.0.0.1:{free_port()}/v1")
    started = time.monotonic()
    assert b"nothing answers" in refused(("--config", str(config)), file, capfdbinary)
    assert time.monotonic() - started < 0.35


@pytest.mark.parametrize(
    "text",
    [
        b"caf\xe9 is closed\n", b"nul\0 is here\n", b"x y " * 20000, b"use password=hunter2 here\n",
        b"fix: it\n",
        b"wip: it\n", b"login\n", b"1.2.3\n", b"", b"\n\n", b"fixup! the login\n", b"one line\nand more\n",
    ],
)  # fmt: skip
def test_a_decision_is_silent_and_nothing_is_sent(config, model, file, capfdbinary, text) -> None:
    file.write_bytes(text)
    assert refused(("--config", str(config)), file, capfdbinary) == b""
    assert not model.asked


def test_another_machine_is_asked_only_with_leave(tmp_path, file, capfdbinary, monkeypatch) -> None:
    asked = []
    answer = client.Answer("fix:", "stop", 1, 0.1, 0.1)
    monkeypatch.setattr(client, "complete", lambda base, _, **__: asked.append(base) or answer)
    remotes = ("http://llm.example.com/v1", "http://127.0.0.1@example.com/v1", "http://127.evil.com/v1",
               "http://10.0.0.1:8080/v1", "http://localhost.example.com/v1")  # fmt: skip
    for address in remotes:
        said = refused(("--config", str(configured(tmp_path, address))), file, capfdbinary)
        assert b"allow_remote" in said
    assert not asked
    polish(configured(tmp_path, remotes[0], "allow_remote = true"), "--file", str(file))
    assert asked == [remotes[0]]
    assert file.read_bytes().startswith(b"fix: ")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_this_machine_needs_no_leave(tmp_path, file, monkeypatch, host) -> None:
    answer = client.Answer("fix:", "stop", 1, 0.1, 0.1)
    monkeypatch.setattr(client, "complete", lambda *_, **__: answer)
    polish(configured(tmp_path, f"http://{host}:8080/v1"), "--file", str(file))
    assert file.read_bytes().startswith(b"fix: ")


def test_a_broken_configuration(tmp_path, file, capfdbinary) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[hook\n")
    assert b"line 1" in refused(("--config", str(config)), file, capfdbinary)


def test_without_a_configuration_the_default_address_is_asked(file, capfdbinary, monkeypatch) -> None:
    asked = []
    answer = client.Answer("fix:", "stop", 1, 0.1, 0.1)
    monkeypatch.setattr(client, "complete", lambda base, _, **__: asked.append(base) or answer)
    assert main(["--file", str(file)]) == 0
    assert asked == ["http://127.0.0.1:8080/v1"]


def test_a_missing_file_and_a_directory(config, file, capfdbinary) -> None:
    arguments = ("--config", str(config))
    assert b"No such file" in refused(arguments, file.with_name("missing"), capfdbinary)
    file.with_name("directory").mkdir()
    assert b"irectory" in refused(arguments, file.with_name("directory"), capfdbinary)


def test_a_place_that_cannot_be_written(config, file, capfdbinary) -> None:
    assert polish(config, "--file", str(file), "--out", str(file.parent / "missing" / "out")) == 0
    assert NO_MODEL.encode() in capfdbinary.readouterr().err
    assert os.listdir(file.parent) == ["message"]


def test_a_full_disk_leaves_the_file(config, file, capfdbinary, monkeypatch) -> None:
    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as half:
            half.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    before = file.read_bytes()
    assert polish(config, "--file", str(file)) == 0
    assert b"No space left" in capfdbinary.readouterr().err
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == ["message"]


@pytest.mark.parametrize(
    "arguments", [[], ["--out", "x", "-m", "y"], ["--file", "x", "-m", "y"], ["--nonsense"], ["x"]]
)
def test_wrong_usage(arguments, capfdbinary) -> None:
    assert main(arguments) == 2
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert err.startswith(b"error: polish: ") and b"\nhelp: " in err


@pytest.mark.parametrize(("variable", "value"), [("COMMIT_POLISH", "0"), ("CI", "true")])
def test_a_file_stays_where_it_is_switched_off(config, model, file, monkeypatch, variable, value) -> None:
    monkeypatch.setenv(variable, value)
    polish(config, "--file", str(file))
    assert file.read_bytes().startswith(b"Fixed")
    assert not model.asked


def test_no_git_is_no_evidence_and_no_traceback(config, file, capfdbinary, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(file.parent))
    assert diff.files(5) == ()
    assert b"git cannot be started" in refused(("--config", str(config)), file, capfdbinary)


@pytest.mark.parametrize(
    ("settings", "edited", "text", "comment"),
    [
        ({}, False, "x\n", None),
        ({}, True, "x\n", "#"),
        ({"core.commentChar": ";"}, True, "x\n", ";"),
        ({"core.commentString": "//"}, True, "x\n", "//"),
        ({"core.commentChar": "auto"}, True, "# x\n\n; Please enter\n", ";"),
        ({"commit.cleanup": "strip"}, False, "x\n", "#"),
        ({"commit.cleanup": "whitespace"}, True, "x\n", None),
        ({"commit.cleanup": "scissors"}, True, "x\n", None),
        ({"commit.cleanup": "verbatim"}, True, "x\n", None),
    ],
)
def test_what_is_a_comment(repository, monkeypatch, settings, edited, text, comment) -> None:
    stand_in(repository, monkeypatch)
    for key, value in settings.items():
        repository.git("config", key, value)
    assert evidence.switches(5).comment_in(text, edited) == comment


@pytest.mark.parametrize(
    ("value", "enabled"),
    [("false", False), ("no", False), ("0", False), ("Off", False), ("true", True), ("1", True)],
)
def test_the_switch_in_the_git_configuration(repository, monkeypatch, value, enabled) -> None:
    stand_in(repository, monkeypatch)
    assert evidence.switches(5).enabled is not False
    repository.git("config", "commit-polish.enabled", value)
    assert evidence.switches(5).enabled is enabled


def test_by_hand_the_repositorys_convention_counts_in_every_folder(repository, model) -> None:
    (repository.path / ".commitlintrc.json").write_text(
        '{"rules": {"type-enum": [2, "always", ["bug", "new"]]}}'
    )
    model.behave = scripted.says("bug:")
    (repository.path / "deep" / "er").mkdir(parents=True)
    assert (
        repository.polish("-m", "Login crashes", cwd=repository.path / "deep" / "er")
        == "bug: login crashes\n"
    )
    assert repository.commit("-m", "Login crashes") == "bug: login crashes"


def test_a_repository_with_another_convention_is_left_alone(repository, model) -> None:
    for number in range(12):
        repository.commit("-m", f"parser: handle case {number}", COMMIT_POLISH="0")
    assert repository.commit("-m", "Fixed the login") == "Fixed the login"
    assert repository.said == ""
    repository.polish("-m", "Fixed the login")
    assert "another convention" in repository.said
    repository.git("config", "commit-polish.enabled", "true")
    assert repository.commit("-m", "Fixed the login") == "fix: fix the login"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")
def test_no_step_of_ours_outlives_the_deadline() -> None:
    """Not even one that never asks for the time, as an expression that goes round in circles."""
    endless = "import re; re.match('(a+)+$', 'a' * 60 + 'b')"
    code = f"from bootstrap.polish import workshop; workshop._end_hard(0.3); {endless}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGALRM


def test_a_server_is_not_blamed_for_a_git_that_was_slow(config, tmp_path, model) -> None:
    here = workshop.Place(config, tmp_path / "speed.json", tmp_path / "pause")
    long_ago = time.monotonic() - 60
    found = workshop.tools(here, evidence.Switches(), long_ago, lambda _: None, from_hook=True)
    workshop._end_hard(0)
    with pytest.raises(CommandError, match="git took all the time"):
        found.ask({})
    assert not model.asked
    assert not here.pause.exists()
