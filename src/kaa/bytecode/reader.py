"""A reader for the `marshal` format that no bytes can hurt.

In: bytes of unknown origin. Out: the value they stand for, with `CodeImage`s in the place of code objects, or
`DamagedCode`. The host's `marshal.loads` is quick but trusts its input: damaged bytes can crash it. So what Kaa did
not write itself passes through here and through the verifier first; when both are content, the host may read it.

What is checked: that nothing is read past the end, that a container has no more items than there are bytes left for
them, that references point to values that are complete, that containers do not nest without end, nor, by way of
references, grow without end; and that numbers and texts are well formed.

Facts: CPython 3.13, `Python/marshal.c` and the library reference of `marshal`. Version 4 of the format and all
types of the older ones are understood.
"""

from collections.abc import Callable
from struct import Struct, unpack
from typing import Any, NoReturn

from kaa.bytecode.code_image import CodeImage, CutOffCode, DamagedCode

_FLAG_REF = 0x80
_REFERENCE = ord("r")
_MAX_DEPTH = 400
_MAX_EXPANDED = 10_000_000
"""Values that references may unfold to, all in all: `(x, x)` nested forty times is small, but not to walk."""

_INT = Struct("<i")
_INT64 = Struct("<q")
_DOUBLE = Struct("<d")
_TWO_DOUBLES = Struct("<dd")
_DIGIT_BITS = 15

_NULL = object()
"""The end of a dict's items; no value."""
_INCOMPLETE = object()
"""Stands in the list of references for a tuple, frozenset or code object that is still being read."""


def read(data: bytes, start: int = 0) -> tuple[Any, int]:
    """The value that begins at a byte of the data, and the position after it."""
    reader = _Reader(data, start)
    try:
        value = reader.value()
    except RecursionError:
        raise DamagedCode("marshal data: nested too deeply") from None
    if value is _NULL:
        reader.fault("a null object")
    return value, reader.position


class _Reader:
    """The position in the data, and what references can point to.

    `weights` has, for each reference, how many values it unfolds to; `read_values` counts all of them.
    """

    __slots__ = ("data", "depth", "position", "read_values", "references", "weights")

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.position = start
        self.depth = 0
        self.references: list[Any] = []
        self.weights: dict[int, int] = {}
        self.read_values = 0

    def fault(self, what: str, kind: type[DamagedCode] = DamagedCode) -> NoReturn:
        raise kind(f"marshal data: {what}, at byte {self.position}")

    def value(self) -> Any:
        """Read one value."""
        self.read_values += 1
        try:
            byte = self.data[self.position]
        except IndexError:
            self.fault("it ends within a value", CutOffCode)
        self.position += 1
        read = _READERS.get(byte & ~_FLAG_REF)
        if read is not None:
            value = read(self)
            if byte & _FLAG_REF:
                self.references.append(value)
            return value
        read_container = _CONTAINERS.get(byte & ~_FLAG_REF)
        if read_container is not None:
            return self.container(read_container, bool(byte & _FLAG_REF))
        if byte == _REFERENCE:
            return _reference(self)
        if byte in _SINGLETONS:
            return _SINGLETONS[byte]
        self.position -= 1
        self.fault(f"there is no type {byte:#x}")

    def container(self, read: "Callable[[_Reader, int], Any]", referenced: bool) -> Any:
        """Read a container. Its reference has its place before those of its items."""
        if self.depth >= _MAX_DEPTH:
            self.fault("nested too deeply")
        self.depth += 1
        index = -1
        before = self.read_values
        if referenced:
            index = len(self.references)
            self.references.append(_INCOMPLETE)
        value = read(self, index)
        if referenced:
            self.references[index] = value
            self.weights[index] = self.read_values - before
        self.depth -= 1
        return value

    def typed[T](self, kind: type[T], what: str) -> T:
        """Read one value that has to be of a type."""
        value = self.value()
        if type(value) is not kind:
            self.fault(f"{what} is not a {kind.__name__}")
        return value

    def take(self, count: int) -> bytes:
        """The next bytes."""
        end = self.position + count
        if count < 0 or end > len(self.data):
            self.fault("it ends within a value", CutOffCode)
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def number(self) -> int:
        """A signed number of four bytes."""
        number: int = _INT.unpack(self.take(4))[0]
        return number

    def size(self) -> int:
        """A number of items, or of bytes; each item takes at least one byte."""
        size = self.number()
        if size < 0:
            self.fault(f"a size of {size}")
        if size > len(self.data) - self.position:
            self.fault(f"a size of {size}, and then it ends", CutOffCode)
        return size

    def items(self, count: int) -> list[Any]:
        """Read as many values."""
        value = self.value
        items = [value() for _ in range(count)]
        if _NULL in items:
            self.fault("a null object")
        return items


def _int64(reader: _Reader) -> int:
    number: int = _INT64.unpack(reader.take(8))[0]
    return number


