"""Run one of CPython's test modules on the Python that runs this script, and report test by test.

    child.py MODULE REPORT [EXCLUDED]

One JSON list a line goes to the file REPORT as it happens: `["start", test]`, `["stop", test, outcome, text]`, and
`["end"]`, so that a crash or a hang names its test. The file EXCLUDED names tests to leave out, one a line. An
outcome is passed, failed, skipped or expected failure; text is the end of the traceback or the reason.
"""

import json
import sys
import unittest

sys.path.pop(0)
RANK = {"passed": 0, "skipped": 1, "expected failure": 2, "failed": 3}


class Reporter(unittest.TestResult):
    """Writes every test's outcome; of several outcomes of one test (subtests) the worst counts."""

    def __init__(self, report):
        super().__init__()
        self.report = report
        self.outcome, self.text = "passed", ""

    def write(self, *row):
        self.report.write(json.dumps(row) + "\n")
        self.report.flush()

    def note(self, outcome, text=""):
        if RANK[outcome] > RANK[self.outcome]:
            self.outcome, self.text = outcome, text

    def startTest(self, test):
        self.outcome, self.text = "passed", ""
        self.write("start", test.id())

    def stopTest(self, test):
        self.write("stop", test.id(), self.outcome, self.text)

    def failed(self, test, error):
        self.note("failed", self._exc_info_to_string(error, test)[-2000:])
        if not isinstance(test, unittest.TestCase):  # setUpClass or setUpModule: no startTest comes before it
            self.write("stop", test.id(), "failed", self.text)

    addError = addFailure = failed

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note("failed", f"{subtest}\n{self._exc_info_to_string(error, test)[-2000:]}")

    def addSkip(self, test, reason):
        self.note("skipped", reason)

    def addExpectedFailure(self, test, error):
        self.note("expected failure")

    def addUnexpectedSuccess(self, test):
        self.note("failed", "unexpected success")


def selected(suite, excluded):
    """The tests of `suite` without the excluded ones, in order; nested suites keep their class fixtures."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield unittest.TestSuite(selected(item, excluded))
        elif item.id() not in excluded:
            yield item


def main(module, report, excluded=None):
    from test import support

    support.use_resources = ()
    names = set()
    if excluded is not None:
        with open(excluded) as file:
            names = set(file.read().splitlines())
    with open(report, "a") as file:
        suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{module}")
        unittest.TestSuite(selected(suite, names)).run(Reporter(file))
        file.write('["end"]\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
