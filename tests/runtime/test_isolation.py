"""What a guest does to its process must not reach Kaa, and what Kaa has done to it must not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.commands import HOST, KAA, Command

PROGRAMS = {
    "replaced built-ins": "import builtins\ncalls = []\nreal = len\n"
    "builtins.len = lambda x: calls.append(1) or real(x)\n"
    "builtins.range = builtins.open = None\n"
    "exec('y = [len(\"ab\")]')\nprint(len([1]), y, real(calls))\n",
    "replaced import": "import builtins\nreal = __import__\nnames = []\n"
    "def watch(name, *rest):\n    names.append(name)\n    return real(name, *rest)\n"
    "builtins.__import__ = watch\nimport string\neval('1 + 1')\nprint(names[:2])\n",
    "emptied sys.path": "import sys\nsys.path[:] = []\nprint(eval('1 +  1'))\ntry:\n    exec('x = = 1')\n"
    "except SyntaxError as error:\n    print(error)\n",
    "modules at the start": "import sys\n"
    "names = 're enum ast typing types dis inspect threading collections functools'\n"
    "print([name for name in names.split() if name in sys.modules])\n",
    "finders": "import sys\nprint(sys.meta_path, [type(hook).__name__ for hook in sys.path_hooks])\n",
    "built-in functions": "import inspect, pickle\nfor f in (compile, exec, eval):\n"
    "    print(f, callable(f), inspect.isbuiltin(f), inspect.signature(f), f.__self__, f.__module__)\n"
    "    print(pickle.loads(pickle.dumps(f)) is f, f.__name__, f.__qualname__, f.__doc__)\n"
    "class A:\n    run = eval\nprint(A().run('1 + 1'))\n",
    "depth of the stack": "import sys\ntry:\n    sys._getframe(1)\nexcept ValueError as error:\n    print(error)\n"
    "def f():\n    return eval('sys._getframe(3)')\ntry:\n    f()\nexcept ValueError as error:\n    print(error)\n",
    "tracers": "import sys\nevents = []\n"
    "def trace(frame, event, argument):\n    events.append((event, frame.f_code.co_name))\n    return trace\n"
    "sys.settrace(trace)\nexec('x = 1')\ncompile('y = 2', 'f', 'exec')\neval('1 + 1')\n"
    "sys.settrace(None)\nprint(events)\n",
    "future statements": "from __future__ import annotations\n"
    "exec('def f(x: missing): pass')\nprint(f.__annotations__)\n"
    "exec(compile('def g(x: int): pass', 'n', 'exec', dont_inherit=True))\nprint(g.__annotations__)\n",
    "auditing hooks": "import ast, symtable, sys\n"
    "def hook(event, arguments):\n    if event in ('compile', 'exec'):\n"
    "        print(event, [a if isinstance(a, str | bytes) else type(a) for a in arguments])\n"
    "sys.addaudithook(hook)\ncompile('1', 'f', 'eval')\nexec('1')\neval(b'1')\nexec(compile('2', b'g', 'exec'))\n"
    "compile(ast.parse('3'), 'tree', 'exec')\nsymtable.symtable('x', 'f', 'exec')\n"
    "for wrong in ('x x', 3):\n    try:\n        compile(wrong, 'wrong', 'exec')\n"
    "    except (SyntaxError, TypeError) as error:\n        print(error)\n",
    "an index for flags": "class Flags:\n    def __index__(self):\n        return 0\n"
    "exec(compile('print(1)', 'n', 'exec', Flags()))\n",
    "destructors at the end": "import os, string\nclass Late:\n"
    "    def __del__(self, write=os.write, eval=eval, compile=compile):\n"
    "        write(1, b'%d %d' % (eval('1 + 1'), len(compile('x', 'f', 'eval').co_names)))\n"
    "string.late = Late()\n",
    "namespaces": "def f():\n    a = 1\n    exec('b = a + 1; print(b, sorted(locals()))')\n    return eval('a')\n"
    "print(f())\n"
    "exec('c = 3', g := {})\nprint(sorted(g), eval('c', g), eval(b' 1', {}, {'x': 1}))\n",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(program: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(program)
    assert Command(["program.py"]).same(tmp_path).status == 0


def test_a_child_of_the_guest_is_kaa(tmp_path: Path) -> None:
    program = "import subprocess, sys\nprint(subprocess.check_output([sys.executable, '-c', "
    program += "'import sys; print(sys.implementation.cache_tag)'], text=True))"
    for executable, tag in ((KAA, "kaa-313"), (HOST, "cpython-313")):
        assert tag in Command(["-c", program]).run(executable, tmp_path).out


def test_multiprocessing(tmp_path: Path) -> None:
    program = "import multiprocessing as m\nif __name__ == '__main__':\n    m.set_start_method('spawn')\n"
    program += "    with m.Pool(1) as pool:\n        print(pool.map(abs, [-1, 2]))\n"
    (tmp_path / "program.py").write_text(program)
    Command(["program.py"]).same(tmp_path)


def test_types_of_ctypes_outlast_the_loading_of_the_front_end(tmp_path: Path) -> None:
    program = (
        "import ctypes, kaa\n"
        "found = [ctypes.POINTER(ctypes.c_int), ctypes.CFUNCTYPE(None)]\n"
        "kaa.enable()\nexec('x = 1')\n"
        "assert found == [ctypes.POINTER(ctypes.c_int), ctypes.CFUNCTYPE(None)]\n"
    )
    outcome = Command(["-c", program]).run(HOST, tmp_path)
    assert (outcome.err, outcome.status) == ("", 0)
