"""Roads of sources that mean harm: they end with words, and the process that asked lives."""

import json
from typing import Any

import pytest

from kaa.explorer import landlock
from kaa.explorer.imports import imported_files
from kaa.explorer.limits import Limits
from kaa.explorer.road import road
from kaa.explorer.survey import survey

HOSTILE = {
    "deep parentheses": ("(" * 100_000, {"seconds": 60.0}, "too many nested parentheses"),
    "deep signs": ("-" * 9_000_000 + "1", {"memory": 2 << 30}, "it takes more than 1 s to compile"),
    "long sums": ("x = " + "1 + " * 2_000_000 + "1", {"seconds": 60.0}, "its limit of 512 MiB"),
    "many names": (
        "".join(f"name_{n} = {n}\n" for n in range(300_000)),
        {"memory": 2 << 30},
        "it takes more than 1 s to compile",
    ),
    "a long list": ("x = [" + "1, " * 9_000 + "]", {"seconds": 60.0}, "its road is longer than 1 MiB"),
    "a large number": ("x = " + "9" * 9_000, {"seconds": 60.0}, "Exceeds the limit (4300 digits)"),
    "a large text": ("x = '" + "x" * 100_000_000 + "'", {"seconds": 60.0}, "its limit of 512 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sources(name: str) -> None:
    source, limits, words = HOSTILE[name]
    strict: dict[str, Any] = {
        "seconds": 1.0,
        "memory": 512 << 20,
        "road": 1 << 20,
        "public": landlock.version() > 0,
    }
    found = json.loads(survey(source, "guest.py", Limits(**(strict | limits))))
    assert words in found["error"]["message"]
    assert found["source"] == source


def test_constants_are_not_folded_beyond_measure() -> None:
    found = json.loads(survey("x = 10 ** 10 ** 8\ny = 'a' * 10 ** 9\n", "guest.py", Limits()))
    assert found["error"] is None


def test_it_is_the_road() -> None:
    source = "def f(x):\n    return x + 1\nprint(f(1))\n"
    assert json.loads(survey(source, "guest.py", Limits())) == json.loads(
        json.dumps(road(source, "guest.py"))
    )


def test_imported_files(tmp_path) -> None:
    files = {
        "one.py": "import two, json\nfrom package import inner\n",
        "two.py": "import program\n",
        "package/__init__.py": "from .outer import x\n",
        "package/inner.py": "from . import outer\n",
        "package/outer.py": "x = ",
        ".hidden/three.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = imported_files(
        "import one\ndef f():\n    import hidden.three\n", str(tmp_path / "program.py"), str(tmp_path)
    )
    assert [file["name"].removeprefix(str(tmp_path) + "/") for file in found] == [
        "one.py",
        "two.py",
        "package/__init__.py",
        "package/inner.py",
        "package/outer.py",
    ]
    assert found[1]["source"] == files["two.py"]
