"""A command-line program with groups, options of all kinds, prompts and errors; it calls itself many times."""

import click
from click.testing import CliRunner


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", "-v", count=True, help="Say more.")
@click.version_option("1.2.3", prog_name="notes")
@click.pass_context
def notes(context, verbose):
    """Keep notes in memory."""
    context.obj = {"verbose": verbose, "notes": []}
    if context.invoked_subcommand is None:
        click.echo("nothing to do")


@notes.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--priority", type=click.IntRange(1, 5), default=3, show_default=True)
@click.option("--tag", "tags", multiple=True, metavar="TAG")
@click.option("--colour/--no-colour", default=False)
@click.pass_obj
def add(state, text, priority, tags, colour):
    """Add a note made of TEXT."""
    state["notes"].append((priority, " ".join(text), tags))
    for priority, note, names in state["notes"]:
        line = f"{priority}: {note} {list(names)}"
        click.echo(click.style(line, fg="green", bold=True) if colour else line)
    if state["verbose"]:
        click.secho(f"verbosity {state['verbose']}", err=True)


@notes.command(name="convert")
@click.option("--kind", type=click.Choice(["json", "text"], case_sensitive=False), required=True)
@click.option("--when", type=click.DateTime(["%Y-%m-%d"]), default="2024-02-29")
@click.option("--pair", type=(str, int), default=("a", 1))
@click.option("--yes", is_flag=True, prompt="Are you sure?")
def convert(kind, when, pair, yes):
    click.echo(f"{kind} {when:%d.%m.%Y} {pair} {yes}")


@notes.command()
@click.argument("number", type=float)
@click.option("--by", type=float, envvar="NOTES_BY", default=2.0)
def divide(number, by):
    if not by:
        raise click.BadParameter("cannot be zero", param_hint="--by")
    click.echo(number / by)


@notes.command()
def fail():
    raise click.ClickException("this went wrong")


LINES = [
    "", "-h", "--version", "add", "add one two", "-vv add x --priority 5 --tag a --tag b", "add x --priority 9",
    "add x --colour", "add -h", "convert", "convert --kind JSON --yes", "convert --kind xml", "divide 3",
    "divide 3 --by 0", "divide three", "divide 1 --by", "fail", "unknown", "--unknown",
    "convert --kind text --when 2024-02-30 --yes", "convert --kind text --pair b 7 --yes",
    "convert --kind text --pair b",
]  # fmt: skip

runner = CliRunner()
for line in LINES:
    result = runner.invoke(
        notes, line.split(), input="y\n", env={"NOTES_BY": "4"}, prog_name="notes", color=True
    )
    print(f"$ notes {line}\n{result.output}{result.exit_code} {result.exception!r}")
notes(["divide", "nine"])
