"""`bootstrap --print-urls`: what would be downloaded, for other tools to fetch or to allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap import plan
from bootstrap.messages import tr

if TYPE_CHECKING:
    from bootstrap.console import Console
    from bootstrap.situation import Situation


def show(seen: Situation, console: Console) -> None:
    """One line for each address: address, sha256, size, file name, with tabs between. Addresses with one
    file name are mirrors of each other, the best first. Changes nothing and asks nobody."""
    wanted = [
        (item.artifact.file, action)
        for item, action in ([] if seen.settings.attached else plan.downloads(seen))
        if not action.found and not action.only_from and seen.present.get(action.path) != action.about
    ]
    lines = [
        f"{url}\t{action.sha256}\t{'-' if action.size is None else action.size}\t{file}"
        for file, action in wanted
        for url in action.urls
    ]
    if not lines:
        console.say(tr("nothing would be downloaded: everything is on this machine"))
    files = [
        {"file": file, "sha256": action.sha256, "size": action.size, "urls": action.urls}
        for file, action in wanted
    ]
    console.result("\n".join(lines), {"files": files})
