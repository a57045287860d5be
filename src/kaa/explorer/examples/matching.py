# match: patterns are tests, and names that are bound on the way.
class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def describe(thing):
    match thing:
        case []:
            return "nothing"
        case [one]:
            return f"only {describe(one)}"
        case [first, *rest]:
            return f"{describe(first)} and {len(rest)} more"
        case {"kind": kind}:
            return f"a {kind}"
        case Point(0, y):
            return f"on the axis at {y}"
        case Point(x, y) if x == y:
            return "on the diagonal"
        case int() | float():
            return f"the number {thing}"
        case _:
            return "something else"


for thing in ([], [7], [1.5, 2, 3], {"kind": "dict"}, Point(0, 3), Point(2, 2), "?"):
    print(describe(thing))
