"""What nobody caught, broken sources, and every way to leave: text and exit status as on the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.commands import HOST, KAA, Command

LEAVING = {
    "nothing": "pass",
    "no code": "raise SystemExit",
    "number": "import sys; sys.exit(3)",
    "large number": "import sys; sys.exit(300)",
    "negative": "import sys; sys.exit(-1)",
    "none": "import sys; sys.exit(None)",
    "true": "import sys; sys.exit(True)",
    "text": "import sys; sys.exit('a message')",
    "float": "import sys; sys.exit(1.5)",
    "tuple": "import sys; sys.exit((1, 2))",
    "two arguments": "raise SystemExit(1, 2)",
    "enormous": "import sys; sys.exit(2**70)",
    "subclass": "class Leave(SystemExit):\n    def __init__(self):\n        self.code = 7\nraise Leave",
    "code without text": "class Odd:\n    def __str__(self):\n        1/0\nraise SystemExit(Odd())",
    "os._exit": "import os; print('lost', end=''); os._exit(9)",
    "abort": "import os; os.abort()",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "in a thread": "import threading, sys\nt = threading.Thread(target=sys.exit, args=(5,))\nt.start()\nt.join()",
    "atexit": "import atexit\natexit.register(print, 'bye')\nraise SystemExit(4)",
    "atexit after error": "import atexit\natexit.register(print, 'bye')\n1/0",
    "group": "raise BaseExceptionGroup('both', [KeyboardInterrupt(), SystemExit(3)])",
    "closed stdout": "import sys; sys.stdout.close()",
    "no stdout": "import sys; sys.stdout = None; print(1)",
    "no stderr": "import sys; sys.stderr = None; 1/0",
    "interrupt": "raise KeyboardInterrupt",
    "interrupt with text": "raise KeyboardInterrupt('now')",
}

HOOKS = {
    "own": "import sys\nsys.excepthook = lambda *a: print('hook', a[0], a[1])\n1/0",
    "none": "import sys; sys.excepthook = None; 1/0",
    "missing": "import sys; del sys.excepthook; 1/0",
    "failing": "import sys\ndef hook(*a):\n    raise ValueError('in hook')\nsys.excepthook = hook\n1/0",
    "leaving": "import sys; sys.excepthook = lambda *a: sys.exit(5); 1/0",
    "last": "import atexit, sys\natexit.register(lambda: print(sys.last_exc, sys.last_type, sys.last_value))\n1/0",
    "interrupt": "import sys; sys.excepthook = lambda *a: print('hook'); raise KeyboardInterrupt",
    "thread": "import threading\nt = threading.Thread(target=lambda: 1/0, name='worker')\nt.start()\nt.join()",
    "threading.excepthook": "import threading\nthreading.excepthook = lambda a: print(a.exc_type, a.thread.name)\n"
    "t = threading.Thread(target=lambda: 1/0, name='worker')\nt.start()\nt.join()",
    "sys.unraisablehook": "import sys\nsys.unraisablehook = lambda a: print(a.exc_type, a.err_msg)\n"
    "class Bad:\n    def __del__(self):\n        1/0\nBad()\nprint('on')",
    "unraisable": "class Bad:\n    def __del__(self):\n        1/0\nBad()\nprint('on')",
    "unraisable warning": "import warnings\nwarnings.simplefilter('error')\nopen('program.py').name\nprint('on')",
}

TRACEBACKS = {
    "carets": "def f(a):\n    return a['x'] + (1 /\n        0)\nf({'x': 1})",
    "cause": "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('v') from e",
    "context": "try:\n    {}['a']\nexcept KeyError:\n    [].missing",
    "suppressed": "try:\n    {}['a']\nexcept KeyError:\n    raise ValueError('v') from None",
    "group": "raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [TypeError('t')])])",
    "notes": "e = ValueError('v')\ne.add_note('a note')\ne.add_note('another')\nraise e",
    "name suggestion": "value = 1\nprint(valeu)",
    "attribute suggestion": "import collections\ncollections.OrderedDcit",
    "self suggestion": "class A:\n"
    "    def __init__(self):\n        self.blah = 1\n    def f(self):\n        blah\nA().f()",
    "import suggestion": "from collections import OrderedDcit",
    "missing module": "import no_such_module",
    "missing submodule": "import os.missing",
    "keyword suggestion": "def f(first): pass\nf(frist=1)",
    "recursion": "def f(n):\n    return f(n + 1)\nimport sys\nsys.setrecursionlimit(200)\nf(0)",
    "mutual recursion": "def f(n):\n    g(n)\ndef g(n):\n    f(n)\nimport sys\nsys.setrecursionlimit(200)\nf(0)",
    "generator": "def g():\n    yield 1\n    1/0\nlist(g())",
    "class body": "class A:\n    x = 1\n    y = x / 0",
    "lambda": "(lambda: 1/0)()",
    "comprehension": "[1/x for x in (1, 0)]",
    "built-in callback": "sorted([1, 2], key=lambda x: 1/0)",
    "comparison": "sorted([1, 'a'])",
    "assert": "assert 1 == 2, 'message'",
    "exec": "exec('def f():\\n    1/0\\nf()')",
    "eval": "eval('1/0')",
    "compile error": "compile('a b', 'name', 'exec')",
    "eval error": "eval('1 +')",
    "exec error": "def f():\n    exec('x = = 1')\nf()",
    "ast error": "import ast\nast.parse('f(')",
    "literal_eval": "import ast\nast.literal_eval('1 +')",
    "bad source type": "compile(1, 'name', 'exec')",
    "null": "compile('a\\0b', 'name', 'exec')",
    "import error in context": "try:\n    1/0\nexcept ZeroDivisionError:\n    eval('1 +')",
    "decorator": "def d(f):\n    raise ValueError\n@d\ndef f(): pass",
    "with": "class C:\n    def __enter__(self): 1/0\n    def __exit__(self, *a): pass\nwith C(): pass",
    "unicode": "größe = 'ünïcödé'; größe.ß + 1/0",
    "chained calls": "def f(): return None\nf().a(\n  1,\n  2).b",
    "asyncio": "import asyncio\nasync def f():\n    await g()\nasync def g():\n    1/0\nasyncio.run(f())",
    "str fails": "class E(Exception):\n    def __str__(self): 1/0\nraise E",
    "warning": "import warnings\ndef f():\n    warnings.warn('w', stacklevel=2)\nf()",
    "warning as error": "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('w')",
    "format_exc": "import traceback\ndef f():\n    try:\n        eval('1/0')\n    except Exception:\n"
    "        print(traceback.format_exc())\nf()",
    "stack": "import traceback\ndef f():\n    eval('traceback.print_stack()')\nf()",
    "runpy": "import runpy\nrunpy.run_path('failing.py')",
    "import": "import failing",
    "import broken": "import broken",
    "from import": "from failing import x",
    "importlib": "import importlib\nimportlib.import_module('failing')",
    "import in function": "def f():\n    import package.inner\nf()",
    "import hook": "import sys\nclass Finder:\n    def find_spec(self, *a): 1/0\nsys.meta_path.insert(0, Finder())\n"
    "import x",
}

SOURCES = {
    "syntax": b"def f(:\n  pass\n",
    "unclosed": b"f(\n",
    "indentation": b"if 1:\npass\n",
    "tabs": b"if 1:\n\tx\n        y\n",
    "null": b"x = 1\na\0b\n",
    "null before not utf-8": b"0000\x00\n00000000000\n\x00\n\x9e\n",
    "not utf-8 before null": b"x\n\x9e\x00\n",
    "not utf-8": b"x = 1\n# \xff\n",
    "not utf-8 in a string": b"x = '\xe9'\n",
    "unknown coding": b"# coding: nonsense\n",
    "wrong coding": b"# coding: ascii\nx = '\xc3\xa9'\n",
    "latin-1": b"# coding: latin-1\nprint('\xe9')\n",
    "bom": b"\xef\xbb\xbfprint(1)\n",
    "bom and coding": b"\xef\xbb\xbf# coding: latin-1\nprint(1)\n",
    "no newline": b"print(1)",
    "carriage returns": b"print(1)\r\nif 1:\r\n  print(2)\rprint(3)\r\n",
    "form feed": b"\x0cprint(1)\n",
    "empty": b"",
    "only comment": b"# nothing",
    "warning": b"x = '\\d'\nassert (1, 'always')\nprint(1 is 1)\n",
    "too deep": b"(" * 300,
    "too indented": b"".join(b" " * i + b"if 1:\n" for i in range(101)),
    "return outside": b"return 1\n",
    "future": b"from __future__ import braces\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("uncaught")
    (root / "failing.py").write_text("def f():\n    1/0\nf()\n")
    (root / "broken.py").write_text("x = (\n")
    (root / "package").mkdir()
    (root / "package" / "__init__.py").write_text("")
    (root / "package" / "inner.py").write_text("from . import missing\n")
    return root


@pytest.mark.parametrize("program", LEAVING.values(), ids=LEAVING)
def test_leaving(program: str, folder: Path) -> None:
    Command(["-c", program]).same(folder)


def test_unraisable(folder: Path) -> None:
    """The object that is named may be the bound method, as host functions in C know no other for Kaa's functions."""
    command = Command(["-c", "class Bad:\n    def __del__(self):\n        1/0\nBad()\nprint('on')"])
    host, kaa = command.run(HOST, folder), command.run(KAA, folder)
    assert host.err.splitlines()[1:] == kaa.err.splitlines()[1:]
    assert "Bad.__del__" in kaa.err.splitlines()[0]


