"""Run one benchmark program as `__main__`, with this folder's `pyperf` in the place of the package's.

INTERPRETER worker.py PROGRAM [ARGUMENT...]
"""

import os
import runpy
import sys

sys.path[0] = os.path.dirname(os.path.abspath(__file__))
import pyperf  # noqa: E402  (the one beside this file)

program = sys.argv[1]
del sys.argv[0]
sys.path.insert(1, os.path.dirname(program))
runpy.run_path(program, run_name="__main__")
pyperf.finish()
