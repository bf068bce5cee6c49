"""`bench hook` and `bench download`: figures as one JSON object, or in words.

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

from scripts.bench import download, hook, table

ONE_FILE = Path("dist", "bootstrap")


def main(argv: list[str]) -> int:
    arguments = _parse(argv)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        figures = hook.measure() if arguments.what == "hook" else _download(arguments)
    except (RuntimeError, OSError, subprocess.SubprocessError, AssertionError) as error:  # World asserts
        sys.exit(f"error: {error}")
    words = table.plain if arguments.what == "hook" else table.against_targets
    print(json.dumps(figures) if arguments.json else words(figures))
    return 0


def _download(arguments: argparse.Namespace) -> dict[str, float]:
    download.check_tools()
    if not arguments.program.is_file():
        sys.exit(f"error: there is no {arguments.program}: python3 scripts/dev.py build")
    with tempfile.TemporaryDirectory(prefix="bootstrap-bench-", dir=arguments.dir) as top:
        return download.measure(Path(top).resolve(), arguments.size, arguments.rounds, arguments.program)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", action="store_true", help="one JSON object")
    whats = parser.add_subparsers(dest="what", required=True)
    whats.add_parser("hook", parents=[output], help="what the hook costs a commit")
    loads = whats.add_parser("download", parents=[output], help="downloads, beside curl and aria2")
    loads.add_argument("--size", type=count, default=1024, metavar="MIB", help="of the file (1024)")
    loads.add_argument("--rounds", type=count, default=5, metavar="N", help="per comparison (5)")
    loads.add_argument(
        "--program",
        type=Path,
        default=ONE_FILE,
        metavar="FILE",
        help="the one file (default: dist/bootstrap)",
    )
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