@pytest.mark.parametrize("program", HOOKS.values(), ids=HOOKS)
def test_hooks(program: str, folder: Path) -> None:
    Command(["-c", program]).same(folder)


@pytest.mark.parametrize("program", TRACEBACKS.values(), ids=TRACEBACKS)
def test_tracebacks(program: str, folder: Path) -> None:
    (folder / "program.py").write_text(program)
    assert "kaa" not in Command(["program.py"]).same(folder).err


def test_traceback_of_a_command(folder: Path) -> None:
    Command(["-c", "def f():\n    1/0\nf()"]).same(folder)


def test_traceback_of_a_module(folder: Path) -> None:
    Command(["-m", "failing"]).same(folder)
    Command(["-m", "broken"]).same(folder)


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_sources(source: bytes, folder: Path) -> None:
    (folder / "source.py").write_bytes(source)
    Command(["source.py"]).same(folder)
    Command(["-B", "-c", "import source"]).same(folder)
    Command([], input=source).same(folder)


def interrupted(program: str, folder: Path) -> tuple[int, str]:
    """Send Ctrl-C to a program that has said that it is ready."""
    loop = "print('ready', flush=True)\ndef f():\n    while True:\n        pass\nf()\n"
    (folder / "loop.py").write_text(loop)
    child = subprocess.Popen(
        [program, "loop.py"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    lines = err.splitlines()
    return child.returncode, "\n".join(lines[:1] + lines[-1:])


def test_control_c(folder: Path) -> None:
    assert interrupted(KAA, folder) == interrupted(HOST, folder)


def test_interrupt_when_nothing_keeps_the_starting_script(folder: Path) -> None:
    """Under the installed command the host once cleared a name in the dict of a module that was gone."""
    starter = folder / "a_starter_whose_path_is_a_short_string.py"
    starter.write_text("import sys\nfrom kaa.__main__ import main\nsys.exit(main())\n")
    program = [HOST, str(starter), "-c", "raise KeyboardInterrupt"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for _ in range(3):
        assert subprocess.run(program, capture_output=True, env=environment).returncode == -signal.SIGINT


@pytest.mark.parametrize("program", ["print('x')", "print('x' * 100000)"], ids=["at the end", "at once"])
def test_broken_pipe(program: str, folder: Path) -> None:
    outcomes = []
    for executable in (HOST, KAA):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, text=True)
        os.close(writing)
        outcomes.append((done.returncode, done.stderr))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("lost", [0, 1, 2, 6, 9, 13, 19])
def test_no_memory_to_tell_of_no_memory(lost: int, tmp_path: Path) -> None:
    """So many requests for memory fail; 0: all from then on."""
    pytest.importorskip("_testcapi")
    program = f"import _testcapi\nclass C: pass\n_testcapi.set_nomemory(0, {lost})\nC()"
    outcome = Command(["-c", program]).run(KAA, tmp_path)
    assert outcome.status == 1
    assert "MemoryError" in outcome.err
