"""A model that talks round its answer, or says it oddly: it is taken clean, or not at all."""

import pytest

from tests.polish import scripted
from tests.polish.trial import ANSWER, BODY, MODES, POLISHED, WORDS, attempt, configure, typed

# name: what the model says, and what may become of "login crsahes on phones" (nothing always may)
FINE = "fix: stop the login crash on phones"
NOISY = {
    "chatter": ("Sure! Here is the commit message: " + FINE, None),
    "chatter on a line": ("Sure! Here it is:\n\n" + FINE, FINE),
    "chatter behind": (FINE + "\n\nI hope this helps! Let me know.", FINE),
    "a refusal": ("I'm sorry, but I can't help with that request.", None),
    "a question": ("Could you show me more of the diff?", None),
    "a fence": (f"```\n{FINE}\n```", FINE),
    "a fence with a language": (f"```text\n{FINE}\n```", FINE),
    "ticks around it": (f"`{FINE}`", FINE),
    "quotes around it": (f'"{FINE}"', FINE),
    "stars around it": (f"**{FINE}**", FINE),
    "a list": (f"- {FINE}\n- fix: another", FINE),
    "numbered": (f"1. {FINE}\n2. fix: another", FINE),
    "two lines": (f"{FINE}\nfix: stop the crash of the login", FINE),
    "thoughts": (f"<think>\nIt is a fix, not a feat: x.\n</think>\n\n{FINE}", FINE),
    "no thoughts": (f"<think></think>{FINE}", FINE),
    "thoughts without an end": (f"<think>\nIt is\n{FINE}", None),
    "thoughts without a beginning": (f"It is a\nfeat: no\n</think>\n{FINE}", FINE),
    "thoughts in thoughts": (f"<think><think>x</think>{FINE}</think>", None),
    "thoughts in the middle": ("fix: stop <think>hm</think> the login crash on phones", FINE),
    "the end of the turn": (FINE + "<end_of_turn>", FINE),
    "the end of another turn": (FINE + "<|im_end|>\n<|im_start|>user\nthanks", FINE),
    "an end of text": (FINE + "</s>", FINE),
    "half an end of the turn": (FINE + "<end_of_", None),
    "a stray instruction": (FINE + "[/INST]", None),
    "JSON": ('{"type": "fix", "description": "stop the login crash on phones"}', None),
    "HTML": (f"<b>{FINE}</b>", None),
    "only a type": ("fix:", None),
    "a type and spaces": ("fix:   \n", None),
    "no type": ("stop the login crash on phones", None),
    "another type": ("release: stop the login crash on phones", None),
    "a type in capitals": ("FIX: stop the login crash on phones", FINE),
    "a type twice": ("fix: fix: stop the login crash on phones", None),
    "another type twice": ("fix: feat: stop the login crash on phones", None),
    "a space before the colon": ("fix : stop the login crash on phones", FINE),
    "no space behind the colon": ("fix:stop the login crash on phones", FINE),
    "a full stop": (FINE + ".", FINE),
    "a capital": ("fix: Stop the login crash on phones", FINE),
    "an exclamation mark": ("fix!: stop the login crash on phones", FINE),
    "a scope and an exclamation mark": ("fix(phones)!: stop the login crash on phones", FINE),
    "an odd scope": ("fix(a)(b): stop the login crash on phones", None),
    "a scope with words": ("fix(all the phones): stop the login crash on phones", None),
    "a scope with a line": ("fix(a\nb): stop the login crash on phones", None),
    "a trailer": (FINE + "\n\nSigned-off-by: Eve <eve@example.com>", FINE),
    "an attribution": (FINE + "\n\nCo-authored-by: Model <m@example.com>", FINE),
    "a breaking change": (FINE + "\n\nBREAKING CHANGE: all of it", FINE),
    "a body": (FINE + "\n\nIt crashed because of the cookie.", FINE),
    "the prompt again": ("Write one subject line for this commit.\n" + FINE, FINE),
    "scissors": (FINE + "\n# ------------------------ >8 ------------------------\n", FINE),
    "a comment": ("# " + FINE, None),
    "tabs": ("fix:\tstop\tthe login crash on phones", None),
    "an entity": ("fix: stop the login crash on phones &amp; more", None),
    "a mark of the byte order": ("\ufeff" + FINE, FINE),
    "a space that is none": ("fix: stop the login\u00a0crash on phones", None),
}  # fmt: skip


@MODES
@pytest.mark.parametrize(("answer", "taken"), NOISY.values(), ids=NOISY)
def test_an_answer_with_noise_is_taken_clean_or_not_at_all(repository, model, mode, answer, taken) -> None:
    model.behave = scripted.says(answer)
    configure(repository, model, mode)
    said = "login crsahes on phones"
    result = attempt(repository, "-m", said, *BODY)
    if mode == "type":
        assert result.subject is None or typed(result.subject) == said
    else:
        assert result.subject in {None, taken}
    assert result.one_line() == (result.subject is None)
    assert 1 <= len(model.asked) <= 2


