"""The figures of a run, and the cases that break a promise."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bootstrap.polish import convention, message
from scripts.eval import facts
from scripts.eval.degrade import Spoilt
from scripts.eval.polishing import Polished
from scripts.eval.subjects import Good


@dataclass(frozen=True)
class Offence:
    """A case that must not be: what came out of a subject, and what is wrong with it."""

    said: str
    truth: str
    result: Polished
    wrong: str

    def __str__(self) -> str:
        answers = "".join(f"\n  answer    {answer!r}" for answer in self.result.answers)
        return f"{self.wrong}\n  said      {self.said}{answers}\n  result    {self.result.used}"


@dataclass
class Score:
    """Adds up the results of one mode."""

    mode: str
    offences: list[Offence] = field(default_factory=list)
    _seconds: list[float] = field(default_factory=list)
    _count: Counter[str] = field(default_factory=Counter)

    def spoilt(self, case: Spoilt, result: Polished) -> None:
        """What came of a subject that needed polishing; one that stays has lost and invented nothing."""
        self._count.update(spoilt=1, asked=result.asked, failed=bool(result.failed))
        if result.asked:
            self._seconds.append(result.seconds)
        # a number at the end is judged like a word: the whole subject without its type
        truth = case.good.parts.description
        self._count["stated"] += facts.stated(truth)
        if result.used is None:
            return
        self._count["used"] += 1
        found = convention.parse(result.used)
        right = bool(found and found.type == case.good.parts.type)
        self._count["right type"] += right
        if result.asked:
            self._count.update({"used answers": 1, "right answers": right})
        self._lost(case, result, facts.lost(truth, found.description if found else result.used))
        self._invented(case, result, found)

    def good(self, subject: Good, result: Polished) -> None:
        """What came of a subject that needs nothing."""
        same = not result.asked and not result.failed and result.used in {None, subject.text}
        self._count.update(good=1, unchanged=same)
        if not same:
            self.offences.append(Offence(subject.text, subject.text, result, "it was good as it was"))

    def figures(self) -> dict[str, float]:
        """Shares from 0 to 1, seconds named _s, and numbers."""
        count, seconds = self._count, sorted(self._seconds)
        return {
            "subjects": count["spoilt"],
            "type_accuracy": _share(count["right type"], count["used"], 0),
            "type_accuracy_asked": _share(count["right answers"], count["used answers"], 0),
            "protected_recall": _share(count["stated"] - count["lost"], count["stated"]),
            "invention_rate": _share(count["inventive"], count["spoilt"], 0),
            "unchanged_when_good": _share(count["unchanged"], count["good"]),
            "acceptance": _share(count["used"], count["spoilt"]),
            "latency_median_s": round(statistics.median(seconds), 3) if seconds else 0,
            "latency_p95_s": round(seconds[int(len(seconds) * 0.95)], 3) if seconds else 0,
            "asked": count["asked"],
            "failed": count["failed"],
        }

    def _lost(self, case: Spoilt, result: Polished, lost: Sequence[str]) -> None:
        self._count["lost"] += len(lost)
        self._blame(case, result, [f"lost {token}" for token in lost])

    def _invented(self, case: Spoilt, result: Polished, found: convention.Subject | None) -> None:
        truth = case.good.parts
        if found is None:
            wrong = ["is no Conventional Commit"]
        else:
            core = message.affixes(case.text).core
            wrong = facts.invented(core, truth.description, found.description)
            wrong += facts.invented_head(case.text, truth, found)
        self._count["inventive"] += bool(wrong)
        self._blame(case, result, wrong)

    def _blame(self, case: Spoilt, result: Polished, wrong: Iterable[str]) -> None:
        if text := ", ".join(wrong):
            self.offences.append(Offence(case.text, case.good.text, result, text))


def promises_kept(figures: dict[str, float]) -> bool:
    """What has to hold with any model, however bad."""
    return (
        figures["protected_recall"] == 1
        and figures["invention_rate"] == 0
        and figures["unchanged_when_good"] == 1
    )


def _share(part: float, whole: float, of_none: float = 1) -> float:
    return round(part / whole, 4) if whole else of_none
