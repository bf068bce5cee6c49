"""What machine this is: the facts that decide what can be installed and how it is started.

`detect` looks; `Host` is told what was seen, so that every machine can be tested anywhere. What only one
system has is in a module of its own, which reads texts and so can be tested everywhere too.
"""

from __future__ import annotations

from bootstrap.host.look import detect, free_disk
from bootstrap.host.machine import GIB, NAMES, Host, version_of

__all__ = ["GIB", "NAMES", "Host", "detect", "free_disk", "version_of"]
