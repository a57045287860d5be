"""Memory for machine code: no page is writable where it runs, and a fork parts the processes."""

import re
import subprocess
import sys

from tests.native.host import needs_native

pytestmark = needs_native

SETUP = """
import os, sys
from kaa.baseline.engine import load
engine = load()
engine.enable()

def make(number):
    space = {}
    exec(f"def f(x):\\n    return x + {number}", space)
    return space["f"]

def check(functions):
    assert [f(1) for f in functions.values()] == [1 + number for number in functions]
"""

FORKS = """
def churn(functions, first):
    # What dies leaves room, which new code takes if it may.
    for number in [number for number in functions if number % 2]:
        del functions[number]
    for number in range(first, first + 200):
        functions[number] = make(number)
        check({number: functions[number]})

def family(functions, first, depth):
    for turn in range(3):
        ready, go = os.pipe()
        child = os.fork()
        churn(functions, first + 1000 * turn + 7 * depth + (0 if child else 500))
        if not child:
            os.close(go)
            os.read(ready, 1)
            check(functions)
            if depth:
                family(functions, first * 3, depth - 1)
            os._exit(0)
        check(functions)
        os.close(ready)
        os.close(go)
        assert os.waitpid(child, 0)[1] == 0
        check(functions)

functions = {number: make(number) for number in range(300)}
check(functions)
family(functions, 10_000, 2)
print("done", engine.statistics()["refused"])
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SETUP + program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_parent_and_child_of_a_fork_have_code_of_their_own():
    assert run(FORKS) == "done 0\n"


def test_what_dies_leaves_room():
    shown = run("""
def reached(rounds):
    for number in range(rounds):
        make(number)(1)
    return engine._arena("CODE_ARENA").next
before = reached(500)
print(reached(5000) - before)
""")
    assert int(shown) < 1_000_000  # what 4,500 functions need is more than twice that


BODIES = """
def nest(depth, space):
    if depth:
        exec("\\n".join(["class C:", *[f"    a{number} = {depth}" for number in range(40)], "nest(depth - 1, {})"]),
             {"nest": nest, "depth": depth})

def top():
    return engine._arena("BODY_ARENA").next
"""


def test_bodies_that_have_run_leave_all_their_room():
    shown = run(
        BODIES
        + """
nest(20, {})
before = top()
for _ in range(5):
    nest(20, {})
    assert top() == before
kept = compile("class D:\\n    x = 1", "", "exec")
exec(kept)
assert top() > before
nest(20, {})
assert top() > before
exec(kept)
assert D.x == 1
del kept
assert top() == before
"""
    )
    assert shown == ""


def test_bodies_of_a_fork():
    shown = run(
        BODIES
        + """
def deepest():
    child = os.fork()
    nest(5, {})
    if not child:
        return
    assert os.waitpid(child, 0)[1] == 0
    nest(5, {})

space = {"nest": nest, "deepest": deepest}
before = top()
exec("class C:\\n    deepest()\\nnest(3, {})", space)
nest(20, {})
kept = top()
assert kept > before
nest(20, {})
assert top() == kept
"""
    )
    assert shown == ""


def test_no_page_is_writable_and_executable():
    shown = run("make(1)(1); print(open('/proc/self/maps').read())")
    access = re.findall(r"^[0-9a-f]+-[0-9a-f]+ (\S+)", shown, re.M)
    assert "r-xs" in access and "rw-s" in access
    assert not [a for a in access if "w" in a and "x" in a]


def test_machine_code_is_in_memory_once():
    """What has been written is let go: else each page of it would count twice."""
    shown = run("""
functions = {number: make(number) for number in range(3000)}
check(functions)
print(open("/proc/self/smaps").read())
""")
    sizes = {"r-xs": 0, "rw-s": 0}
    for access, resident in re.findall(
        r"^\S+-\S+ (\S{4}) [^\n]*\n(?:[A-Z]\w+: [^\n]*\n)*?Rss: +(\d+)", shown, re.M
    ):
        if access in sizes:
            sizes[access] += int(resident)
    assert sizes["r-xs"] > 1000  # kilobytes
    assert sizes["rw-s"] < 300
