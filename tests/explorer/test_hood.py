"""Machine code and inline caches of a program, after a run of its own or without one."""

import pytest

from kaa.explorer import hood, landlock
from kaa.explorer.hood import listing
from kaa.explorer.limits import Limits
from kaa.explorer.road import road
from kaa.explorer.sandbox import Run
from kaa.native.host import UnsupportedHost, check_host

try:
    check_host()
except UnsupportedHost:
    pytest.skip("the native machine does not run here", allow_module_level=True)

LIMITS = Limits(seconds=30)
SOURCE = """
class Box:
    def look(self): return self.held
name = input()
for _ in range(9):
    box = Box()
    box.held = name
    assert box.look() == "kaa"
print("x" * 2_000_000)
"""


def caches(functions, name: str) -> dict[str, str]:
    return {piece["name"]: piece["cache"]["state"] for piece in functions[name] if piece["cache"]}


def test_caches_after_a_run_with_the_recorded_input() -> None:
    found = listing(SOURCE, "guest.py", LIMITS, ["kaa\n"])
    assert found["words"] == "The caches are those after a run on the native machine."
    assert caches(found["files"]["guest.py"], "Box.look:3")["LOAD_ATTR"] == "monomorphic"


def test_modules_of_the_folder_have_their_caches(tmp_path) -> None:
    (tmp_path / "other.py").write_text("def real(n): return n.real\n")
    program = str(tmp_path / "program.py")
    found = listing("import json, other\nfor n in range(3): other.real(n)\n", program, LIMITS, [])["files"]
    assert {*found} == {program, str(tmp_path / "other.py")}
    assert caches(found[str(tmp_path / "other.py")], "real:1")["LOAD_ATTR"] == "monomorphic"


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_programs_of_strangers() -> None:
    limits = Limits(seconds=20.0, memory=1 << 30, public=True)
    found = listing("try: open('/etc/passwd')\nexcept PermissionError: x = 1\n", "guest.py", limits, [])
    assert found["words"] == "The caches are those after a run on the native machine."
    assert found["files"]["guest.py"]["<module>:1"]


def test_without_a_run_every_cache_is_empty_and_each_instruction_has_its_code() -> None:
    found = listing(SOURCE, "guest.py", LIMITS, None)["files"]["guest.py"]
    assert set(caches(found, "Box.look:3").values()) == {"empty"}
    for unit in road(SOURCE, "guest.py")["units"]:
        offsets = {piece["offset"] for piece in found[f"{unit['qualname']}:{unit['line']}"] if piece["lines"]}
        named = {
            step["offset"] for step in unit["instructions"] if step["name"] not in ("EXTENDED_ARG", "CACHE")
        }
        assert offsets <= {step["offset"] for step in unit["instructions"]}
        assert len(named - offsets) <= len(named) // 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os\nos._exit(3)", "did not come back from its run: the process left at once with status 3"),
        ("1 / 0", "ended with ZeroDivisionError"),
        ("while True: pass", "the first 3 seconds"),
    ],
)
def test_programs_that_do_not_end_well(source: str, words: str) -> None:
    found = listing(source, "guest.py", LIMITS, [])
    assert words in found["words"]
    assert found["files"]["guest.py"]["<module>:1"]


def test_a_source_that_does_not_compile_is_tried_once(monkeypatch) -> None:
    asked = []

    def counted(*arguments, **options):
        asked.append(arguments)
        return Run(*arguments, **options)

    monkeypatch.setattr(hood, "Run", counted)
    assert not listing("x = = 1", "guest.py", LIMITS, [])["compiled"]
    assert len(asked) == 1
