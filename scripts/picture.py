"""The README's picture: a real run of the demo, recorded by rich."""

import io
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from scripts.demo import WIDTH, perform

TARGET = Path(__file__).with_name("demo.svg")


def main() -> int:
    console = Console(record=True, width=WIDTH, highlight=False, file=io.StringIO(), force_terminal=True)
    perform(console)
    TARGET.write_text(console.export_svg(title="python3 scripts/dev.py demo", theme=MONOKAI), "utf-8")
    print(f"wrote {TARGET.relative_to(TARGET.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
