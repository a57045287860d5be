"""How deep a source may be nested: as deep as CPython's parser follows it.

That parser, a function for each rule of the grammar, gives up with a MemoryError when its functions are 6000 calls
deep. This one calls fewer, so it counts instead: a `not` is one call deeper than its operand, a parenthesis 28. What
brackets and blocks cost is only looked up when something else is nested deeply, when the source is too deep for the
caller's recursion limit, or when a mistake is looked for. In between nothing is so deep, but for two hundred tuples,
one inside the other and each behind another element: who has raised the recursion limit can compile them here only.

The costs are measured: the tests find, for each form, the depth at which the host's parser gives up.
"""

from typing import Final

from kaa.syntax import terminals as t
from kaa.syntax.terminals import (
    COLON,
    COMMA,
    DEDENT,
    EQUAL,
    INDENT,
    LBRACE,
    LPAR,
    LSQB,
    NAME,
    RBRACE,
    RPAR,
    RSQB,
    STAR,
)

MAX_CALLS: Final = 6000

TOO_DEEP: Final = "Parser stack overflowed - Python source too complex to parse"

FEW_CALLS: Final = 100
"""Below that, nobody asks what brackets and blocks cost."""

OPERAND: Final = 26
"""From the start of the grammar down to an operand, in mode `eval`."""
STATEMENT: Final = 6
"""From the start of a file to the expression in a statement, more than that."""
TARGET: Final = 19
"""What it costs less if a statement begins with a bracket, which is first taken for the target of an assignment."""

ELIF = CONDITIONAL = NEGATION = SIGN = 1
LAMBDA = EXPONENT = 2

_BLOCK: Final = 6
_CALL: Final = 24, 28, 28
_SUBSCRIPT: Final = 24, 27, 27
_PARENTHESIS: Final = 28, 30, 31
_DISPLAY: Final = 29, 30, 30
"""What a bracket costs around its first element, the second one, and those after that."""
_KEYWORD: Final = 3
"""What a keyword argument costs more than another one, if it is the first one."""
_STAR: Final = 5
"""What the first element of a tuple or display costs less if it has a star: no comparison stands behind that."""
_COMPREHENSION: Final = 27

_AFTER_OPERANDS: Final = frozenset((NAME, t.STRING, RPAR, RSQB, RBRACE))
_OPENING: Final = {LPAR: (_CALL, _PARENTHESIS), LSQB: (_SUBSCRIPT, _DISPLAY), LBRACE: (_DISPLAY, _DISPLAY)}
"""What a bracket costs behind an operand, and elsewhere."""
_SEARCHING: Final = {LPAR: (2, 3), LSQB: (5, 3), LBRACE: (2, 2)}
"""What it costs more while a mistake is looked for."""
_ANY_CALL: Final = _CALL[0] + _SEARCHING[LPAR][0]
_CLOSING: Final = frozenset((RPAR, RSQB, RBRACE))


def enclosing(kinds: list[int], searching: bool = False) -> list[int]:
    """What the brackets and blocks cost that are open in front of each token."""
    costs = []
    cost = 0
    brackets: list[int] = []
    further: list[list[int]] = []  # what each bracket costs more when its next elements begin
    before = t.NEWLINE
    place = False  # whether the last bracket stands where an operand may
    in_parameters = False  # of a lambda: their commas separate no elements
    for kind in kinds:
        costs.append(cost)
        if kind in _OPENING:
            place = before not in _AFTER_OPERANDS
            first, second, third = _OPENING[kind][place]
            brackets.append(first + searching * _SEARCHING[kind][place])
            further.append([third - second, second - first])
            cost += brackets[-1]
        elif kind == COMMA and further and further[-1] and not in_parameters:
            more = further[-1].pop()
            brackets[-1] += more
            cost += more
        elif kind == STAR and before in _OPENING and place:
            brackets[-1] -= _STAR
            further[-1][-1] += _STAR
            cost -= _STAR
        elif kind == EQUAL and brackets and brackets[-1] <= _ANY_CALL:
            brackets[-1] += _KEYWORD
            further[-1] = [0, 1]
            cost += _KEYWORD
        elif kind == t.FOR and brackets:
            cost += _COMPREHENSION - brackets[-1]
            brackets[-1] = _COMPREHENSION
            further[-1] = []
        elif kind in _CLOSING:
            cost -= brackets.pop() if brackets else 0
            further[-1:] = []
        elif kind == INDENT:
            cost += _BLOCK
        elif kind == DEDENT:
            cost -= _BLOCK
        in_parameters = kind == t.LAMBDA or (in_parameters and kind != COLON)
        before = kind
    return costs
