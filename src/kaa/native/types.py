"""The types of Native Python: machine scalars, pointers, and C structs.

In: nothing. Out: the names that native functions are annotated with. Each name has two readings. A type
checker sees ordinary Python (`i32` is `int`, a struct is a class, `Ptr[T]` is a sequence), so that editors
and mypy understand native code. The translator sees a `Type` with a size and an LLVM spelling (`resolve`).

    @native
    def length(items: ListObject) -> i64:
        return items.ob_size

A struct's name means a *reference* to it (C's `struct T *`), as everywhere in Python. `Ptr[T]` is a pointer
to an array of `T`. Both may be NULL, which is false.
"""

from __future__ import annotations

import collections.abc
import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin

POINTER_SIZE: Final = 8


@dataclass(frozen=True, slots=True)
class Scalar:
    """A machine number. Called from plain Python it wraps its argument as the machine would."""

    name: str
    llvm: str
    size: int
    signed: bool = True

    def __call__(self, value: Any = 0) -> Any:
        if self.llvm == "double":
            return float(value)
        bits = 1 if self.llvm == "i1" else 8 * self.size
        value = int(value) & ((1 << bits) - 1)
        return value - (1 << bits) if self.signed and bits > 1 and value >> (bits - 1) else value

    def __str__(self) -> str:
        return self.name


if TYPE_CHECKING:
    i1 = bool
    i8 = int
    i16 = int
    i32 = int
    i64 = int
    u8 = int
    u16 = int
    u32 = int
    u64 = int
    f64 = float
else:
    i1 = Scalar("i1", "i1", 1, signed=False)
    i8, i16, i32, i64 = (Scalar(f"i{8 * n}", f"i{8 * n}", n) for n in (1, 2, 4, 8))
    u8, u16, u32, u64 = (Scalar(f"u{8 * n}", f"i{8 * n}", n, signed=False) for n in (1, 2, 4, 8))
    f64 = Scalar("f64", "double", 8)


@dataclass(frozen=True, slots=True)
class At:
    """The byte offset of a struct's field, where it does not simply follow the field before it."""

    offset: int


INLINE: Final = "inline"
type Inline[T] = Annotated[T, INLINE]
"""A field that holds the struct itself; reading it gives a reference into the outer struct."""


class Struct:
    """Base of C structs: annotated fields in order, laid out as C lays them out. `Annotated[T, At(n)]` sets
    an offset. `c` is the struct's name in the host's headers."""

    __slots__ = ()
    c_name: typing.ClassVar[str] = ""

    def __init_subclass__(cls, c: str = "") -> None:
        cls.c_name = c

    def __new__(cls) -> typing.Self:
        raise TypeError(f"{cls.__name__} describes memory and has no instances")


class Ptr[T]:
    """A pointer into an array of `T`: indexing reads and writes, adding an integer moves by whole
    elements.
    """

    def __getitem__(self, index: int) -> T:
        raise TypeError("pointers exist in compiled code only")

    def __setitem__(self, index: int, value: T) -> None:
        raise TypeError("pointers exist in compiled code only")

    def __add__(self, count: int) -> Ptr[T]:
        raise TypeError("pointers exist in compiled code only")

    @typing.overload
    def __sub__(self, other: int) -> Ptr[T]: ...
    @typing.overload
    def __sub__(self, other: Ptr[T]) -> int: ...
    def __sub__(self, other: object) -> Any:
        raise TypeError("pointers exist in compiled code only")

    def __lt__(self, other: Ptr[T]) -> bool:
        raise TypeError("pointers exist in compiled code only")

    __gt__ = __le__ = __ge__ = __lt__


class Array[T](Ptr[T]):
    """A field that holds elements of `T` in place (a C array); reading it gives a pointer to the first."""


type CString = Ptr[int] | str
"""A C string; a literal in native code becomes a constant."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Translator's type of `Ptr[element]`."""

    element: Type

    def __str__(self) -> str:
        return f"Ptr[{self.element}]"


@dataclass(frozen=True, slots=True)
class Reference:
    """Translator's type of a struct's name."""

    struct: type[Struct]

    def __str__(self) -> str:
        return self.struct.__name__


