"""The arguments of instructions that the emitters write, under their names: all looked up in the instruction set."""

import ast

from kaa.bytecode.instructions import (
    AWAITABLE_ORIGINS,
    BINARY_OPERATORS,
    COMPARISON_MASKS,
    COMPARISON_SHIFT,
    COMPARISONS,
    CONVERSIONS,
    FUNCTION_ATTRIBUTES,
    INTRINSICS_1,
    INTRINSICS_2,
    RESUME_POINTS,
)

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "%",
    ast.FloorDiv: "//",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}

BINARY = {operator: BINARY_OPERATORS.index(symbol) for operator, symbol in _SYMBOLS.items()}
INPLACE = {operator: BINARY_OPERATORS.index(f"{symbol}=") for operator, symbol in _SYMBOLS.items()}
"""BINARY_OP: by the operator, of an expression and of an augmented assignment."""

_ORDERINGS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Gt: ">",
    ast.GtE: ">=",
}

COMPARE = {
    operator: COMPARISONS.index(symbol) << COMPARISON_SHIFT | COMPARISON_MASKS[COMPARISONS.index(symbol)]
    for operator, symbol in _ORDERINGS.items()
}
"""COMPARE_OP: by the operator."""

EQUAL, GREATER_EQUAL = COMPARE[ast.Eq], COMPARE[ast.GtE]

CONVERT = {
    ord("s"): CONVERSIONS.index(str),
    ord("r"): CONVERSIONS.index(repr),
    ord("a"): CONVERSIONS.index(ascii),
}
"""CONVERT_VALUE: by the conversion of an `ast.FormattedValue`."""

AT_START = RESUME_POINTS.index("function start")
AFTER_YIELD = RESUME_POINTS.index("after yield")
AFTER_YIELD_FROM = RESUME_POINTS.index("after yield from")
AFTER_AWAIT = RESUME_POINTS.index("after await")
"""RESUME."""

BY_AWAIT = AWAITABLE_ORIGINS.index("await")
BY_ENTER = AWAITABLE_ORIGINS.index("__aenter__")
BY_EXIT = AWAITABLE_ORIGINS.index("__aexit__")
"""GET_AWAITABLE: what made the awaitable."""

_BITS = {name: bit for bit, name in FUNCTION_ATTRIBUTES.items()}

DEFAULTS, KWDEFAULTS = _BITS["__defaults__"], _BITS["__kwdefaults__"]
ANNOTATIONS, CLOSURE = _BITS["__annotations__"], _BITS["__closure__"]
"""SET_FUNCTION_ATTRIBUTE."""

PRINT = INTRINSICS_1.index("INTRINSIC_PRINT")
IMPORT_STAR = INTRINSICS_1.index("INTRINSIC_IMPORT_STAR")
STOPITERATION_ERROR = INTRINSICS_1.index("INTRINSIC_STOPITERATION_ERROR")
ASYNC_GEN_WRAP = INTRINSICS_1.index("INTRINSIC_ASYNC_GEN_WRAP")
UNARY_POSITIVE = INTRINSICS_1.index("INTRINSIC_UNARY_POSITIVE")
LIST_TO_TUPLE = INTRINSICS_1.index("INTRINSIC_LIST_TO_TUPLE")
TYPEVAR = INTRINSICS_1.index("INTRINSIC_TYPEVAR")
PARAMSPEC = INTRINSICS_1.index("INTRINSIC_PARAMSPEC")
TYPEVARTUPLE = INTRINSICS_1.index("INTRINSIC_TYPEVARTUPLE")
SUBSCRIPT_GENERIC = INTRINSICS_1.index("INTRINSIC_SUBSCRIPT_GENERIC")
TYPEALIAS = INTRINSICS_1.index("INTRINSIC_TYPEALIAS")
"""CALL_INTRINSIC_1."""

PREP_RERAISE_STAR = INTRINSICS_2.index("INTRINSIC_PREP_RERAISE_STAR")
TYPEVAR_WITH_BOUND = INTRINSICS_2.index("INTRINSIC_TYPEVAR_WITH_BOUND")
TYPEVAR_WITH_CONSTRAINTS = INTRINSICS_2.index("INTRINSIC_TYPEVAR_WITH_CONSTRAINTS")
SET_FUNCTION_TYPE_PARAMS = INTRINSICS_2.index("INTRINSIC_SET_FUNCTION_TYPE_PARAMS")
SET_TYPEPARAM_DEFAULT = INTRINSICS_2.index("INTRINSIC_SET_TYPEPARAM_DEFAULT")
"""CALL_INTRINSIC_2."""

SUPER_METHOD, SUPER_WITH_ARGUMENTS = 1, 2
"""The low bits of LOAD_SUPER_ATTR: push a method and self; `super` was given arguments."""
