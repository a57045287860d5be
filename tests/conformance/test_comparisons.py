"""What the commands that compare packages and memory say of results that differ."""

from pathlib import Path

from tests.conformance.package_tests import read_report
from tests.conformance.references import leaks, measure

REPORT = """<testsuites><testsuite>
<testcase classname="a.B" name="good"/>
<testcase classname="a.B" name="bad"><failure message="no">because</failure></testcase>
<testcase classname="a.B" name="torn down badly"/>
<testcase classname="a.B" name="torn down badly"><error message="late"/></testcase>
<testcase classname="a.B" name="not here"><skipped message="Windows"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_read(tmp_path: Path) -> None:
    Path(tmp_path, "report.xml").write_text(REPORT)
    assert read_report(tmp_path / "report.xml") == {
        "a.B.good": ("passed", ""),
        "a.B.bad": ("failed", "because"),
        "a.B.torn down badly": ("failed", "late"),
        "a.B.not here": ("skipped", "Windows"),
    }


def test_what_grows_in_each_round_leaks() -> None:
    assert leaks(host=[2, 2, 0], ours=[3, 4, 3])
    assert not leaks(host=[2, 2, 0], ours=[2, 2, 2])
    assert not leaks(host=[0, 0, 0], ours=[30, 0, 1])
    assert not leaks(host=[9, 9, 9], ours=[5, 5, 5])


def test_a_module_is_measured() -> None:
    growth = measure("python", "test_unary", rounds=5, patience=120)
    assert (growth.trouble, len(growth.blocks), len(growth.objects)) == ("", 2, 2)
    assert growth.objects == [0, 0]
