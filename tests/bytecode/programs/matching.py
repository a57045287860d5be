"""Pattern matching, slices, unpacking, operators, type parameters."""


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def describe(value):
    match value:
        case Point(0, y=y):
            return f"on the axis at {y}"
        case Point(x, y) if x == y:
            return "diagonal"
        case {"kind": "list", "items": [first, *others], **rest}:
            return first, others, rest
        case [1, (2 | 3) as second, *_]:
            return second
        case str() | bytes():
            return len(value)
        case None | True:
            return "singleton"
        case _:
            return value


def first[T](items: list[T], default: T | None = None) -> T | None:
    for item in items:
        return item
    return default


class Box[T, *Ts]:
    content: T
    type Of = dict[T, first]

    def swap(self, new: T, *, keep: bool = False) -> T:
        old, self.content = self.content, new
        return old if keep else new


type Pair[A] = tuple[A, A]

print(describe(Point(0, 3)), describe(Point(2, 2)), describe({"kind": "list", "items": [1, 2], "z": 0}))
print(describe([1, 3, 4]), describe("four"), describe(None), describe(7.5))
print(first([1, 2]), first([], 0), Pair.__name__, Pair[int].__args__ if first else 1)
box = Box()
box.content = 5
del box.content
box.content = 5
print(box.swap(6), box.swap(7, keep=True), box.content)
letters = list("abcdefg")
letters[1:3] = "xyz"
del letters[0], letters[-1:]
print(letters[::2], letters[1], 1 < len(letters) <= 9, "y" in letters, 2**8 - ~5 // 3 % 4 ^ 1 << 2)
letters += ["q"]
print(*letters, sep="", end="!\n")
pairs = {"a": 1}
print({**pairs, "b": 2}, [*letters[:1], *range(2)], {*"aab"}, not letters, letters is None)
