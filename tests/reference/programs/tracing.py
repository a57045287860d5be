# ruff: noqa
import sys

events = []


def trace(frame, event, argument):
    events.append((frame.f_code.co_name, event, frame.f_lineno, argument if event == "return" else None))
    return trace


def loops(n):
    for i in range(n):
        last = i
    while n:
        n -= 1
    try:
        1 / 0
    except ZeroDivisionError:
        last = [x for x in range(2)]
    return last


def items():
    yield 1
    yield 2


def single():
    return 1


def main():
    loops(2)
    for item in items():
        single()
    try:
        fails()
    except KeyError:
        pass


def fails():
    try:
        raise KeyError
    finally:
        single()


sys.settrace(trace)
main()
print(sys.gettrace() is trace)
sys.settrace(None)
print(*events, sep="\n")


def bad(frame, event, argument):
    raise ValueError("in the trace function")


sys.settrace(bad)
try:
    main()
except ValueError as error:
    print(error, sys.gettrace())
