"""One download by us, in a process of its own: `python -m scripts.bench.once URL TARGET SHA256 BYTES [TELL]`.

With `TELL` it prints a line as soon as so many bytes are there.
"""

import sys
from pathlib import Path

from bootstrap.download import Source, download


def main(url: str, target: str, sha256: str, size: str, tell: str = "") -> None:
    source = Source(Path(target).name, (url,), sha256, int(size))
    if not tell:
        download(source, Path(target))
        return
    told = False

    def report(done: int, _total: int | None) -> None:
        nonlocal told
        if not told and done >= int(tell):
            told = True
            print(done, flush=True)

    download(source, Path(target), report=report)


if __name__ == "__main__":
    main(*sys.argv[1:])