@dataclass(frozen=True, slots=True)
class Embedded:
    """Translator's type of `Inline[T]` and `Array[T]` fields: memory in place, used by its address."""

    element: Type
    array: bool

    def __str__(self) -> str:
        return f"{'Array' if self.array else 'Inline'}[{self.element}]"


@dataclass(frozen=True, slots=True)
class Function:
    """Translator's type of `Callable[[...], result]`: a function's address. `convention` is LLVM's, "" is
    C's.
    """

    parameters: tuple[Type, ...] | None
    result: Type | None
    variadic: bool = False
    convention: str = ""

    def __str__(self) -> str:
        return "function"


type Type = Scalar | Pointer | Reference | Embedded | Function

CSTRING: Final = Pointer(u8)  # type: ignore[arg-type]  # at run time u8 is a Scalar


def resolve(annotation: Any) -> Type | None:
    """The translator's type for an evaluated annotation; None for `None`."""
    if annotation is None or annotation is type(None):
        return None
    if isinstance(annotation, (Scalar, Pointer, Reference, Function)):
        return annotation
    if annotation is CString:
        return CSTRING
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return Reference(annotation)
    if isinstance(annotation, typing.TypeAliasType):
        return resolve(annotation.__value__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = resolve(arguments[0])
        if INLINE in arguments[1:]:
            assert inner is not None
            return Embedded(inner, array=False)
        return inner
    if origin is Inline:
        inner = resolve(arguments[0])
        assert inner is not None
        return Embedded(inner, array=False)
    if origin in (Ptr, Array):
        inner = resolve(arguments[0])
        if inner is None:
            raise TypeError("a pointer needs an element type; write Ptr[u8] for untyped memory")
        return Embedded(inner, array=True) if origin is Array else Pointer(inner)
    if origin is collections.abc.Callable:
        if arguments[0] is Ellipsis:
            return Function(None, resolve(arguments[1]), variadic=True)
        parameters = tuple(_required(resolve(p)) for p in arguments[0])
        return Function(parameters, resolve(arguments[1]))
    raise TypeError(f"{annotation!r} is no type of Native Python")


def _required(kind: Type | None) -> Type:
    if kind is None:
        raise TypeError("a parameter cannot be None")
    return kind


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field lies in its struct, in bytes, and what it holds."""

    offset: int
    type: Type


def size_of(kind: Type) -> int:
    """Bytes that a value of this type takes as a struct's field."""
    if isinstance(kind, Scalar):
        return kind.size
    if isinstance(kind, Embedded):
        if kind.array:
            return 0
        assert isinstance(kind.element, Reference)
        return layout(kind.element.struct).size
    return POINTER_SIZE


def _alignment(kind: Type) -> int:
    if isinstance(kind, Scalar):
        return kind.size
    if isinstance(kind, Embedded) and isinstance(kind.element, Scalar):
        return kind.element.size
    return POINTER_SIZE


@dataclass(frozen=True, slots=True)
class Layout:
    """A struct's fields by name, and its size in bytes as far as it is described."""

    fields: dict[str, Field]
    size: int


_layouts: dict[type[Struct], Layout] = {}


def layout(struct: type[Struct]) -> Layout:
    """The C layout of a struct class; a subclass starts with its base's fields."""
    known = _layouts.get(struct)
    if known is not None:
        return known
    base = struct.__mro__[1]
    fields: dict[str, Field] = {}
    end = 0
    if base is not Struct and issubclass(base, Struct):
        outer = layout(base)
        fields.update(outer.fields)
        end = outer.size
    own = inspect.get_annotations(struct)
    if own:
        hints = typing.get_type_hints(struct, include_extras=True)
        for name in own:
            kind = _required(resolve(hints[name]))
            align = _alignment(kind)
            offset = (end + align - 1) // align * align
            for note in getattr(hints[name], "__metadata__", ()):
                if isinstance(note, At):
                    offset = note.offset
            fields[name] = Field(offset, kind)
            end = offset + size_of(kind)
    result = _layouts[struct] = Layout(fields, (end + 7) // 8 * 8)
    return result
