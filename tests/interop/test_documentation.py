"""Tables of docs/interop.md: each row names tests that exist, and each feature that is tested is in the document."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.interop import features

HERE = Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "interop.md"
FEATURES = {*features.names("java_features.py"), *features.names("dotnet_features.py")}


def rows() -> list[list[str]]:
    """The rows of the tables whose last column is `test`: their columns."""
    found, inside = [], False
    for line in DOCUMENT.read_text().splitlines():
        columns = [column.strip() for column in re.split(r"(?<!\\)\|", line)[1:-1]]
        inside = bool(columns) and (inside or columns[-1] == "test")
        if inside and columns[-1] not in ("test", "---"):
            found.append(columns)
    return found


def named() -> set[str]:
    return {name for row in rows() for name in re.findall(r"`(\w+)`", row[-1])}


def test_every_row_names_tests_that_exist() -> None:
    tree = ast.parse((HERE / "test_imports.py").read_text())
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert len(rows()) > 30
    assert all(re.search(r"`\w+`", row[-1]) for row in rows()), rows()
    assert named() <= FEATURES | tests


def test_every_feature_is_in_the_document() -> None:
    text = DOCUMENT.read_text()
    assert {name for name in FEATURES if f"`{name}`" not in text} == set()
