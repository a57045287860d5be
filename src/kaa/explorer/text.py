"""The road in a terminal: `kaa-explore --text program.py`, for those who would rather read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from kaa.explorer.road.bytecode import instruction_set

type Data = dict[str, Any]


def print_road(road: Data, console: Console | None = None) -> None:
    """Print every stage of a road (see `kaa.explorer.road`)."""
    console = console or Console()
    for title, part in _chapters(road):
        console.rule(Text(title, style="bold"), align="left")
        console.print(part)
        console.print()


def _chapters(road: Data) -> Iterator[tuple[str, RenderableType]]:
    yield (
        f"Source: {road['filename']}",
        Syntax(road["source"], "python", line_numbers=True, theme="ansi_dark"),
    )
    yield "Tokens", _tokens(road["tokens"])
    if road["tree"]:
        yield "Tree", _tree(road["tree"])
    if road["scopes"]:
        yield "Symbols", _scopes(road["scopes"])
    for unit in road["units"]:
        yield f"Control-flow graph of {unit['qualname']}", _graphs(unit["graphs"])
        yield f"Bytecode of {unit['qualname']}", _bytecode(unit)
    if road["cache"]:
        yield "Cache file", _cache(road["cache"])
    if road["error"]:
        error = road["error"]
        where = f" (line {error['place'][0]})" if error["place"] else ""
        yield "Here the road ends", Text(f"{error['type']}: {error['message']}{where}", style="bold red")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column)
    return table


def _range(place: list[int] | None) -> str:
    return "" if place is None else f"{place[0]}:{place[1]}-{place[2]}:{place[3]}"


def _tokens(tokens: list[Data]) -> Table:
    table = _table("place", "kind", "text")
    for row in tokens:
        table.add_row(_range(row["place"]), row["kind"].lower(), Text(repr(row["text"]), style="cyan"))
    return table


def _tree(rows: list[Data]) -> Tree:
    branches: list[Tree] = []
    for row in rows:
        label = Text()
        if row["field"]:
            label.append(f"{row['field']}: ", style="dim")
        label.append(row["kind"], style="bold")
        label.append(" " + " ".join(row["words"]) if row["words"] else "", style="cyan")
        label.append(f"  {_range(row['place'])}", style="dim")
        branches.append(branches[row["parent"]].add(label) if branches else Tree(label))
    return branches[0]


def _scopes(scopes: list[Data]) -> Table:
    table = _table("scope", "name", "lives", "is")
    for scope in scopes:
        title = "  " * scope["depth"] + f"{scope['kind']} {scope['name']}"
        for symbol in scope["symbols"] or [{"name": "", "words": "no names", "uses": []}]:
            table.add_row(title, symbol["name"], symbol["words"], ", ".join(symbol["uses"]))
            title = ""
    return table


def _graphs(stages: list[Data]) -> RenderableType:
    """The first and the last graph side by side, and what the passes between them did."""
    table = _table(f"after {stages[0]['name']}", f"after {stages[-1]['name']}")
    table.add_row(_blocks(stages[0]["blocks"]), _blocks(stages[-1]["blocks"]))
    passes = [Text(f"{stage['name']}: {stage['words']}", style="dim") for stage in stages]
    return Group(table, *passes)


def _blocks(blocks: list[Data]) -> Text:
    text = Text()
    for number, block in enumerate(blocks):
        marks = [name for name in ("handler", "cold") if block[name]]
        text.append(f"B{number}", style="bold").append(" " + ", ".join(marks) + "\n", style="dim")
        for step in block["instructions"]:
            text.append(f"  {step['name']} {step['argument']}".rstrip() + "\n")
        ways = [f"next B{block['next']}"] if block["next"] is not None else []
        ways += [f"jump B{number}" for number in block["jumps"]]
        ways += [f"raise B{number}" for number in block["raises"]]
        text.append(f"  → {', '.join(ways) or 'out'}\n", style="dim")
    return text


def _bytecode(unit: Data) -> RenderableType:
    explained = instruction_set()
    table = _table("line", "offset", "instruction", "", "means", "does")
    before = None
    for step in unit["instructions"]:
        line = step["place"][0] if step["place"] else None
        argument = "" if step["argument"] is None else str(step["argument"])
        table.add_row(
            str(line) if line not in (None, before) else "",
            str(step["offset"]),
            Text(step["name"], style="bold"),
            argument,
            Text(step["meaning"], style="cyan"),
            Text(explained[step["name"]]["words"], style="dim"),
        )
        before = line
    entries = [
        Text(
            f"{start} to {end}: handler {target}, stack depth {depth}"
            + (", with the offset" if lasti else "")
        )
        for start, end, target, depth, lasti in unit["exceptions"]
    ]
    return Group(table, *entries)


def _cache(cache: Data) -> RenderableType:
    table = _table("field", "bytes", "means")
    for row in cache["rows"]:
        table.add_row(*map(Text, row))
    file = cache["file"]
    if file is None:
        return table
    return Group(table, Text(f"{file['path']}: {file['why']}"))
