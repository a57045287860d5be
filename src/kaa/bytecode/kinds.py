"""What the verifier knows about a value on the stack: its *kind*, one character.

A stack is a string of kinds, so that it is quick to cut, compare and remember. Most values are of kind ANY. A kind
says more only where an instruction of the machine trusts its operand without a look: FOR_ITER takes an iterator for
granted, LIST_APPEND a list, RERAISE an exception, LOAD_DEREF a cell, MAKE_FUNCTION a code object.

Kinds that are letters are *plain*: any instruction may take such a value as an object like others. The rest is
*guarded*: NULL, what may be NULL, and functions that are not ready to be called by all and sundry. So
`stack[height:].isalpha()` asks whether the topmost values may be taken as objects.
"""

from itertools import chain
from typing import NamedTuple

from kaa.bytecode.code_image import DamagedCode

ANY = "v"
ITERATOR = "i"
LIST = "l"
EXCEPTION_LIST = "x"
"""A list of nothing but exceptions and None, as `except*` makes one."""
DICT = "d"
SET = "s"
TUPLE = "t"
TEXT = "u"
NONE = "n"
EXCEPTION = "e"
EXCEPTION_OR_NONE = "o"
PREVIOUS = "p"
"""The exception that was being handled before, or None; PUSH_EXC_INFO leaves it, POP_EXCEPT takes it."""
OFFSET = "z"
"""The offset of the instruction that raised, as a handler finds it."""
FUNCTION = "f"
ALIAS = "a"
"""A tuple of name, type parameters and function, of which a type alias is made."""

NULL = "0"
MAYBE_NULL = "?"
"""The kind that says nothing at all; a value of it can only be stored, moved or be the self of a call."""


class Signature(NamedTuple):
    """What a code object asks of those who make a function of it and call it.

    `free` are the names of the cells in its closure. `wants` are the arguments that it trusts to be of a kind:
    a generator expression its iterator, the scope of type parameters the defaults it hands on.
    """

    free: tuple[str, ...] = ()
    wants: tuple[tuple[int, str], ...] = ()


ASKS_NOTHING = Signature()
"""The signature of most code: one for all, since thousands are asked for."""


class Code(NamedTuple):
    """A code object."""

    signature: Signature


class Unready(NamedTuple):
    """A function that lacks its closure (the names in `free`), or trusts its arguments to be of certain kinds."""

    signature: Signature


class TupleOf(NamedTuple):
    """A tuple of so many items."""

    size: int


class Cell(NamedTuple):
    """The cell of a variable."""

    name: str


class Closure(NamedTuple):
    """A tuple of the cells of these variables."""

    names: tuple[str, ...]


class Parameter(NamedTuple):
    """An argument with a name that no program can write, such as `.0`; the compiler alone passes it."""

    slot: int


type Meaning = Code | Unready | TupleOf | Cell | Closure | Parameter

# Letters for plain kinds, other characters for guarded ones: ideographs, and code points for private use.
_PLAIN = [range(0x4E00, 0x9FA6), range(0x20000, 0x2A6D7)]
_GUARDED = [range(0xF0000, 0xFFFFE)]


class Kinds:
    """The kinds that have parameters, each with the character given to it, for the code objects of one file.

    `code` and `tuple_of` know by heart what `of` would have to be asked for most often.
    """

    __slots__ = ("_characters", "_code", "_guarded", "_plain", "_tuples", "meanings")

    def __init__(self) -> None:
        self.meanings: dict[str, Meaning] = {}
        self._characters: dict[tuple[type, Meaning], str] = {}
        self._plain = chain(*_PLAIN)
        self._guarded = chain(*_GUARDED)
        self._tuples: dict[int, str] = {}
        self._code: dict[Signature, str] = {}

    def of(self, meaning: Meaning) -> str:
        """The character for a kind."""
        key = type(meaning), meaning  # tuples of different types can be equal
        character = self._characters.get(key)
        if character is None:
            number = next(self._guarded if type(meaning) is Unready else self._plain, None)
            if number is None:
                raise DamagedCode("too many kinds of values to tell them apart")
            character = self._characters[key] = chr(number)
            self.meanings[character] = meaning
        return character

    def code(self, signature: Signature) -> str:
        """The kind of a code object."""
        character = self._code.get(signature)
        if character is None:
            character = self._code[signature] = self.of(Code(signature))
        return character

    def tuple_of(self, size: int) -> str:
        """The kind of a tuple of so many items."""
        character = self._tuples.get(size)
        if character is None:
            character = self._tuples[size] = self.of(TupleOf(size))
        return character

    def function(self, signature: Signature) -> str:
        """The kind of a function that still lacks the closure, and wants the arguments, of this signature."""
        return self.of(Unready(signature)) if signature.free or signature.wants else FUNCTION

    def is_tuple(self, kind: str) -> bool:
        """Whether values of this kind are tuples for sure."""
        return kind == TUPLE or type(self.meanings.get(kind)) in (TupleOf, Closure)

    def join(self, left: str, right: str) -> str:
        """The stack of which both are examples. They must be equally long."""
        if left == right:
            return left
        return "".join(
            [a if a == b else self._join(a, b) for a, b in zip(left, right, strict=True)],
        )

    def _join(self, left: str, right: str) -> str:
        if not (left.isalpha() and right.isalpha()):
            return MAYBE_NULL
        if self.is_tuple(left) and self.is_tuple(right):
            return TUPLE
        return _JOINS.get(frozenset((left, right)), ANY)


_JOINS = {
    frozenset((LIST, EXCEPTION_LIST)): LIST,
    frozenset((EXCEPTION, EXCEPTION_OR_NONE)): EXCEPTION_OR_NONE,
}
