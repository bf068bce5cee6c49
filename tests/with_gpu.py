"""bootstrap on a machine with an NVIDIA GPU and its toolkit: `python with_gpu.py ARGUMENTS…`"""

import sys

from bootstrap import cli
from bootstrap.host import gpu

gpu.on_linux = lambda *_: frozenset({"nvidia"})
sys.exit(cli.main(sys.argv[1:]))
