"""A report on a terminal that is 72 columns wide: tables, trees, markup, highlighting, Markdown and a traceback."""

from io import StringIO

from rich import box
from rich.columns import Columns
from rich.console import Console, Group
from rich.json import JSON
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.pretty import Pretty
from rich.progress import BarColumn, Progress, TextColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

console = Console(width=72, force_terminal=True, color_system="truecolor", legacy_windows=False)

table = Table(title="Pythons", box=box.ROUNDED, show_footer=True)
table.add_column("Name", style="cyan", footer="4", no_wrap=True)
table.add_column("Written in", justify="center")
table.add_column("Year", justify="right", style="bold magenta", footer="[i]first 1991[/i]")
for row in (
    ("CPython", "C", "1991"),
    ("PyPy", "RPython", "2007"),
    ("Jython", "Java", "1997"),
    ("Kaa", "Python", "now"),
):
    table.add_row(*row)
console.print(table)

tree = Tree("[bold]kaa[/bold]", guide_style="dim")
for stage, parts in {
    "syntax": ["tokenizer", "parser"],
    "compiler": ["symbols", "codegen"],
    "reference": [],
}.items():
    branch = tree.add(f"[green]{stage}")
    for part in parts:
        branch.add(part)
console.print(Panel(tree, title="stages", subtitle="top to bottom", expand=False))

console.print(
    "[red]red[/] [on blue]on blue[/] :snake: 3.14 'text' None True https://example.org \\[not a tag]"
)
console.print(Text("centred and styled", style="italic underline"), justify="center")
console.print(Columns([f"item {n}" for n in range(12)], equal=True))
console.print(Padding(Pretty({"list": list(range(30)), "nested": {"a": (1, 2, {3})}}, max_length=8), (0, 4)))
console.print(JSON('{"name": "kaa", "values": [1, 2.5, null, true]}'))
console.print(Syntax("def f(x: int) -> str:\n    return f'{x!r:>10}'  # done\n", "python", line_numbers=True))
console.print(
    Markdown(
        "# Title\n\nSome *emphasis*, `code` and a list:\n\n1. one\n2. two\n\n> quoted\n\n```python\nx = 1\n```"
    )
)
console.print(Group(Text("wrapped " * 15), Text("cut " * 30, overflow="ellipsis", no_wrap=True)))
console.rule("[bold]progress")

quiet = Console(file=StringIO(), width=60, force_terminal=True)
with Progress(TextColumn("{task.description}"), BarColumn(20), console=quiet, auto_refresh=False) as progress:
    task = progress.add_task("work", total=4)
    for _ in range(4):
        progress.advance(task)
    progress.refresh()
    print(progress.tasks[0].percentage, progress.finished)


def fail(value):
    return 1 / value


try:
    fail(0)
except ZeroDivisionError:
    plain = Console(width=72, file=StringIO(), no_color=True)
    plain.print_exception(show_locals=False)
    print(plain.file.getvalue().replace(__file__, "program"))
console.print("[b]done[/b]")
