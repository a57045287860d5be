"""The road: every stage is that of the compiler, and the stages find each other by their places."""

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from importlib import resources
from types import CodeType

import pytest

import kaa
from kaa.bytecode import pyc
from kaa.explorer.road import road
from kaa.explorer.road.bytecode import describe_code, instruction_set
from kaa.explorer.road.places import Places

EXAMPLES = sorted(file for file in resources.files("kaa.explorer").joinpath("examples").iterdir())


def code_objects(code: CodeType) -> list[CodeType]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [code] + [found for constant in inner for found in code_objects(constant)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.name)
def test_the_units_are_what_compile_makes(example) -> None:
    source = example.read_text()
    result = road(source, "guest.py")
    expected = [
        describe_code(code, Places(source)) for code in code_objects(kaa.compile(source, "guest.py", "exec"))
    ]
    found = [{name: value for name, value in unit.items() if name != "graphs"} for unit in result["units"]]
    key = lambda unit: (unit["line"], unit["qualname"], len(unit["instructions"]))  # noqa: E731
    assert sorted(found, key=key) == sorted(expected, key=key)
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.name)
def test_tokens_and_tree_are_the_hosts(example) -> None:
    source = example.read_text()
    result = road(source, "guest.py")
    skipped = (tokenize.NL, tokenize.ENDMARKER)
    host = [row for row in tokenize.generate_tokens(io.StringIO(source).readline) if row.type not in skipped]
    assert [(t["text"], t["place"]) for t in result["tokens"]] == [
        (row.string, [*row.start, *row.end]) for row in host
    ]
    nodes = [type(node).__name__ for node in ast.walk(ast.parse(source)) if hasattr(node, "lineno")]
    assert sorted(row["kind"] for row in result["tree"] if row["place"]) == sorted(nodes)


def test_stages_meet_at_their_places() -> None:
    source = 'def f(x):\n    return "ä" + x * 2\n'
    result = road(source, "guest.py")
    at = [2, 17, 2, 22]  # x * 2, behind a character of two bytes
    assert [row["kind"] for row in result["tree"] if row["place"] == at] == ["BinOp"]
    (unit,) = (unit for unit in result["units"] if unit["name"] == "f")
    assert [step["meaning"] for step in unit["instructions"] if step["place"] == at] == ["*"]
    last = unit["graphs"][-1]["blocks"]
    steps = [step for block in last for step in block["instructions"]]
    assert [step["name"] for step in steps if step["place"] == at] == ["BINARY_OP"]


def test_graphs_before_and_after_passes() -> None:
    stages = road("while x:\n    y = not x\n", "guest.py")["units"][0]["graphs"]
    assert stages[0]["name"] == "build_graph"
    assert len({json.dumps(stage["blocks"]) for stage in stages}) == len(stages)
    for stage in stages:
        for block in stage["blocks"]:
            ways = [*block["jumps"], *block["raises"]] + ([] if block["next"] is None else [block["next"]])
            assert all(0 <= way < len(stage["blocks"]) for way in ways)


@pytest.mark.parametrize(
    ("source", "error", "tokens"),
    [("x = (1\n", "SyntaxError", 5), ("return 1\n", "SyntaxError", 3), ("x\0", "SyntaxError", None)],
)
def test_a_source_with_an_error_has_the_stages_before_it(source: str, error: str, tokens: int | None) -> None:
    result = road(source, "guest.py")
    with pytest.raises(SyntaxError) as caught:
        compile(source, "guest.py", "exec")
    assert result["error"]["type"] == error
    assert result["error"]["message"] == caught.value.msg
    assert result["units"] == []
    assert bool(result["tree"]) == (source == "return 1\n")
    if tokens is not None:
        assert len(result["tokens"]) >= tokens - 1


def test_the_cache_says_why_it_is_fresh_or_stale(tmp_path) -> None:
    source = "x = 1\n"
    file = tmp_path / "program.py"
    file.write_text(source)

    def judged() -> tuple[bool, str]:
        found = road(source, str(file))["cache"]["file"]
        return found["fresh"], found["why"]

    assert judged()[1].startswith("there is none")
    cache = tmp_path / "__pycache__" / "program.kaa-313.pyc"
    cache.parent.mkdir()
    code = kaa.compile(source, str(file), "exec")
    time = int(file.stat().st_mtime)
    cache.write_bytes(pyc.dump(code, pyc.Header(time, len(source))))
    assert judged() == (True, "fresh: the source's time and size are those in the header; sealed by Kaa")
    cache.write_bytes(pyc.dump(code, pyc.Header(time, 99)))
    assert judged() == (False, "stale: it was made from 99 bytes, and the source has 6")
    cache.write_bytes(pyc.dump(code, pyc.Header(time - 5, len(source))))
    assert not judged()[0]
    cache.write_bytes(b"nonsense")
    assert judged()[1].startswith("damaged, so it is made anew: the file ends")
    data = bytearray(pyc.dump(code, pyc.Header(time, len(source))))
    data[40] ^= 1
    cache.write_bytes(data)
    assert judged()[1].startswith("damaged")
    for text, checked, words in (
        (b"x = 2\n", True, "stale: the source's hash is not"),
        (b"x = 2\n", False, "fresh: its header says not to check"),
        (source.encode(), True, "fresh: the source's hash is the one"),
    ):
        cache.write_bytes(pyc.dump(code, pyc.Header(source_hash=pyc.source_hash(text), checked=checked)))
        assert judged()[1].startswith(words)


def test_the_cache_is_the_one_that_an_import_writes(tmp_path) -> None:
    (tmp_path / "module.py").write_text("x = 1\n")
    command = [sys.executable, "-m", "kaa", "-c", "import module"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert road("x = 1\n", str(tmp_path / "module.py"))["cache"]["file"]["fresh"]


def test_nothing_is_said_of_files_to_strangers(tmp_path) -> None:
    file = tmp_path / "program.py"
    file.write_text("x = 1\n")
    cache = road("x = 1\n", str(file), looks_at_files=False)["cache"]
    assert cache["file"] is None
    assert {name: words for name, _, words in cache["rows"]}["time"] == "0: the source is in no file"


def test_every_instruction_explains_itself() -> None:
    explained = instruction_set()
    units = [unit for file in EXAMPLES for unit in road(file.read_text(), "x")["units"]]
    names = {step["name"] for unit in units for step in unit["instructions"]}
    assert len(names) > 50
    assert all(explained[name]["words"] for name in names)


def explore(*words: str, text: str = "") -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "kaa.explorer", *words]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)


def test_the_road_in_a_terminal(tmp_path) -> None:
    file = tmp_path / "program.py"
    file.write_text("def f(x):\n    return x + 1\n")
    run = explore("--text", str(file))
    assert run.returncode == 0, run.stderr
    for words in ("Tokens", "FunctionDef", "parameter, used", "BINARY_OP", "Apply a binary operator", "seal"):
        assert words in run.stdout
    broken = explore("--text", text="x = = 1\n")
    assert broken.returncode == 1
    assert "SyntaxError: invalid syntax (line 1)" in broken.stdout
    missing = explore("--text", str(tmp_path / "none.py"))
    assert missing.returncode == 2
    assert "cannot read" in missing.stderr
