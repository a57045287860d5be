"""Run programs that come in on standard input and tell on standard output what each did, in the form of `marshal`.

In: the source, the host's code object for it or None, and how many times to run it. Out: a dict; `runs` has the story
of each run that was unlike the earlier runs from the same start, by its number; `code` is what this Python compiled
itself, where it got no code object. This module is started by each Python that is compared; `compile` and `exec` are
that Python's own.
"""

import marshal
import re
import sys
import warnings

from tests.stress.programs import PRELUDE, STARTS

MOST_EVENTS = 2000
ADDRESS = re.compile("0x[0-9a-f]+")


class TooLong(BaseException):
    """Ends a program that goes on and on."""


def plain(value, form=repr):
    """A value's text, without addresses, and not too long."""
    try:
        return ADDRESS.sub("0x", form(value))[:300]
    except Exception as error:
        return f"{form.__name__} raised {type(error).__name__}"


def story(error):
    """An exception with all that hangs on it: type, arguments, the lines of its traceback, cause, context, notes."""
    if error is None:
        return None
    lines, traceback = [], error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<program>":
            lines.append([traceback.tb_frame.f_code.co_name, traceback.tb_lineno, traceback.tb_lasti])
        traceback = traceback.tb_next
    return {
        "type": type(error).__name__,
        "text": plain(error, str),
        "lines": lines,
        "cause": story(error.__cause__),
        "context": story(error.__context__) if error.__cause__ is None else None,
        "inner": [story(e) for e in error.exceptions] if isinstance(error, BaseExceptionGroup) else [],
    }


def run(code, prelude, start):
    """One run's story."""
    events = []

    def log(value):
        events.append(plain(value))
        if len(events) >= MOST_EVENTS:
            raise TooLong
        return value

    scope = {"log": log, "__name__": "program"}
    exec(prelude, scope)
    scope |= zip("abcd", eval(start, scope), strict=True)
    error = None
    try:
        exec(code, scope)
    except BaseException as caught:
        error = caught
    return {"events": events, "error": story(error)}


def tell(source, code, runs, prelude, starts):
    """What a program did."""
    compiled = None
    if code is None:
        try:
            code = compiled = compile(source, "<program>", "exec")
        except SyntaxError as error:
            return {"runs": {0: {"events": [], "error": story(error)}}, "code": None}
    told, last = {}, {}
    for number in range(runs):
        start = starts[number % len(starts)]
        new = run(code, prelude, start)
        if last.get(start) != new:
            told[number] = last[start] = new
    return {"runs": told, "code": compiled}


def main():
    warnings.simplefilter("ignore")
    prelude = compile(PRELUDE, "<prelude>", "exec")
    starts = [compile(start, "<start>", "eval") for start in STARTS]
    while True:
        try:
            task = marshal.load(sys.stdin.buffer)
        except EOFError:
            return
        marshal.dump(tell(*task, prelude, starts), sys.stdout.buffer)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
