# ruff: noqa
import contextlib
import sys
import traceback


def chain():
    try:
        {}["missing"]
    except KeyError:
        raise ValueError("second")  # noqa: B904


def cause():
    try:
        int("x")
    except ValueError as error:
        raise TypeError("third") from error


def fine():
    try:
        return "returned"
    finally:
        print("finally", sys.exc_info())


def nested():
    try:
        chain()
    finally:
        print("current", repr(sys.exception()))


for function in (chain, cause, fine, nested, lambda: [].nothing, lambda: 1 / 0, lambda: 1 + "a"):
    try:
        print(function())
    except Exception as error:
        print(repr(error), repr(error.__context__), repr(error.__cause__), error.__suppress_context__)
        traceback.print_exc(file=sys.stdout)

try:
    try:
        raise ExceptionGroup("many", [ValueError(1), TypeError(2), OSError(3)])
    except* ValueError as group:
        print("values", group.exceptions)
    except* TypeError as group:
        print("types", group.exceptions)
        raise KeyError("from handler")  # noqa: B904
except ExceptionGroup as group:
    traceback.print_exception(group, file=sys.stdout)

try:
    raise
except RuntimeError as error:
    print(error)

for wrong in (3, object):
    try:
        raise wrong
    except TypeError as error:
        print(error)
try:
    try:
        raise ValueError
    except 3:
        pass
except TypeError as error:
    print(error, repr(error.__context__))


@contextlib.contextmanager
def managed():
    print("enter")
    try:
        yield 5
    except ValueError as error:
        print("swallowed", error)
    finally:
        print("exit")


with managed() as value:
    raise ValueError(value)


def loop():
    for i in range(3):
        try:
            if i == 1:
                continue
            if i == 2:
                break
            print(i)
        finally:
            print("finally", i)
    else:
        print("else")


loop()
error = ValueError("kept")
error.add_note("a note")
for _ in range(2):
    try:
        raise error
    except ValueError as caught:
        print(caught is error, len(traceback.extract_tb(caught.__traceback__)))
print(sys.exc_info())
assert error.__traceback__.tb_frame is sys._getframe()