def _long(reader: _Reader) -> int:
    """An int of any size: its digits of fifteen bits, the lowest first; their number carries the sign."""
    count = reader.number()
    digits = unpack(f"<{abs(count)}H", reader.take(2 * abs(count)))
    if count and (max(digits) >> _DIGIT_BITS or not digits[-1]):
        reader.fault("an int with a digit out of range")
    # Through text in base two, which takes time in proportion to the size.
    number = int("".join([f"{digit:015b}" for digit in reversed(digits)]) or "0", 2)
    return -number if count < 0 else number


def _text_float(reader: _Reader) -> float:
    text = reader.take(reader.take(1)[0])
    try:
        return float(text)
    except ValueError:
        reader.fault("a float that is none")


def _float(reader: _Reader) -> float:
    number: float = _DOUBLE.unpack(reader.take(8))[0]
    return number


def _text_complex(reader: _Reader) -> complex:
    return complex(_text_float(reader), _text_float(reader))


def _complex(reader: _Reader) -> complex:
    return complex(*_TWO_DOUBLES.unpack(reader.take(16)))


def _bytes(reader: _Reader) -> bytes:
    return reader.take(reader.size())


def _unicode(reader: _Reader) -> str:
    try:
        return reader.take(reader.size()).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        reader.fault("a str that is not UTF-8")


def _ascii(reader: _Reader) -> str:
    return _checked_ascii(reader, reader.take(reader.size()))


def _short_ascii(reader: _Reader) -> str:
    return _checked_ascii(reader, reader.take(reader.take(1)[0]))


def _checked_ascii(reader: _Reader, text: bytes) -> str:
    if not text.isascii():
        reader.fault("an ASCII str that is not ASCII")
    return text.decode("ascii")


def _tuple(reader: _Reader, index: int) -> tuple[Any, ...]:
    return tuple(reader.items(reader.size()))


def _small_tuple(reader: _Reader, index: int) -> tuple[Any, ...]:
    return tuple(reader.items(reader.take(1)[0]))


def _list(reader: _Reader, index: int) -> list[Any]:
    result: list[Any] = []
    if index >= 0:
        reader.references[index] = result  # a list may contain itself
    result += reader.items(reader.size())
    return result


def _dict(reader: _Reader, index: int) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    if index >= 0:
        reader.references[index] = result
    while (key := reader.value()) is not _NULL:
        (value,) = reader.items(1)
        try:
            result[key] = value
        except TypeError:
            reader.fault("a dict with a key that cannot be hashed")
    return result


def _set(reader: _Reader, index: int) -> set[Any]:
    try:
        return set(reader.items(reader.size()))
    except TypeError:
        reader.fault("a set with an item that cannot be hashed")


def _frozenset(reader: _Reader, index: int) -> frozenset[Any]:
    return frozenset(_set(reader, index))


def _code(reader: _Reader, index: int) -> CodeImage:
    number, typed = reader.number, reader.typed
    return CodeImage(
        argcount=number(),
        posonlyargcount=number(),
        kwonlyargcount=number(),
        stacksize=number(),
        flags=number(),
        code=typed(bytes, "co_code"),
        consts=typed(tuple, "co_consts"),
        names=typed(tuple, "co_names"),
        slots=typed(tuple, "co_localsplusnames"),
        kinds=typed(bytes, "co_localspluskinds"),
        filename=typed(str, "co_filename"),
        name=typed(str, "co_name"),
        qualname=typed(str, "co_qualname"),
        firstlineno=number(),
        linetable=typed(bytes, "co_linetable"),
        exceptiontable=typed(bytes, "co_exceptiontable"),
    )


def _reference(reader: _Reader) -> Any:
    index = reader.number()
    if not 0 <= index < len(reader.references):
        reader.fault(f"a reference to value {index}, which there is not")
    value = reader.references[index]
    if value is _INCOMPLETE:
        reader.fault(f"a reference to value {index}, which contains it")
    reader.read_values += reader.weights.get(index, 0)
    if reader.read_values > _MAX_EXPANDED + len(reader.data):
        reader.fault("references that unfold without end")
    return value


_SINGLETONS = {
    ord("0"): _NULL,
    ord("N"): None,
    ord("F"): False,
    ord("T"): True,
    ord("S"): StopIteration,
    ord("."): Ellipsis,
}

_READERS: dict[int, Callable[[_Reader], Any]] = {
    ord("i"): _Reader.number,
    ord("I"): _int64,
    ord("l"): _long,
    ord("f"): _text_float,
    ord("g"): _float,
    ord("x"): _text_complex,
    ord("y"): _complex,
    ord("s"): _bytes,
    ord("u"): _unicode,
    ord("t"): _unicode,
    ord("a"): _ascii,
    ord("A"): _ascii,
    ord("z"): _short_ascii,
    ord("Z"): _short_ascii,
}

_CONTAINERS: dict[int, Callable[[_Reader, int], Any]] = {
    ord("("): _tuple,
    ord(")"): _small_tuple,
    ord("["): _list,
    ord("{"): _dict,
    ord("<"): _set,
    ord(">"): _frozenset,
    ord("c"): _code,
}
