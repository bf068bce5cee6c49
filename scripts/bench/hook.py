"""What the installed hook costs a commit, beside the same commit without it and beside pre-commit's."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scripts.bench.installed import installed
from tests.world import World

ROUNDS = 21
REBASES = 3
COMMITS = 50
CONVENTIONAL, WORDS = "fix: close the login session", "Fixed the login bug."
NO_OP = """\
repos:
- repo: local
  hooks:
  - id: nothing
    name: nothing
    entry: "true"
    language: system
    always_run: true
    stages: [prepare-commit-msg]
"""


def measure() -> dict[str, float]:
    """Milliseconds that the hook adds to a commit, seconds of a rebase, and ratios."""
    with installed("hooked") as world:
        plain, hooked = world.repository("plain"), world.home / "hooked"
        other = _with_pre_commit(world)
        skip = _added(world, CONVENTIONAL, plain, hooked, other)
        polish = _added(world, WORDS, plain, hooked)
        answer = _answer(world)
        rebase = _rebases(world, plain, hooked)
        world.run("stop")
        absent = _added(world, WORDS, plain, hooked, before=_no_pause(world))
        _commit(world, hooked, WORDS)
        breaker = _added(world, WORDS, plain, hooked)
        _no_pause(world)()
    return {
        "commit_ms": round(skip[0], 1),
        "skip_added_ms": round(skip[1], 1),
        "absent_added_ms": round(absent[1], 1),
        "breaker_added_ms": round(breaker[1], 1),
        "polish_added_ms": round(polish[1] - answer, 1),
        "server_answer_ms": round(answer, 1),
        "pre_commit_added_ms": round(skip[2], 1),
        "skip_vs_pre_commit": round(max(skip[1], 0.0) / skip[2], 3),
        "rebase_added_ms": round(rebase, 1),
    }


def _added(
    world: World, message: str, *repositories: Path, before: Callable[[], None] = lambda: None
) -> list[float]:
    """The median of a commit in the first repository, and what it takes more in the others."""
    times: dict[Path, list[float]] = {repository: [] for repository in repositories}
    for _ in range(ROUNDS):
        for repository in repositories:
            before()
            times[repository].append(_commit(world, repository, message))
    base, *others = (statistics.median(found) for found in times.values())
    return [base, *(other - base for other in others)]


def _commit(world: World, repository: Path, message: str) -> float:
    argv = ["git", "-C", str(repository), "commit", "--quiet", "--allow-empty", "-m", message]
    return _timed(world, argv)


def _timed(world: World, argv: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, env=world.environment, check=True, capture_output=True)
    return (time.perf_counter() - started) * 1000


def _answer(world: World) -> float:
    """What the server itself takes for the question of such a commit, without a start of a program."""
    from bootstrap.polish import client, prompt
    from bootstrap.polish.convention import Convention

    wanted = prompt.Wanted("type", Convention())
    request = prompt.request("tiny", 0.3, prompt.question("tiny", WORDS, wanted), wanted)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        client.complete(f"http://127.0.0.1:{world.port}/v1", request, deadline=time.monotonic() + 10)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _with_pre_commit(world: World) -> Path:
    """A repository with the real pre-commit and one hook that does nothing."""
    repository = world.repository("others")
    (repository / ".pre-commit-config.yaml").write_text(NO_OP)
    argv = [str(Path(sys.executable).with_name("pre-commit")), "install", "--hook-type", "prepare-commit-msg"]
    subprocess.run(argv, cwd=repository, env=world.environment, check=True, capture_output=True)
    return repository


def _rebases(world: World, *repositories: Path) -> float:
    """What a rebase of many commits takes more in the second repository than in the first, as a whole."""
    for repository in repositories:
        for number in range(COMMITS):
            (repository / f"file{number}").write_text("x\n")
            _git(world, repository, "add", "-A")
            _git(world, repository, "commit", "--quiet", "--no-verify", "-m", f"feat: step {number}")
    times: dict[Path, list[float]] = {repository: [] for repository in repositories}
    for _ in range(REBASES):
        for repository in repositories:
            argv = ["git", "-C", str(repository), "rebase", "--quiet", "--force-rebase", f"HEAD~{COMMITS}"]
            times[repository].append(_timed(world, argv))
    first, second = (statistics.median(found) for found in times.values())
    return second - first


def _git(world: World, repository: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(repository), *arguments], env=world.environment, check=True)


def _no_pause(world: World) -> Callable[[], None]:
    """What makes the hook ask the server again."""
    file = world.home / ".local" / "state" / "commit-polish" / "pause"

    def remove() -> None:
        file.unlink(missing_ok=True)

    return remove