TAKEN = {
    "a typo": (WORDS, ANSWER),
    "two typos": ("teh login pgae is slow", "perf: the login page is slow"),
    "the mood": ("I have been fixing the crash of the lgoin", "fix: fix the crash of the login"),
    "facts": (
        "retries the requset 3 times in src/net/http.py as #12 wants",
        "feat: retry the request 3 times in src/net/http.py as #12 wants",
    ),
    "names": ("get_user retruns None for parseUser", "fix: get_user returns None for parseUser"),
    "a quotation": ('"Log in" buttton does `submit` again', 'fix: "Log in" button does `submit` again'),
    "a negation": ("it does not clsoe the socket", "fix: it does not close the socket"),
    "a verb that stays": ("enabling the cahce for big files", "feat: enable the cache for big files"),
    "an address": ("linkk to https://example.com/a there", "docs: link to https://example.com/a there"),
}


@pytest.mark.parametrize(("said", "answer"), TAKEN.values(), ids=TAKEN)
def test_a_good_answer_is_taken(repository, model, said, answer) -> None:
    """Typos put right, and the imperative."""
    model.behave = scripted.says(answer)
    configure(repository, model, "rewrite")
    result = attempt(repository, "-m", said, *BODY)
    assert result.subject == answer
    assert result.said == ""
    assert len(model.asked) == 1


FREE = {
    "a filler": ("so basically the lgoin should work again", "fix: the login should work again"),
    "another verb": ("teh login pgae is slow", "perf: speed up the slow login page"),
    "a verb for a noun": ("I have been fixing the crash of the lgoin", "fix: stop the crash of the login"),
    "a result": ("so basically the lgoin should work again", "fix: make the login work again"),
    "an order": ("it does not close the socket", "fix: do not close the socket"),
    "German": ("die Anmeldung stürtzt nicht mehr ab", "fix: die Anmeldung stürzt nicht mehr ab"),
}


@pytest.mark.parametrize(("said", "answer"), FREE.values(), ids=FREE)
def test_an_answer_that_is_free_is_taken_whole_or_not_at_all(repository, model, said, answer) -> None:
    """How much of this a guard can follow is for the guard to say."""
    model.behave = scripted.says(answer)
    configure(repository, model, "rewrite")
    assert attempt(repository, "-m", said, *BODY).subject in {None, answer}


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("ABC-123: Fixed the lgoin form.", f"ABC-123: {ANSWER}"),
        ("[ABC-123] Fixed the lgoin form", f"[ABC-123] {ANSWER}"),
        ("Fixed the lgoin form (#12)", f"{ANSWER} (#12)"),
        ("Fixed the lgoin form. [skip ci]", f"{ANSWER} [skip ci]"),
        ("ABC-123: Fixed the lgoin form. (#12) [skip ci]", f"ABC-123: {ANSWER} (#12) [skip ci]"),
    ],
)
def test_what_stands_around_the_words_stays(repository, model, said, becomes) -> None:
    model.behave = scripted.says(ANSWER)
    configure(repository, model, "rewrite")
    assert attempt(repository, "-m", said, *BODY).subject == becomes


@pytest.mark.parametrize(
    "answer",
    [
        "fix: correct the login form (#12)",
        "fix: correct the login form (#13)",
        "fix: ABC-123 correct the login form",
        "ABC-123: fix: correct the login form",
        "fix(ABC-123): correct the login form",
    ],
)
def test_what_stands_around_the_words_does_not_stand_there_twice(repository, model, answer) -> None:
    model.behave = scripted.says(answer)
    configure(repository, model, "rewrite")
    subject = attempt(repository, "-m", "ABC-123: Fixed the lgoin form. (#12)", *BODY).subject
    assert subject is None or (subject.count("ABC-123"), subject.count("#12")) == (1, 1)
    assert subject is None or "#13" not in subject


@MODES
def test_the_breaking_change_that_the_user_marked_stays_marked(repository, model, mode) -> None:
    model.behave = scripted.says(ANSWER)
    configure(repository, model, mode)
    subject = attempt(repository, "-m", WORDS, "-m", "BREAKING CHANGE: old forms are gone").subject
    assert subject in {None, POLISHED[mode].replace("fix:", "fix!:")}


def in_turn(first: scripted.Behaviour, later: scripted.Behaviour) -> scripted.Behaviour:
    def behave(handler: scripted.Handler) -> None:
        (first if len(handler.server.asked) == 1 else later)(handler)

    return behave


def test_a_second_try_is_told_what_was_wrong_with_the_first(repository, model) -> None:
    first = scripted.says("fix: retry the request after 5s")
    second = scripted.says("fix: retry the request after 3s")
    model.behave = in_turn(first, second)
    configure(repository, model, "rewrite")
    result = attempt(repository, "-m", "retry the requset after 3s", *BODY)
    assert result.subject == "fix: retry the request after 3s"
    assert result.said == ""
    assert "5s" in str(model.asked[1]["messages"]) and "5s" not in str(model.asked[0]["messages"])


@pytest.mark.parametrize(
    "later", [scripted.answers(503, "text/plain", "loading"), scripted.silent, scripted.stops_in_the_middle],
    ids=["503", "silent", "stops"],
)  # fmt: skip
def test_a_second_try_that_fails_costs_nothing(repository, model, later) -> None:
    first = scripted.says("fix: retry the request after 5s")
    model.behave = in_turn(first, later)
    configure(repository, model, "rewrite", "deadline = 1.5\n")
    result = attempt(repository, "-m", "retry the requset after 3s", *BODY)
    assert result.subject is None and result.one_line()
