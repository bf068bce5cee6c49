#!/usr/bin/env python3
"""Build what this machine gives to a release: `python3 scripts/stage.py NAME [--portable] [--may-refuse]`

NAME is what the one file of this machine is called in a release. It is built, tried, described and put into
out/. With --portable so are the files that are the same everywhere: the .pyz, the wheel and the sdist.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import smoke  # noqa: E402
from scripts.release import ARCHIVE, ONE_FILES, SDIST, WHEEL  # noqa: E402

DIST = ROOT / "dist"
OUT = ROOT / "out"


def main(argv: list[str]) -> int:
    names = [word for word in argv if not word.startswith("--")]
    if len(names) != 1 or names[0] not in ONE_FILES:
        print(f"error: no release has {names}\nhelp: one of {', '.join(ONE_FILES)}", file=sys.stderr)
        return 2
    name = names[0]
    may_refuse = [word for word in argv if word == "--may-refuse"]
    built = "bootstrap.exe" if name.endswith(".exe") else "bootstrap"
    if _developer("build"):
        return 1
    wanted = {built: name}
    if "--portable" in argv:
        wanted |= {file: file for file in (ARCHIVE, WHEEL, SDIST)}
    elif (DIST / ARCHIVE).exists() and smoke.main([str(DIST / ARCHIVE), *may_refuse]):
        return 1  # it is not released from here, but has to run here
    OUT.mkdir(exist_ok=True)
    for source, target in wanted.items():
        shutil.copy(DIST / source, OUT / target)  # with its mode
        if target in {name, ARCHIVE} and (
            smoke.main([str(OUT / target), *may_refuse]) or _developer("sbom", str(OUT / target))
        ):
            return 1
    return 0


def _developer(*arguments: str) -> int:
    return subprocess.run([sys.executable, ROOT / "scripts" / "dev.py", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
