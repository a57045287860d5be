"""What Kaa loads in the midst of a program is not reached by what the program has done, and does not show in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaa.bytecode import opcodes
from kaa.runtime import invisible
from tests.runtime.commands import HOST, KAA, Command

NEW = "import time\nnew = f'(0 * {time.time_ns()}, 7)[1]'\n"
"""A text that no earlier start has compiled, so that the front end has to be loaded for it."""

WITHHELD = r"""
import sys
sys.modules["unicodedata"] = None
for text in (r"'\N{DIGIT ONE}' + ", r"'a\x41\N{x}' + ", r"'\N' + ", r"'ä\N{DIGIT ONE}' + ", "é"):
    try:
        eval(f"{text}{time.time_ns()}")
    except (SyntaxError, ImportError) as error:
        print(error, getattr(error, "end_offset", None))
"""

PROGRAMS = {
    "nothing to import from": "import sys\nsys.path[:] = sys.meta_path[:] = sys.path_hooks[:] = []\n"
    "sys.path_importer_cache.clear()\n"
    "for name in ('re', 'ast', 'enum', 'typing', 'kaa', 'kaa.bytecode'):\n    sys.modules[name] = None\n"
    "print(eval(new))\n",
    "replaced functions": "import builtins, os, posixpath, sys\n"
    "builtins.open = builtins.range = builtins.sorted = None\n"
    "os.stat = os.open = os.replace = os.getpid = posixpath.isfile = posixpath.join = None\n"
    "print(eval(new))\n",
    "modules": "import sys\nbefore = set(sys.modules)\nprint(eval(new))\n"
    "names = 're enum ast typing types threading collections functools keyword operator contextlib'\n"
    "print([name for name in names.split() if name in sys.modules])\n",
    "modules of the guest's": "import sys, re, enum\nold = re, enum\nprint(eval(new))\nimport re, enum\n"
    "print(old == (re, enum), re.sub('(a)', r'\\1b', 'aaa'), re.RegexFlag.I)\n",
    "modules in C": "eval(new)\nimport _struct, _sre, math, sys, unicodedata\n"
    "for module in (_struct, _sre, math, unicodedata):\n"
    "    names = sorted(name for name in vars(module) if name.startswith('__'))\n"
    "    print(module, names, module.__spec__, getattr(module, '__file__', None), module.__package__)\n",
    "names of characters withheld": WITHHELD,
    "trees without _ast": "import ast, sys\ntree = compile(new, '', 'eval', ast.PyCF_ONLY_AST)\n"
    "del sys.modules['_ast']\nprint(eval(compile(tree, '', 'eval')), '_ast' in sys.modules)\n",
    "little recursion": "import sys\ndef f(n):\n    return f(n - 1) if n else eval(new)\n"
    "sys.setrecursionlimit(120)\nprint(f(60), sys.getrecursionlimit())\n",
    "tracers": "import sys\nevents = []\ndef trace(frame, event, argument):\n"
    "    events.append((event, frame.f_code.co_name))\n    return trace\n"
    "sys.settrace(trace)\nsys.setprofile(trace)\neval(new)\nsys.setprofile(None)\nsys.settrace(None)\nprint(events)\n",
    "threads": "import threading\nresults = []\n"
    "threads = [threading.Thread(target=lambda: results.append(eval(new))) for _ in range(8)]\n"
    "for thread in threads:\n    thread.start()\nfor thread in threads:\n    thread.join()\nprint(results)\n",
    "auditing hooks": "import sys\nheard = []\n"
    "sys.addaudithook(lambda event, arguments: heard.append(event))\n"
    "eval(new)\nprint([event for event in heard if event in ('import', 'open', 'compile', 'exec', 'marshal.loads')])\n",
    "an interrupt": "import os, signal\nsource = new + '\\nos.kill(os.getpid(), signal.SIGINT)'\nexec(source)\n",
    "tokens": "import io, tokenize\nfor token in tokenize.generate_tokens(io.StringIO('a = 1').readline):\n"
    "    print(token)\n",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(program: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(NEW + program)
    Command(["program.py"]).run(KAA, tmp_path)  # so that in the others the program itself is there
    Command(["program.py"]).same(tmp_path)


def test_instructions_that_are_known_without_the_table() -> None:
    assert (invisible._NOP, invisible._RESUME) == (opcodes.NOP, opcodes.RESUME)


def test_a_start_leaves_few_modules(tmp_path: Path) -> None:
    """Beside its own, only such as are written in C."""
    program = "import sys; print(*(n for n, m in sys.modules.items() if hasattr(m, '__file__') or '.' in n))"
    Command(["-c", program]).run(KAA, tmp_path)  # this one compiles the program
    kaa, host = (set(Command(["-c", program]).run(it, tmp_path).out.split()) for it in (KAA, HOST))
    new = {name for name in kaa - host if name.partition(".")[0] not in ("kaa", "_struct", "_ctypes")}
    assert not new
