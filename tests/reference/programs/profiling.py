# ruff: noqa
import sys

events = []


def profiler(frame, event, argument):
    if event.startswith("c_"):
        argument = argument.__name__
    elif not isinstance(argument, (int, type(None))):
        argument = type(argument).__name__
    events.append((event, frame.f_code.co_name, argument))


def length(x):
    return len(x)


def items():
    yield 1
    yield 2


class Thing:
    def __init__(self):
        self.nothing = [].append(3)

    def method(self, *arguments):
        raise ValueError

    def __len__(self):
        return 7


def refuse(function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except Exception as error:
        print(type(error).__name__, error)


def spread(function, values):
    return function(*values)


def main():
    sys.setprofile(profiler)
    refuse(spread, print, 5)
    spread(print, iter("ab"))
    length("abc")
    length(Thing())
    list(items())
    thing = Thing()
    int("3")
    str.upper("a")
    sorted([2, 1], key=lambda value: -value)
    exec("len('exec')")
    refuse(exec, "1 / 0")
    refuse(thing.method, *[1], **{})
    refuse(int.from_bytes)
    refuse(len)
    print(*iter([1, 2]))
    print(*items())
    refuse(thing.method, *items(), **{})
    str.join(*iter([",", ["a", "b"]]))
    refuse(print, *iter([1]), **{"wrong": 2})
    gen = items()
    next(gen)
    refuse(gen.throw, KeyError)
    refuse(next, gen)
    for item in items():
        gen.close()
    print(end="", sep="")
    print(sys.getprofile() is profiler)
    sys.setprofile(None)
    length("not seen")


main()
print(*events, sep="\n")


def bad(frame, event, argument):
    raise ValueError("in the profiler")


try:
    sys.setprofile(bad)
    length("a")
except ValueError as error:
    print(error, sys.getprofile())
refuse(sys.setprofile)
refuse(sys.settrace, 1, 2)
