"""Run one scenario in the rig around us: `python -m tests.rigs.scenarios MODULE NAME [WORD…]`."""

import importlib
import sys

module, name, *words = sys.argv[1:]
getattr(importlib.import_module(f"tests.rigs.scenarios.{module}"), name)(*words)
