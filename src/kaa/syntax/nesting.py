"""How deep a source may be nested: as deep as CPython's parser follows it.

That parser, a function for each rule of the grammar, gives up with a MemoryError when its functions are 6000 calls
deep. This one calls fewer, so it counts instead: a `not` is one call deeper than its operand, a parenthesis 28. What
brackets and blocks cost is only looked up when something else is nested deeply, or a mistake is looked for: otherwise
there are never so many of them that they reach the limit by themselves.

The costs are measured: the tests find, for each form, the depth at which the host's parser gives up.
"""

from typing import Final

from kaa.syntax import terminals as t
from kaa.syntax.terminals import DEDENT, EQUAL, INDENT, LBRACE, LPAR, LSQB, NAME, RBRACE, RPAR, RSQB

MAX_CALLS: Final = 6000

TOO_DEEP: Final = "Parser stack overflowed - Python source too complex to parse"

FEW_CALLS: Final = 100
"""Below that, nobody asks what brackets and blocks cost."""

OPERAND: Final = 26
"""From the start of the grammar down to an operand, in mode `eval`."""
STATEMENT: Final = 6
"""From the start of a file to the expression in a statement, more than that."""

ELIF = CONDITIONAL = NEGATION = SIGN = 1
LAMBDA = EXPONENT = 2

_BLOCK: Final = 6
_CALL = _SUBSCRIPT = 24
_KEYWORD: Final = 3
"""What a keyword argument costs, more than another one."""
_PARENTHESIS: Final = 28
_DISPLAY: Final = 29
_COMPREHENSION: Final = 27

_AFTER_OPERANDS: Final = frozenset((NAME, t.STRING, RPAR, RSQB, RBRACE))
_OPENING: Final = {LPAR: (_CALL, _PARENTHESIS), LSQB: (_SUBSCRIPT, _DISPLAY), LBRACE: (_DISPLAY, _DISPLAY)}
"""What a bracket costs behind an operand, and elsewhere."""
_SEARCHING: Final = {LPAR: (2, 3), LSQB: (5, 3), LBRACE: (2, 2)}
"""What it costs more while a mistake is looked for."""
_ANY_CALL: Final = _CALL + _SEARCHING[LPAR][0]
_CLOSING: Final = frozenset((RPAR, RSQB, RBRACE))


def enclosing(kinds: list[int], searching: bool = False) -> list[int]:
    """What the brackets and blocks cost that are open in front of each token."""
    costs = []
    cost = 0
    brackets: list[int] = []
    before = t.NEWLINE
    for kind in kinds:
        costs.append(cost)
        if kind in _OPENING:
            place = before not in _AFTER_OPERANDS
            brackets.append(_OPENING[kind][place] + searching * _SEARCHING[kind][place])
            cost += brackets[-1]
        elif kind == EQUAL and brackets and brackets[-1] <= _ANY_CALL:
            brackets[-1] += _KEYWORD
            cost += _KEYWORD
        elif kind == t.FOR and brackets:
            cost += _COMPREHENSION - brackets[-1]
            brackets[-1] = _COMPREHENSION
        elif kind in _CLOSING:
            cost -= brackets.pop() if brackets else 0
        elif kind == INDENT:
            cost += _BLOCK
        elif kind == DEDENT:
            cost -= _BLOCK
        before = kind
    return costs
