"""Run one of CPython's test modules several times on the Python that runs this script, and count after each round.

    rounds.py MODULE ROUNDS

The last line of the output is JSON: [allocated blocks after each round, objects of the collector after each round].
"""

import gc
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.pop(0)


def settle():
    """Empty the caches of the standard library, and collect."""
    from test.libregrtest.utils import clear_caches

    clear_caches()
    sys._clear_internal_caches()
    for _ in range(3):
        gc.collect()


def main(module, rounds):
    from test import support

    support.use_resources = ()
    blocks, objects = [0] * int(rounds), [0] * int(rounds)
    os.chdir(tempfile.mkdtemp())
    output, sys.stdout = sys.stdout, io.StringIO()
    for number in range(int(rounds)):
        suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{module}")
        suite.run(unittest.TestResult())
        del suite
        sys.stdout = io.StringIO()
        settle()
        blocks[number] = sys.getallocatedblocks()
        objects[number] = len(gc.get_objects())
    print(json.dumps([blocks, objects]), file=output)


if __name__ == "__main__":
    main(*sys.argv[1:])
