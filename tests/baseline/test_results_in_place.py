"""Results that overwrite a variable's old float: nobody who shares that float may see it."""

from hypothesis import given, settings
from hypothesis import strategies as st

import kaa
from tests.native.host import needs_native

pytestmark = needs_native

NAMES = "abcd"
NAME = st.sampled_from(NAMES)
OPERAND = st.one_of(NAME, st.sampled_from(["1.5", "2", "k[0]", "(a * b)", "float(c)"]))
STATEMENT = st.one_of(
    st.builds("{} = {} {} {}".format, NAME, OPERAND, st.sampled_from("+-*/%"), OPERAND),
    st.builds("{} {}= {}".format, NAME, st.sampled_from("+-*/"), OPERAND),
    st.builds("{} = {}".format, NAME, NAME),
    st.builds("k.append({})".format, NAME),
    st.builds("k[0] = {}".format, NAME),
    st.builds("{0} = (lambda: {0} + {1})()".format, NAME, NAME),
    st.builds("{}, {} = {}, {}".format, NAME, NAME, NAME, NAME),
    st.builds("del {0}; {0} = 0.5".format, NAME),
)


def outcome(function):
    values = [1.25, 2.5, -3.0, 7]
    try:
        return repr(function(*values, [0.5])) + repr(values)
    except ArithmeticError as error:
        return repr(error)


@settings(max_examples=150, deadline=None)
@given(st.lists(STATEMENT, min_size=1, max_size=12))
def test_random_statements(statements):
    body = "".join(f"        {statement}\n" for statement in statements)
    source = (
        f"def f(a, b, c, d, k):\n    for _ in range(3):\n{body}        k.append((a, b, c, d))\n    return k\n"
    )
    scope = {}
    exec(source, scope)
    expected = outcome(scope["f"])
    exec(source, scope)
    kaa.enable()
    try:
        found = outcome(scope["f"])
    finally:
        kaa.disable()
    assert found == expected
