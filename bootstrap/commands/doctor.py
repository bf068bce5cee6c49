"""`bootstrap doctor`: what may be wrong here, and what helps; with --fix the safe part of it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap import engine, failure, paths, redaction, session
from bootstrap.actions import Close, Discard, RunCommand, Shorten
from bootstrap.console import tidy
from bootstrap.doctor import CHECKS, examine, report
from bootstrap.doctor.look import look, said_by
from bootstrap.messages import all_of, tr
from bootstrap.situation import Plan, Planned

if TYPE_CHECKING:
    import argparse

    from bootstrap.actions import Action
    from bootstrap.console import Console
    from bootstrap.doctor import Check, Finding
    from bootstrap.doctor.sight import Sight
    from bootstrap.receipt import Receipt

_WIDTH = max(len(check.name) for check in CHECKS)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Check everything; exit status 1 if something does not work."""
    where = paths.find()
    if arguments.fix and where.receipt_file.exists():
        with session.begin(where) as present:
            _fix(present, where, console)
    sight = look(where)
    findings = list(examine(sight))
    if arguments.report:
        _report(sight, findings, console)
        return 0
    for check, finding in findings:
        _tell(check, finding, console)
    counts = {level: sum(f.level == level for _, f in findings) for level in ("ok", "warning", "error")}
    works = not counts["error"]
    console.result(_sum(counts), {"healthy": works, "checks": len(findings), **counts})
    return 0 if works else 1


def _report(sight: Sight, findings: list[tuple[Check, Finding]], console: Console) -> None:
    """What is in the file of keys is known, so that it can be taken out wherever it stands."""
    keys = (sight.key or b"").decode("utf-8", "replace").splitlines()
    said = said_by(sight.control) if sight.control else ""
    text = report.text(sight, findings, redaction.of_here(keys), said=said, failure=failure.last())
    console.verbatim(text, {"report": text})


def _fix(present: Receipt, where: paths.Paths, console: Console) -> None:
    """The repairs of what was found, one after the other."""
    sight = look(where)
    for check, finding in examine(sight):
        if finding.level != "ok" and check.fix:
            for action in check.fix(sight):
                _carry_out(action, present, console)


def _carry_out(action: Action, present: Receipt, console: Console) -> None:
    """What leaves something behind goes into the receipt, so that uninstall knows it."""
    if isinstance(action, Close | Discard | RunCommand | Shorten):
        console.begin(action)
        action.execute({}, console)
        console.end(action)
        return
    about = {name: value for name, value in present.about.items() if name != "aliases"}
    engine.carry_out(Plan((Planned(action, "install"),), frozenset(), about), present, console)


def _tell(check: Check, finding: Finding, console: Console) -> None:
    what, hint = tidy(finding.what), tidy(finding.hint)
    text = f"{finding.level:7}  {check.name:{_WIDTH}}  {what}"
    console.part(
        "check",
        f"{text}\n{'help:':>{_WIDTH + 7 + 2}}  {hint}" if hint else text,
        {"name": check.name, "level": finding.level, "message": what, "hint": hint},
    )


def _sum(counts: dict[str, int]) -> str:
    if not counts["error"] and not counts["warning"]:
        return tr("All is well: {ok} checks.", ok=counts["ok"])
    words = [f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}" for level in ("error", "warning")
             if counts[level]]  # fmt: skip
    return tr("{words}, {ok} checks are fine.", words=all_of(words), ok=counts["ok"])
