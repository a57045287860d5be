"""Scripts that make random changes under warm caches, run on the host's loop and on the machine.

In: a script that takes steps as JSON in its first argument, and starts the engine if another one is `engine`; its table
`CHANGES` has a change a line. Out: what it printed, to be compared.
"""

import json
import os
import subprocess
import sys


def names(script):
    """The names in the script's table."""
    rows = script.split("CHANGES = {")[1].split("\n}")[0].splitlines()
    return [row.split('"')[1] for row in rows if ":" in row]


def run(script, steps, *arguments):
    """What the script prints for these steps."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    command = [sys.executable, "-X", "faulthandler", "-c", script, json.dumps(steps), *arguments]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(child.stdout)
