"""After the server has failed no commit waits for it again for a minute, and not for longer."""

import time

import pytest

from bootstrap.polish import pause
from tests.polish import scripted

WORDS = "Fixed the login."
FAILED = "commit-polish: message left as it was: "


def test_only_the_first_commit_pays(lonely) -> None:
    assert lonely.commit("-m", WORDS) == WORDS
    assert lonely.said.startswith(FAILED) and lonely.said.count("\n") == 1
    for _ in range(3):
        assert lonely.commit("-m", WORDS) == WORDS
        assert lonely.said == ""
    assert lonely.starts == 1


@pytest.mark.parametrize("behave", [scripted.silent, scripted.answers(503, "text/plain", "loading")])
def test_every_failure_of_the_server_counts(repository, model, behave) -> None:
    repository.configure(model.base, "deadline = 0.5\n")
    model.behave = behave
    repository.commit("-m", WORDS)
    model.behave = scripted.says("fix:")
    assert repository.commit("-m", WORDS) == WORDS
    assert len(model.asked) == 1


def test_what_needs_no_server_is_polished_after_it(lonely) -> None:
    lonely.commit("-m", WORDS)
    lonely.pause.unlink()
    assert lonely.commit("-m", "Fix: the login.") == "fix: the login"
    assert not lonely.pause.exists()


def test_an_answer_that_is_no_good_is_no_failure(repository, model) -> None:
    model.behave = scripted.says("whatever")
    repository.commit("-m", WORDS)
    repository.commit("-m", WORDS)
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "garbage\n", "0\n", "-5\n", "08\n", "99999999999999999999\n", "9999999999\n", "1e9\n",
        "{past}\n", "{now}\n", "{far}\n", "\0\0", "1; exit 1\n", "$(exit 1)\n",
    ],
)  # fmt: skip
def test_what_is_no_such_moment_is_none(repository, model, text) -> None:
    now = int(time.time())
    repository.pause.write_text(text.format(past=now - 1, now=now, far=now + 90))
    assert repository.commit("-m", WORDS) == "fix: fix the login"
    assert repository.said == ""


def test_the_program_heeds_it_without_the_script(repository, model) -> None:
    pause.begin(repository.pause)
    file = repository.directory / "COMMIT_EDITMSG"
    file.write_text(f"{WORDS}\n")
    repository.polish("--file", str(file))
    assert file.read_text() == f"{WORDS}\n"
    assert not model.asked


def test_a_message_by_hand_is_polished_all_the_same(repository, model) -> None:
    pause.begin(repository.pause)
    assert repository.polish("-m", WORDS) == "fix: fix the login\n"


@pytest.mark.parametrize("prepare", [lambda path: path.mkdir(), lambda path: path.parent.rmdir()])
def test_where_it_cannot_be_written_nothing_is_lost(lonely, prepare) -> None:
    prepare(lonely.pause)
    assert lonely.commit("-m", WORDS) == WORDS
    assert lonely.commit("-m", WORDS) == WORDS


def test_a_pause_lasts_a_minute(tmp_path) -> None:
    file = tmp_path / "pause"
    pause.begin(file)
    assert pause.is_on(file)
    assert 0 < int(file.read_text()) - time.time() <= 60
    file.write_text(f"{int(time.time()) + 3600}\n")
    assert not pause.is_on(file)
