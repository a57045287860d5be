# ruff: noqa
import copy
import inspect
import logging
import pickle
import sys
import threading
import traceback
import types
import warnings
import weakref


def outer(a, b=1):
    c = a + b

    def inner():
        frame = sys._getframe()
        return [f.f_code.co_name for f in (frame, frame.f_back)], frame.f_back.f_locals["c"], c

    return inner()


print(outer(1))
print([entry.function for entry in inspect.stack()][:1], inspect.currentframe().f_lineno)


def generator():
    x = 1
    yield sys._getframe().f_back.f_code.co_name
    yield x


running = generator()
print(
    next(running),
    inspect.getgeneratorstate(running),
    inspect.getgeneratorlocals(running),
    running.gi_frame.f_lineno,
)
for name in ("gi_running", "gi_frame"):
    try:
        setattr(running, name, 1)
    except AttributeError as error:
        print(error)

print(copy.copy(outer) is outer, copy.deepcopy([outer])[0] is outer)
for unpicklable in (running, sys._getframe()):
    try:
        copy.copy(unpicklable)
    except TypeError as error:
        print(error)
print(weakref.ref(outer)() is outer, outer.__code__.co_varnames, outer.__get__(3).__self__)
print(isinstance(running, types.GeneratorType), type(running).__name__, type(type(running).send).__name__)


def warned(level):
    warnings.warn("careful", UserWarning, stacklevel=level)


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for level in (1, 2):
        warned(level)
print([(str(warning.message), warning.lineno, warning.filename == __file__) for warning in caught])


def shown(function):
    try:
        function()
    except Exception:
        text = traceback.format_exc()
        print(
            "".join(line.partition("File ")[0] + line.rpartition(",")[2] + "\n" for line in text.splitlines())
        )


shown(lambda: sorted([3, 1], key=lambda x: x / 0))
shown(lambda: list(map(int, ["1", "x"])))
shown(lambda: {}["a"]["b"])
shown(lambda: eval("1 +"))
shown(lambda: exec("def f():\n    raise KeyError('in exec')\nf()"))


class Property:
    @property
    def broken(self):
        raise AttributeError("inside")

    def __getattr__(self, name):
        raise AttributeError("nothing called " + name)


shown(lambda: Property().broken)
shown(lambda: Property().other)
shown(lambda: outer())
shown(lambda: 5())
shown(lambda: (_ for _ in ()).throw(ValueError("thrown")))

results = []
thread = threading.Thread(target=lambda: results.append(sys._getframe().f_back.f_code.co_name))
thread.start()
thread.join()
print(results)
local = threading.local()
local.x = 1
print(local.x, len(sys._current_frames()) >= 1)


class Finalized:
    def __del__(self):
        print("finalized")


def drops():
    kept = Finalized()
    try:
        raise ValueError
    except ValueError:
        pass


drops()
print("dropped")


def abandoned():
    kept = Finalized()
    try:
        yield
    finally:
        print("closed")


next(abandoned())
print(
    list(inspect.signature(outer).parameters),
    inspect.getsource(outer).splitlines()[0],
    inspect.isfunction(outer),
)
try:
    outer.__code__ = 3
except TypeError as error:
    print(error)
print(type(sys.exc_info()), sys.exc_info(), sys._getframemodulename())
exec("print(sorted(locals()), __name__)", {"__name__": "elsewhere", "x": 1})
print(eval("[y for y in (1, 2)]"), eval("x", {"x": 5}), [eval("z") for z in (7,)])
