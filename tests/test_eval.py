"""The evaluation of the polishing, with a model that tries every way to spoil a message."""

import json
from dataclasses import dataclass

import pytest

from bootstrap.polish import convention
from bootstrap.polish.client import Answer
from scripts.eval import __main__ as command
from scripts.eval import degrade, facts, subjects
from scripts.eval.polishing import Polished, polish
from scripts.eval.score import Score, promises_kept
from tests.polish import scripted, spoiler
from tests.world import free_port

SUBJECTS = subjects.read()
# One plain word more, which an honest rewording may bring too.
HARMLESS = {"a comment"}


@pytest.mark.parametrize("mode", ["type", "rewrite"])
def test_no_model_can_spoil_a_message(mode, capsys) -> None:
    model = spoiler.Spoiler([degrade.spoil(good, seed=1) for good in SUBJECTS])
    with scripted.serving(model) as server:
        status = command.main(["polish", "--server", server.base, "--mode", mode, "--json"])
    output = capsys.readouterr()
    figures = json.loads(output.out)[mode]
    assert status == 0, output.err
    assert figures["protected_recall"] == 1
    assert figures["invention_rate"] == 0
    assert figures["unchanged_when_good"] == 1
    assert figures["asked"] == len(server.asked)
    assert set(model.gave) == {*spoiler.all_ways(), *spoiler.HONEST}  # all of them were tried
    assert figures["acceptance"] > 0.4  # and still the honest answers are taken
    assert figures["type_accuracy"] > 0.9


def test_no_answer_at_all_can_spoil_a_message() -> None:
    score, ways = Score("rewrite"), spoiler.all_ways()
    for good in subjects.read(120):
        spoilt = degrade.spoil(good, seed=2)
        answers = [way(spoiler.right(spoilt)) for way in ways.values()]
        for text in filter(None, answers):
            result = polish(spoilt.text, good.paths, "rewrite", Says(text))
            score.spoilt(spoilt, result)
            if not result.asked:  # it never is
                break
    assert not score.offences, str(score.offences[0])


def test_the_judge_sees_what_is_wrong_without_any_guard() -> None:
    truths = [good.parts.description for good in SUBJECTS]
    missed = {name for name, spoil in spoiler.DESCRIPTIONS.items() if not any(map(seen(spoil), truths))}
    assert missed == HARMLESS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_spoilt_keeps_its_facts(seed) -> None:
    for good in SUBJECTS:
        truth, text = good.parts.description, degrade.spoil(good, seed).text
        assert (facts.lost(truth, text), facts.invented(text, truth, truth)) == ([], []), text


def test_the_same_seed_spoils_in_the_same_way() -> None:
    texts = [[degrade.spoil(good, seed).text for good in SUBJECTS] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_the_subjects_are_good_and_many_hold_facts() -> None:
    assert len(SUBJECTS) >= 300
    assert all(convention.valid(good.text, convention.Convention()) and good.paths for good in SUBJECTS)
    assert len([good for good in SUBJECTS if facts.facts(good.parts.description)]) >= len(SUBJECTS) / 3
    assert {good.parts.type for good in SUBJECTS} == set(convention.TYPES)


@pytest.mark.parametrize(
    ("used", "wrong"),
    [
        ("fix: never delete files outside of the folder", "lost $TMPDIR"),
        ("fix: delete files outside of $TMPDIR", "lost not"),
        ("fix: never delete files outside of $TMPDIR on Solaris", "says Solaris"),
        ("fix!: never delete files outside of $TMPDIR", "marks a breaking change"),
        ("fix(kernel): never delete files outside of $TMPDIR", "has the scope kernel"),
        ("never delete files outside of $TMPDIR", "is no Conventional Commit"),
    ],
)
def test_a_broken_promise_is_told_with_the_case(used, wrong) -> None:
    good = next(good for good in SUBJECTS if "$TMPDIR" in good.text)
    score = Score("rewrite")
    score.spoilt(degrade.Spoilt(good.parts.description, good, ()), answered(used))
    assert not promises_kept(score.figures())
    told = str(score.offences[0])
    assert wrong in told and good.parts.description in told and repr(used) in told


def test_a_good_subject_that_is_changed_breaks_a_promise() -> None:
    score = Score("type")
    score.good(SUBJECTS[0], answered(f"{SUBJECTS[0].text}!"))
    assert not promises_kept(score.figures())
    assert len(score.offences) == 1


def test_without_a_server_there_are_no_figures() -> None:
    with pytest.raises(SystemExit, match=r"^error: "):
        command.main(["polish", "--server", f"http://127.0.0.1:{free_port()}"])


@dataclass(frozen=True)
class Says:
    """A model that answers always the same."""

    text: str
    name: str = "model"
    deadline: float = 60

    def complete(self, request, end: float) -> Answer:
        return Answer(self.text, "stop", 1, 0.1, 0.1)


def seen(spoil: spoiler.Spoiling):
    def judge(truth: str) -> bool:
        text = spoil(truth)
        return text is not None and bool(facts.lost(truth, text) or facts.invented(truth, truth, text))

    return judge


def answered(used: str) -> Polished:
    return Polished(used, "", (used,), 1, "", 0.1)
