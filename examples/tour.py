"""A tour of Kaa: follow a few lines of Python through every step that runs them.

    kaa examples/tour.py

Each chapter calls one part of Kaa and prints what comes out of it. The parts are ordinary modules; change SOURCE, or
call them yourself.
"""

import ast
import importlib
import importlib.util
import sys
import tempfile
from pathlib import Path

import kaa
from kaa.bytecode import pyc
from kaa.bytecode.disassembler import disassemble
from kaa.compiler import codegen, future, symbols
from kaa.compiler.flowgraph import optimize
from kaa.reference.machine import Machine
from kaa.reference.observer import LimitReached, Limits, Observer
from kaa.syntax.tokens import tokens

SOURCE = """\
def steps(n):
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count

result = steps(27)
"""


def chapter(number, title, text):
    print(f"\n\033[1m{number}. {title}\033[0m" if sys.stdout.isatty() else f"\n{number}. {title}")
    print(text, end="\n\n")


def show_tokens():
    chapter(1, "Tokens", "kaa.syntax.tokens cuts the text into words. Line 4 of the program:")
    for token in tokens(SOURCE):
        if token.start[0] == 4 and token.string.strip():
            print(f"   {token.start[1]:3}-{token.end[1]:<3} {token.string}")


def show_tree():
    chapter(2, "Tree", "kaa.syntax.parser finds the structure, in the classes of the standard module ast:")
    tree = ast.parse(SOURCE)
    print(ast.dump(tree.body[0].body[1].test, indent=3))
    return tree


def show_symbols(tree):
    chapter(3, "Symbols", "kaa.compiler.symbols decides for each name and scope where the name lives:")
    table = symbols.build(tree, "tour")
    for scope in (table.top, *table.top.children):
        for name in scope.symbols:
            print(f"   in {scope.name:6} {name:6} {symbols.Resolution(scope.resolution(name)).name.lower()}")
    return table


def show_blocks(tree, table):
    chapter(
        4, "Blocks", "kaa.compiler.codegen emits instructions, kaa.compiler.flowgraph sorts them into blocks:"
    )

    def show(unit):
        print(optimize(unit))
        return show.__code__  # the code object itself is for the next chapter

    codegen.generate(tree, table, "tour", future.future_features(tree, "tour"), 0, show)


def show_bytecode():
    chapter(
        5, "Bytecode", "kaa.compiler.assembler writes the code object that CPython 3.13 writes, to the byte:"
    )
    module = kaa.compile(SOURCE, "tour", "exec")
    function = next(constant for constant in module.co_consts if hasattr(constant, "co_code"))
    print(disassemble(function, documentation=True), end="")
    return module


def show_cache():
    chapter(6, "Cache", "An import keeps the code object beside the source, with a seal behind it:")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "toured.py")
        source.write_text(SOURCE)
        sys.path.insert(0, folder)
        writes, sys.dont_write_bytecode = not sys.dont_write_bytecode, False
        try:
            module = importlib.import_module("toured")
        finally:
            sys.dont_write_bytecode = not writes
            sys.path.remove(folder)
        cache = Path(module.__cached__)
        data = cache.read_bytes()
        print(f"   {cache.relative_to(folder)}: {len(data)} bytes, {pyc.header(data)}")
        print(f"   sealed: {pyc.is_sealed(data)}; with one bit changed: {pyc.is_sealed(damaged(data))}")


def damaged(data):
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


class Watcher(Observer):
    """Counts instructions, and prints the calls and what they return."""

    def __init__(self):
        self.instructions = 0

    def instruction(self, frame, offset):
        self.instructions += 1

    def call(self, frame):
        print(f"   call   {frame.f_code.co_name}")

    def returned(self, frame, value):
        print(f"   return {value!r} from {frame.f_code.co_name}, after {self.instructions} instructions")


def show_machine(module):
    chapter(
        7, "Machine", "kaa.reference runs it, one small Python function an instruction. An observer watches:"
    )
    names = {"__name__": "tour"}
    Machine(kaa.compile, observer=Watcher()).run_code(module, names)
    print(f"   result = {names['result']}")
    try:
        Machine(kaa.compile, limits=Limits(instructions=1000)).run_code(module, names)
    except LimitReached as error:
        print(f"   and with a limit: {error}")


if __name__ == "__main__":
    print(SOURCE, end="")
    show_tokens()
    program = show_tree()
    show_blocks(program, show_symbols(program))
    code = show_bytecode()
    show_cache()
    show_machine(code)
    print(
        "\nThis program ran on Kaa itself."
        if "kaa" in sys.implementation.cache_tag
        else "\nNow run me with kaa."
    )
