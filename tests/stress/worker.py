"""Run programs that come in on standard input, one JSON string a line, and tell what each did, one JSON object a line.

This script is started by each Python that is compared; `compile` and `exec` are that Python's own.
"""

import json
import re
import sys
import warnings

MOST_EVENTS = 2000


class TooLong(BaseException):
    """Ends a program that goes on and on."""


def plain(value):
    """`repr`, without addresses and without what a recursive structure would do to it."""
    try:
        return re.sub(r"0x[0-9a-f]+", "0x", repr(value))[:300]
    except Exception as error:
        return f"repr raised {type(error).__name__}"


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
        "text": plain(str(error)),
        "lines": lines,
        "cause": story(error.__cause__),
        "context": story(error.__context__) if error.__cause__ is None else None,
        "inner": [story(e) for e in error.exceptions] if isinstance(error, BaseExceptionGroup) else [],
    }


def run(source):
    events = []

    def log(value):
        events.append(plain(value))
        if len(events) >= MOST_EVENTS:
            raise TooLong
        return value

    error = None
    try:
        exec(compile(source, "<program>", "exec"), {"log": log, "__name__": "program"})
    except BaseException as caught:
        error = caught
    return {"events": events, "error": story(error)}


def main():
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
