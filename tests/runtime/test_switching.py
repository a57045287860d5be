"""`kaa.enable()` and `kaa.disable()` in a process that the host has started."""

import os
import subprocess
from pathlib import Path

from tests.native.host import needs_native
from tests.runtime.commands import HOST

pytestmark = needs_native

PROGRAM = """
import ast, builtins, json, os, sys, tokenize
import kaa
from kaa.baseline.engine import load


def old(n):
    return [name_of(k) for k in range(n)]

def name_of(k):
    return f"<{k}>"

def generate():
    yield 1
    yield old(2)

import importlib._bootstrap as bootstrap, importlib._bootstrap_external as machinery, marshal, _symtable, _tokenize

def replaceable():
    places = (builtins, bootstrap, machinery, machinery.PathFinder, marshal, sys.implementation, _symtable, _tokenize)
    return [{name: id(value) for name, value in vars(place).items() if name != "_"} for place in places]

host = (compile, exec, eval, sys.implementation.cache_tag)
before = replaceable()
running = generate()
assert next(running) == 1
expected = old(3)

kaa.enable()
kaa.enable()
machine = load()
assert old(3) == expected and next(running) == ["<0>", "<1>"]
assert {old.__code__, name_of.__code__, generate.__code__} <= set(machine.code_objects())
assert compile is not host[0] and type(compile) is type(len)
namespace = {}
exec("def f(x):\\n    return x * 2\\ny = eval('f(21)')", namespace)
assert namespace["y"] == 42 and namespace["f"].__code__ in machine.code_objects()
assert ast.dump(ast.parse("x")) and kaa.native_code(old)
import made_while_enabled
assert made_while_enabled.__cached__.endswith(".kaa-313.pyc") and os.path.exists(made_while_enabled.__cached__)
assert made_while_enabled.g() == 3 and made_while_enabled.g.__code__ in machine.code_objects()

kaa.disable()
assert (compile, exec, eval, sys.implementation.cache_tag) == host
assert replaceable() == before
linked = machine.statistics()["code objects"]
exec("def h():\\n    return 1\\nh()")
assert old(3) == expected and made_while_enabled.g() == 3
import made_while_disabled
assert made_while_disabled.__cached__.endswith(".cpython-313.pyc")
assert machine.statistics()["code objects"] == linked

kaa.enable()
assert old(3) == expected
exec("def h():\\n    return 1\\nh()")
assert machine.statistics()["code objects"] > linked
print("done")
"""


def test_a_running_process_changes_hands(tmp_path):
    for name in "made_while_enabled", "made_while_disabled":
        Path(tmp_path, f"{name}.py").write_text("def g():\n    return 3\n")
    Path(tmp_path, "program.py").write_text(PROGRAM)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [HOST, "program.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
