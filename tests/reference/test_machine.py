"""What a machine owes its host: guest tracebacks only, deep calls without deep stacks, signals at the right time."""

import subprocess
import sys
import textwrap
import traceback

import pytest

from kaa.bytecode.instructions import INSTRUCTIONS
from kaa.reference.machine import Machine, guest_traceback
from kaa.reference.program import HANDLERS


def run(source: str, machine: Machine | None = None) -> dict:
    namespace = {"__name__": "guest"}
    code = compile(textwrap.dedent(source), "guest.py", "exec")
    (machine or Machine(compile)).run_code(code, namespace)
    return namespace


def in_process(source: str) -> str:
    """What a program prints in a process that a machine has taken over."""
    script = f"""
from kaa.reference.machine import Machine
machine = Machine(compile)
machine.enter()
machine.run_code(compile({textwrap.dedent(source)!r}, "guest.py", "exec"), {{"__name__": "__main__"}})
"""
    command = [sys.executable, "-W", "default", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_every_instruction_has_a_handler() -> None:
    assert {row.name for row in INSTRUCTIONS if not row.is_pseudo} <= HANDLERS.keys()


def test_an_uncaught_exception_shows_guest_frames_only() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run("""
            def key(x):
                return 1 / x
            def f():
                return sorted([1, 0], key=key)
            f()
            """)
    guest_traceback(caught.value)
    shown = traceback.extract_tb(caught.value.__traceback__)
    assert not any("src/kaa/" in entry.filename for entry in shown)
    assert [(entry.filename, entry.name, entry.lineno) for entry in shown[-3:]] == [
        ("guest.py", "<module>", 6),
        ("guest.py", "f", 5),
        ("guest.py", "key", 3),
    ]
    assert shown[-1].colno == 11


def test_context_and_cause_show_guest_frames_only() -> None:
    with pytest.raises(TypeError) as caught:
        run("""
            try:
                max([1, 2], key=lambda x: {}[x])
            except KeyError as error:
                raise TypeError("second") from error
            """)
    guest_traceback(caught.value)
    text = "".join(traceback.format_exception(caught.value))
    assert "direct cause" in text
    assert "src/kaa/" not in text


def test_a_hundred_thousand_frames() -> None:
    names = run("""
        import sys
        sys.setrecursionlimit(110_000)
        def deep(n):
            return n and 1 + deep(n - 1)
        class Chain:
            def __init__(self, n):
                self.n = Chain(n - 1).n + 1 if n else 0
        depth, chained = deep(100_000), Chain(50_000).n
        """)
    assert (names["depth"], names["chained"]) == (100_000, 50_000)


def test_guest_functions_are_called_by_the_host() -> None:
    names = run("""
        def f(a, *b, c=3):
            return a, b, c
        def g():
            x = yield 1
            yield x
        """)
    assert names["f"](1, 2, c=4) == (1, (2,), 4)
    generator = names["g"]()
    assert [next(generator), generator.send(5)] == [1, 5]
    with pytest.raises(TypeError, match=r"f\(\) missing 1 required positional argument: 'a'"):
        names["f"]()


def test_exceptions_let_go_of_their_frames() -> None:
    names = run("""
        import gc, weakref
        class Kept: pass
        def fails(kept):
            sorted([1], key=lambda x: 1 / 0)
        def handles():
            kept = Kept()
            reference = weakref.ref(kept)
            try:
                fails(kept)
            except ZeroDivisionError:
                pass
            return reference
        gc.disable()
        try:
            gone = handles()() is None
        finally:
            gc.enable()
        """)
    assert names["gone"]


def test_an_interrupt_arrives_at_a_guest_instruction() -> None:
    printed = in_process("""
        import os, signal, threading, time, traceback
        main = threading.get_ident()
        def spin():
            try:
                while True:
                    if ready: signal.pthread_kill(main, signal.SIGINT)
            except KeyboardInterrupt:
                print("caught in spin")
        ready = True
        spin()
        def handler(number, frame):
            print("handler", frame.f_code.co_name)
        print(signal.signal(signal.SIGINT, handler) is signal.default_int_handler)
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(2): pass
        print(signal.getsignal(signal.SIGINT) is handler)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT)).start()
        try:
            time.sleep(30)
        except KeyboardInterrupt as error:
            print([entry.name for entry in traceback.extract_tb(error.__traceback__)])
        """)
    assert printed == "caught in spin\nTrue\nhandler <module>\nTrue\n['<module>']\n"


def test_warnings_of_c_code_stand_at_guest_instructions() -> None:
    printed = in_process("""
        import warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yes = True
            ~yes
        print([(warning.filename, warning.lineno, warning.category.__name__) for warning in caught])
        """)
    assert printed == "[('guest.py', 6, 'DeprecationWarning')]\n"
