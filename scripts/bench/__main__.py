"""`bench hook`, `bench start` and `bench download`: figures as one JSON object, or in words.

Everything that is compared takes turns, so that a noisy machine disturbs all alike; figures are medians.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scripts.bench import download, hook, start, table

ONE_FILE = Path("dist", "bootstrap")
TOOLS = Path(".cache", "bench", "bin")


def main(argv: list[str]) -> int:
    arguments = _parse(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        figures = {"hook": _hook, "start": _start, "download": _download}[arguments.what](arguments)
    except (RuntimeError, OSError, subprocess.SubprocessError, AssertionError) as error:  # World asserts
        sys.exit(f"error: {error}")
    words = table.PROMISES.get(arguments.what, ())
    print(json.dumps(figures) if arguments.json else table.against_targets(figures, words))
    return 0


def _hook(_arguments: argparse.Namespace) -> dict[str, float]:
    return hook.measure()


def _start(arguments: argparse.Namespace) -> dict[str, float]:
    return start.measure(_built(arguments), TOOLS.absolute())


def _built(arguments: argparse.Namespace) -> Path:
    if not arguments.program.is_file():
        sys.exit(f"error: there is no {arguments.program}: python3 scripts/dev.py build")
    return Path(arguments.program)


def _download(arguments: argparse.Namespace) -> dict[str, float]:
    download.check_tools()
    program = _built(arguments)
    with tempfile.TemporaryDirectory(prefix="bootstrap-bench-", dir=arguments.dir) as top:
        return download.measure(Path(top).resolve(), arguments.size, arguments.rounds, program)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", action="store_true", help="one JSON object")
    built = argparse.ArgumentParser(add_help=False)
    built.add_argument(
        "--program",
        type=Path,
        default=ONE_FILE,
        metavar="FILE",
        help="the one file (default: dist/bootstrap)",
    )
    whats = parser.add_subparsers(dest="what", required=True)
    whats.add_parser("hook", parents=[output], help="what the hook costs a commit")
    whats.add_parser("start", parents=[output, built], help="how big and fast the one file is")
    loads = whats.add_parser("download", parents=[output, built], help="downloads, beside curl and aria2")
    loads.add_argument("--size", type=count, default=1024, metavar="MIB", help="of the file (1024)")
    loads.add_argument("--rounds", type=count, default=5, metavar="N", help="per comparison (5)")
    loads.add_argument("--dir", type=Path, help="where the files go (the system's temporary folder)")
    return parser.parse_args(argv)


def count(text: str) -> int:  # argparse names it: "invalid count value: '0'"
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """Out through every `finally`; a second Ctrl-C does not disturb the cleaning up."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
