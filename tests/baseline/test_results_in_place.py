"""Results that overwrite a variable's old number: nobody who shares that number may see it."""

from hypothesis import given, settings
from hypothesis import strategies as st

import kaa
from tests.native.host import needs_native

pytestmark = needs_native

NAME = st.sampled_from("abcd")
COMMON = [
    st.builds("{} = {}".format, NAME, NAME),
    st.builds("k.append({})".format, NAME),
    st.builds("k[0] = {}".format, NAME),
    st.builds("{0} = (lambda: {0} + {1})()".format, NAME, NAME),
    st.builds("{}, {} = {}, {}".format, NAME, NAME, NAME, NAME),
]
FLOAT = st.one_of(NAME, st.sampled_from(["1.5", "2", "k[0]", "(a * b)", "float(c)"]))
FLOATS = st.one_of(
    st.builds("{} = {} {} {}".format, NAME, FLOAT, st.sampled_from("+-*/%"), FLOAT),
    st.builds("{} {}= {}".format, NAME, st.sampled_from("+-*/"), FLOAT),
    st.builds("del {0}; {0} = 0.5".format, NAME),
    *COMMON,
)
INT = st.one_of(NAME, st.sampled_from(["1", "250", "k[0]", "(a + b)", "(c % 1000)", "(1 << 29)"]))
LOOP = st.builds("range({}, {}, {})[:5]".format, INT, INT, st.sampled_from(["1 << 28", "-(1 << 28)"]))
SHORT_LOOP = st.builds("range({0}, {0} + 3)".format, INT)
INTS = st.one_of(
    st.builds("{} = {} {} {}".format, NAME, INT, st.sampled_from(["+", "-", "%", "//", "&", "|", "^"]), INT),
    st.builds("{} {}= {}".format, NAME, st.sampled_from("+-&|^"), INT),
    st.builds("{} = {} * -3".format, NAME, NAME),
    st.builds("for {} in {}: k.append({})".format, NAME, SHORT_LOOP, NAME),
    st.builds("for {} in {}: {} = {}".format, NAME, SHORT_LOOP, NAME, NAME),
    st.builds("for {} in {}: {} += 1".format, NAME, SHORT_LOOP, NAME),
    st.builds("k += list({0} for {0} in {1})[:5]".format, NAME, SHORT_LOOP),
    st.builds("k += [({0}, {1}) for {0} in {2}]".format, NAME, NAME, SHORT_LOOP),
    st.builds(
        "for {} in {}:\n            {} = {}\n            if {} % 2: break".format,
        NAME,
        LOOP,
        NAME,
        NAME,
        NAME,
    ),
    st.builds("del {0}; {0} = 300".format, NAME),
    *COMMON,
)


def outcome(function, values):
    values = list(values)
    try:
        return repr(function(*values, [values[0]])) + repr(values)
    except ArithmeticError as error:
        return repr(error)


def check(statements, values):
    """A function of these statements gives the same on the host's loop and on the native machine."""
    body = "".join(f"        {statement}\n" for statement in statements)
    source = (
        f"def f(a, b, c, d, k):\n    for _ in range(3):\n{body}        k.append((a, b, c, d))\n    return k\n"
    )
    scope = {}
    exec(source, scope)
    expected = outcome(scope["f"], values)
    exec(source, scope)
    kaa.enable()
    try:
        found = outcome(scope["f"], values)
    finally:
        kaa.disable()
    assert found == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(FLOATS, min_size=1, max_size=12))
def test_floats(statements):
    check(statements, [1.25, 2.5, -3.0, 7])


@settings(max_examples=300, deadline=None)
@given(st.lists(INTS, min_size=1, max_size=12))
def test_ints(statements):
    check(statements, [257, 1 << 29, (1 << 30) - 2, -7])


def test_an_int_that_exists_once_is_that_one():
    def f():
        total, found = 300, []
        for number in range(250, 260):
            total -= 5
            found.append((number is SMALL[number], total is SMALL[total]))
        return found

    expected = [
        (number <= 256, total <= 256)
        for number, total in zip(range(250, 260), range(295, 245, -5), strict=True)
    ]
    kaa.enable()
    try:
        assert f() == expected
    finally:
        kaa.disable()


SMALL = {number: int(str(number)) for number in range(240, 310)}
