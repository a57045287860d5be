"""Classes, properties, inheritance, context managers, exceptions in all nestings."""


class Shape:
    """A shape."""

    count = 0
    names = str([name for name in ("a", "b") if name])

    def __init__(self, name):
        self.name = name
        Shape.count += 1

    @property
    def title(self):
        return self.name.upper()

    def __repr__(self):
        return f"<{self.title}>"

    def __eq__(self, other):
        return self.name == other.name

    __hash__ = None


class Square(Shape):
    __slots__ = ("side",)

    def __init__(self, side: int):
        super().__init__("square")
        self.side = side

    def __enter__(self):
        return self.side

    def __exit__(self, kind, value, traceback):
        return kind is ZeroDivisionError


def divide(a, b):
    try:
        result = a // b
    except ZeroDivisionError:
        return "zero"
    except (TypeError, ValueError) as error:
        raise RuntimeError("no number") from error
    else:
        return result
    finally:
        Shape.count -= 1


def groups(errors):
    try:
        raise ExceptionGroup("several", errors)
    except* ValueError as group:
        yield len(group.exceptions)
    except* (KeyError, TypeError):
        yield "keys"


def search(limit):
    for n in range(limit):
        with Square(n) as side:
            if side == 2:
                continue
            if 6 // side == 2:
                return n
    else:
        return None


print(Square(2), Square(3).side, Square(1) == Square(2), Shape.names)
print(divide(7, 2), divide(1, 0), search(5), search(2))
try:
    divide("x", 1)
except RuntimeError as error:
    print(error, type(error.__cause__).__name__)
print(list(groups([ValueError(1), KeyError(2)])), list(groups([TypeError()])))
with Square(4) as four, Square(5):
    four / 0
assert four == 4, "suppressed"
