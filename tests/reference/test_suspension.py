"""A suspended generator is data: it can be copied and pickled, and both go on from where it was."""

import io
import marshal
import pickle
import types

from kaa.reference.machine import Machine
from kaa.reference.suspension import copy_suspended, freeze, thaw

SOURCE = """
def numbers(n):
    total = 0
    add = lambda x: total + x
    for i in range(n):
        try:
            total = add((yield total, i) or i)
        finally:
            pass
    return total

def outer(n):
    for x in [10, 20]:
        result = yield from numbers(n)
        yield x, result
"""


class Pickler(pickle.Pickler):
    """Code objects travel as marshal data, and the guest's globals by reference."""

    def persistent_id(self, value):
        return "globals" if isinstance(value, dict) and value.get("__name__") == "guest" else None

    def reducer_override(self, value):
        if isinstance(value, types.CodeType):
            return marshal.loads, (marshal.dumps(value),)
        return NotImplemented


class Unpickler(pickle.Unpickler):
    def __init__(self, file, names):
        super().__init__(file)
        self.names = names

    def persistent_load(self, _):
        return self.names


def guest():
    machine, names = Machine(compile), {"__name__": "guest"}
    machine.run_code(compile(SOURCE, "guest", "exec"), names)
    return machine, names


def test_a_copy_goes_on_by_itself() -> None:
    _, names = guest()
    generator = names["outer"](3)
    before = [next(generator), next(generator)]
    twin = copy_suspended(generator)
    assert list(generator) == list(twin)
    assert before == [(0, 0), (0, 1)]


def test_a_pickled_generator_goes_on_on_another_machine() -> None:
    _, names = guest()
    generator = names["plain"] = None
    source = "def plain(n):\n    for i in range(n):\n        word = 'w' * i\n        yield word\n"
    machine, names = Machine(compile), {"__name__": "guest"}
    machine.run_code(compile(source, "guest", "exec"), names)
    generator = names["plain"](5)
    next(generator)
    next(generator)
    file = io.BytesIO()
    Pickler(file).dump(freeze(generator))
    file.seek(0)
    other = Machine(compile)
    thawed = thaw(other, Unpickler(file, names).load())
    assert list(thawed) == list(generator) == ["ww", "www", "wwww"]
