"""`python -m kaa.bytecode`: print the instruction set as a page of Markdown, theme by theme."""

from kaa.bytecode.instructions import INSTRUCTIONS, Argument, Flow, Instruction, Theme


def page() -> str:
    """The whole instruction set; `docs/instructions.md` is this text."""
    parts = ["# The instruction set of CPython 3.13\n"]
    parts.append("Made from the table in `src/kaa/bytecode/instructions.py` by `python -m kaa.bytecode`.\n")
    for theme in Theme:
        parts.append(f"## {theme.value.capitalize()}\n")
        parts.append("| instruction | number | stack before -- after | what it does |\n|---|---|---|---|")
        parts += [_entry(row) for row in INSTRUCTIONS if row.theme is theme]
        parts.append("")
    return "\n".join(parts)


def _entry(row: Instruction) -> str:
    """One line of a Markdown table."""
    facts = []
    if row.is_pseudo:
        facts.append("only inside the compiler")
    if row.argument is not Argument.NONE:
        facts.append(f"argument: {row.argument.value}")
    if row.flow is not Flow.NEXT:
        facts.append(f"control goes {row.flow.value}")
    if row.caches:
        facts.append(f"{row.caches} code units of cache")
    about = f" *({'; '.join(facts)})*" if facts else ""
    return f"| {row.name} | {row.number} | `{row.picture}` | {row.documentation}{about} |"


if __name__ == "__main__":
    print(page(), end="")
