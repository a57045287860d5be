"""Make random programs that use every statement of the language, and end.

A program is made from the choices of a `random.Random`: a seeded one for long runs, hypothesis's for tests that
shrink. It prints nothing and reads nothing. It finds the names of `PRELUDE` and its variables, with one of `STARTS`
as their values: from each it goes another way. It calls `log(value)`, which the harness hands in, at every step worth
seeing; `log` also ends a program that goes on for too long. Functions call only functions that stand above them,
and loops run over small ranges, so that every program ends. What goes into a set passes `member`: it holds nothing
whose hash is an address, which would order it differently in each process.
"""

from random import Random

VARIABLES = ("a", "b", "c", "d")
BINARY = ("+", "-", "*", "//", "%", "&", "|", "^", "<<", "@", "/")
SAFE_BINARY = ("+", "-", "*", "|", "&", "^")
SAFE_COMPARISONS = ("<", "<=", "==", "!=", ">", ">=", "is", "is not")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=", "is", "is not", "in", "not in")
EXCEPTIONS = (
    "ValueError",
    "TypeError",
    "KeyError",
    "ZeroDivisionError",
    "Exception",
    "LookupError",
    "StopIteration",
)
UNPACKINGS = (
    "a, b = {}, {}", "a, *c = {}, {}, {}", "[a, b] = [{}, {}]", "a = b = {}", "c = [{}, {}]", "d = Point({}, {})",
    "c = [{}]; c[0:1] = [{}, {}]", "(a, (b, d)) = {}, ({}, {})", "d = Point(); d.x = {}", "c, d = [], {}",
    "c = {{0: {}, 'k': {}}}", "a, b = b, a", "a, b, d = b, {}, a",
)  # fmt: skip
LITERALS = (
    "0", "1", "-1", "7", "255", "10**20", "True", "False", "None", "''", "'ab'", "b'x'", "1.5", "()", "(1, 2)",
    "[]", "[3, 4, 5]", "{}", "{'k': 1}", "{1, 2}", "...", "2j",
)  # fmt: skip

PRELUDE = """\
class Manager:
    def __init__(self, name, swallow=False): self.name, self.swallow = name, swallow
    def __enter__(self): log(("enter", self.name)); return self.name
    def __exit__(self, kind, value, traceback): log(("exit", self.name, kind)); return self.swallow
    async def __aenter__(self): return self.__enter__()
    async def __aexit__(self, *error): return self.__exit__(*error)
class Step:
    def __init__(self, value): self.value = value
    def __await__(self): return (yield self.value)
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x=0, y=0): self.x, self.y = x, y
    def __repr__(self): return f"Point({self.x!r}, {self.y!r})"
    def __hash__(self): return 7
def number(value): return value if type(value) is int else 1
def member(value): return value if type(value) in (int, bool, str, bytes, list, dict) else 1
def drive(coroutine):
    sent = None
    while True:
        try: sent = log(("step", coroutine.send(sent)))
        except StopIteration as stop: return stop.value
"""

STARTS = (
    "1, 2, [1, 2], None",
    "0, -1, [], Point(1, [2])",
    "2.5, True, (3, 4, 5), {'k': 1}",
    "300, 7, [[1], 'ab'], Point()",
)
"""What the variables may be at the start of a program."""


class Writer:
    """Writes one program, statement by statement, keeping track of what may stand where."""

    def __init__(self, random: Random, size: int = 12):
        self.random = random
        self.size = size
        self.lines: list[str] = []
        self.depth = 0
        self.names = 0
        self.functions: list[tuple[str, str]] = []  # (name, kind) of what may be called here
        self.kind = "module"  # of the innermost function: module, plain, generator, coroutine, stream
        self.in_loop = False
        self.has_d = False  # whether `d` is a variable of a function around
        self.binds = True  # whether `:=` may stand here
        self.variables: tuple[str, ...] = VARIABLES

    def one(self, choices):
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def fresh(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # expressions: numbers mostly, so that most programs get far; a tenth of all choices may be of any type

    def name(self) -> str:
        return self.one(self.variables)

    def expression(self, depth: int = 3) -> str:
        """An expression of any type."""
        if depth == 0 or self.chance(25):
            return self.name() if self.chance(60) else self.one(LITERALS)
        return self.number(depth) if self.chance(40) else self.one(self.EXPRESSIONS)(self, depth - 1)

    def number(self, depth: int = 3) -> str:
        """An expression that is most likely an int of modest size."""
        if self.chance(2):
            return self.expression(depth)
        if depth == 0 or self.chance(25):
            return self.one(("a", "b", "0", "1", "2", "-3", "True", "a", "b"))
        return self.one(self.NUMBERS)(self, depth - 1)

    def binary(self, depth):
        if self.chance(10):
            return f"({self.expression(depth)} {self.one(BINARY)} {self.expression(depth)})"
        return f"(({self.number(depth)} {self.one(SAFE_BINARY)} {self.number(depth)}) % 997)"

    def comparison(self, depth):
        operators = COMPARISONS if self.chance(10) else SAFE_COMPARISONS
        rest = (f" {self.one(operators)} {self.number(depth)}" for _ in range(self.random.randint(1, 2)))
        return f"({self.number(depth)}{''.join(rest)})"

    def containment(self, depth):
        return f"({self.number(depth)} {self.one(('in', 'not in'))} {self.display(depth)})"

    def boolean(self, depth):
        operator = self.one((" and ", " or "))
        return f"({operator.join(self.number(depth) for _ in range(self.random.randint(2, 3)))})"

    def unary(self, depth):
        return f"({self.one(('not ', '-', '~'))}{self.number(depth)})"

    def conditional(self, depth):
        return f"({self.number(depth)} if {self.expression(depth)} else {self.number(depth)})"

    def display(self, depth):
        items = [self.number(depth) for _ in range(self.random.randint(0, 3))] or ["0"]
        rest = ["*c"] if self.chance(20) else []
        form = self.one(("[1, {}]", "(2, {})", "{{3, {}}}"))
        if form == "{{3, {}}}":
            items = [item if item.isdecimal() else f"member({item})" for item in items]
            rest = ["*map(member, c)"] if rest else []
        return form.format(", ".join(items + rest))

    def mapping(self, depth):
        rest = f", **{{'z': {self.number(depth)}}}" if self.chance(30) else ""
        return f"{{'k': {self.number(depth)}, {self.number(depth)}: {self.expression(depth)}{rest}}}"

    def subscript(self, depth):
        index = self.one(("0", "-1", "1:", ":-1", "::2", "0:2"))
        return f"{self.one((self.display(depth), 'c'))}[{index}]"

    def attribute(self, depth):
        return f"({self.number(depth)}).{self.one(('real', 'imag', '__class__', 'numerator', 'missing'))}"

    def text(self, depth):
        spec = self.one(("", "!r", ":>4", "!s:<3", ":{a}"))
        return f'f"<{{({self.number(min(depth, 1))}){spec}}}>{{{self.name()}=}}"'

    def inside(self, make, depth, binds: bool = False) -> str:
        """An expression in a scope of its own, where nothing may be awaited or yielded."""
        outer, self.kind, self.binds = (self.kind, self.binds), "plain", binds
        text = make(depth)
        self.kind, self.binds = outer
        return text

    def comprehension(self, depth):
        clause = f"for {self.one(('i', 'a'))} in {self.iterable()}"
        if self.chance(40):
            clause += f" if {self.inside(self.comparison, 0)}"
        if self.chance(25):
            clause += f" for j in {self.iterable()}"
        form = self.one(("[{} {}]", "list({} {})", "sorted(({} {}), key=repr)", "{{1: {} {}}}"))
        return form.format(self.inside(self.number, depth), clause)

    def function_call(self, depth):
        if not self.functions:
            return self.name()
        name, kind = self.one(self.functions)
        call = f"{name}({self.arguments(depth)})"
        if kind == "generator":
            return (
                f"{self.one(('list({})', 'tuple({})', 'sum(map(number, {}))', 'next({}, 0)')).format(call)}"
            )
        if kind == "coroutine":
            return f"(await {call})" if self.is_async else f"drive({call})"
        if kind == "stream":
            return f"[item async for item in {call}]" if self.is_async else f"repr(type({call}))"
        return call

    def safe_call(self, depth):
        return f"number({self.function_call(depth)})"

    def length(self, depth):
        return f"len({self.one((self.display(depth), self.comprehension(depth), self.text(depth)))})"

    def arguments(self, depth):
        form = self.one(("{}, {}", "{}, c={}", "*({}, {})", "{}, **dict(c={})", "{}, {}, c=3", "{}"))
        return form.format(self.number(depth), self.number(depth))

    def lambda_(self, depth):
        body = self.inside(self.number, min(depth, 2), binds=True)
        return f"(lambda a, b={self.one('ab')}: {body})({self.number(depth)})"

    def walrus(self, depth):
        if not self.binds:
            return self.unary(depth)
        return f"({self.one('ab')} := {self.number(depth)})"

    def point(self, depth):
        return f"Point({self.number(depth)}, {self.expression(depth)})"

    def suspension(self, depth):
        if self.kind in ("generator", "stream"):
            return f"(yield {self.expression(depth)})"
        if self.is_async:
            return f"(await Step({self.expression(depth)}))"
        return f"log({self.expression(depth)})"

    NUMBERS = (
        binary, binary, binary, comparison, containment, boolean, unary, conditional, length, safe_call, safe_call,
        lambda_, walrus,
    )  # fmt: skip
    EXPRESSIONS = (
        display, display, mapping, subscript, attribute, text, comprehension, function_call, point, suspension,
    )  # fmt: skip

    @property
    def is_async(self) -> bool:
        return self.kind in ("coroutine", "stream")

    def iterable(self) -> str:
        return self.one(("range(3)", "[1, 2]", "(0, 4)", "range(2, 9, 3)", "[5, 6, 7]", "{8: 9}"))

    # statements

    def block(self, size: int) -> None:
        self.depth += 1
        for _ in range(self.random.randint(1, max(1, size))):
            self.statement(size - 1)
        self.depth -= 1

    def statement(self, size: int) -> None:
        if size <= 0 or self.depth > 14:
            self.line(f"log({self.expression(2)})")
        else:
            self.one(self.STATEMENTS)(self, size // 2)

    def assignment(self, _size):
        if self.chance(60):
            self.line(f"{self.one('ab')} = {self.number()}")
        elif self.chance(40):
            self.line(f"{self.one('cd')} = {self.expression()}")
        else:
            self.line(self.one(UNPACKINGS).format(self.number(), self.number(), self.expression(2)))

    def augmented(self, _size):
        target = self.one(("a", "b", "a", "b", "c[0]", "d.x"))
        self.line(f"{target} {self.one(SAFE_BINARY)}= {self.number()}")

    def annotated(self, _size):
        self.line(f"note{self.fresh('')}: {self.one(('int', 'list[int]'))} = {self.expression()}")

    def expression_statement(self, _size):
        self.line(f"log({self.expression()})")

    def if_(self, size):
        self.line(f"if {self.expression()}:")
        self.block(size)
        if self.chance(40):
            self.line(f"elif {self.expression()}:")
            self.block(size)
        if self.chance(50):
            self.line("else:")
            self.block(size)

    def loop_body(self, size):
        outer, self.in_loop = self.in_loop, True
        self.block(size)
        self.in_loop = outer
        if self.chance(30):
            self.line("else:")
            self.block(size)

    def for_(self, size):
        source = "async for" if self.is_async and self.streams() and self.chance(40) else "for"
        iterable = f"{self.one(self.streams())}(1, 2)" if source != "for" else self.iterable()
        self.line(f"{source} {self.one('abab')} in {iterable}:")
        self.loop_body(size)

    def streams(self) -> list[str]:
        return [name for name, kind in self.functions if kind == "stream"]

    def while_(self, size):
        counter = self.fresh("n")
        self.line(f"{counter} = {self.random.randint(0, 3)}")
        self.line(f"while {counter} > 0{' and ' + self.number(2) if self.chance(30) else ''}:")
        self.depth += 1
        self.line(f"{counter} -= 1")
        self.depth -= 1
        self.loop_body(size)

    def try_(self, size):
        self.line("try:")
        self.block(size)
        star = "*" if self.chance(15) else ""
        handlers = self.random.randint(0, 2)
        for _ in range(handlers):
            name = f" as {self.one(('error', 'd'))}" if self.chance(50) else ""
            self.line(f"except{star} {self.one((*EXCEPTIONS, '(KeyError, TypeError)'))}{name}:")
            self.handler(size, star)
        if handlers and not star and self.chance(20):
            self.line("except:")
            self.handler(size, star)
        if handlers and self.chance(30):
            self.line("else:")
            self.block(size)
        if not handlers or self.chance(40):
            self.line("finally:")
            self.block(size)

    def handler(self, size, star):
        outer, self.in_handler = getattr(self, "in_handler", ""), star or "plain"
        self.block(size)
        self.in_handler = outer

    def with_(self, size):
        word = "async with" if self.is_async and self.chance(50) else "with"
        name = self.fresh("m")
        target = f" as {self.one(('d', 'd', '(d, *c)'))}" if self.chance(50) else ""
        second = f", Manager('{name}b')" if self.chance(25) else ""
        self.line(f"{word} Manager({name!r}, {self.chance(40)}){target}{second}:")
        self.block(size)

    def raise_(self, _size):
        exception = self.one(EXCEPTIONS)
        cause = self.one(("", "", " from None", f" from KeyError({self.name()})"))
        group = f'ExceptionGroup("g", [{exception}({self.name()}), TypeError()])'
        raised = group if self.chance(20) else f"{exception}({self.expression(1)})"
        self.line(f"if {self.number(1)}: raise {raised}{cause}")

    def jump(self, _size):
        star = getattr(self, "in_handler", "") == "*"
        choices = ["raise"] if getattr(self, "in_handler", "") else []
        if self.in_loop and not star:
            choices += ["break", "continue"]
        if self.kind != "module" and not star:
            choices.append("return" if self.kind == "stream" else f"return {self.expression(2)}")
        self.line(f"if {self.number(2)}: {self.one(choices or ['pass'])}")

    def delete(self, _size):
        self.line(
            self.one(
                (
                    "del a; a = 1",
                    "del d; d = None",
                    "del c; c = [1]",
                    "del c[0]",
                    "del d.x",
                    "del b; b = 2",
                    "del d",
                )
            )
        )

    def assert_(self, _size):
        self.line(f"assert {self.number(2)} or {self.number(1)} or 1, {self.expression(1)}")

    def match_(self, size):
        self.line(f"match {self.expression()}:")
        self.depth += 1
        for _ in range(self.random.randint(1, 4)):
            guard = f" if {self.expression(1)}" if self.chance(25) else ""
            self.line(f"case {self.pattern(2)}{guard}:")
            self.block(size)
        if self.chance(50):
            self.line("case _:")
            self.block(size)
        self.depth -= 1

    def pattern(self, depth) -> str:
        p = self.fresh("p")
        if depth == 0 or self.chance(30):
            leaves = ("0", "'ab'", "None", "-1", "1.5", "True", "1 | 2", "str()", f"int({p})", f"{{**{p}}}")
            return self.one(leaves)
        inner = self.pattern(depth - 1)
        compound = (f"[{inner}, *{p}]", f"({p}, {inner})", f"Point({inner}, y={p})", f"{{'k': {inner}}}")
        return self.one((*compound, f"({inner}) as {p}", "[]"))

    def function(self, size):
        if self.depth > 6:
            return self.expression_statement(size)
        kind = self.one(("plain", "plain", "generator", "coroutine", "stream"))
        name = self.fresh("f")
        saved = self.kind, self.in_loop, getattr(self, "in_handler", ""), list(self.functions), self.has_d
        if self.chance(15):
            self.line(self.one(("@log", f"@(lambda f: log({self.name()}) and f or f)")))
        word = "async def" if kind in ("coroutine", "stream") else "def"
        parameters = self.one(
            ("a, b=1", "a, /, b=2, *, c=3", "a, *b, c=None", "a=0, b=(), /, **c", "a, b: int = 5, *, c=()")
        )
        self.line(f"{word} {name}({parameters}):")
        self.kind, self.in_loop, self.in_handler = kind, False, ""
        self.depth += 1
        if self.chance(25):
            self.line("nonlocal d" if self.has_d else "global d")
        else:
            self.line("d = []")
            self.has_d = True
        if "*b" in parameters or "b=()" in parameters:
            self.line("b = len(b)")
        if kind in ("generator", "stream"):
            self.line(f"yield {self.expression(1)}")
        self.depth -= 1
        self.block(size + 2)
        self.kind, self.in_loop, self.in_handler, self.functions, self.has_d = saved
        self.functions.append((name, kind))
        self.line(f"log({name}.__name__)")

    def class_(self, size):
        if self.depth > 4:
            return self.expression_statement(size)
        name = self.fresh("C")
        self.line(f"class {name}({self.one(('Point', 'object', 'list', 'Exception'))}):")
        self.depth += 1
        self.line(f"attribute = {self.name()}")
        self.line("def method(self, a=1):")
        saved = self.kind, self.in_loop, getattr(self, "in_handler", ""), self.has_d
        self.kind, self.in_loop, self.in_handler, self.has_d = "plain", False, "", True
        self.depth += 1
        self.line("b, c, d = 0, [1, 2], None")
        self.depth -= 1
        self.block(size)
        self.kind, self.in_loop, self.in_handler, self.has_d = saved
        if self.chance(40):
            self.line("def __init__(self, *a): super().__init__(*a); log(__class__.__name__)")
        if self.chance(30):
            self.line("x = property(lambda self: log('got x'))")
        self.depth -= 1
        self.line(f"d = {name}({self.one(('', '', self.number(1)))})")
        self.line(f"log({name}().method())")
        if self.chance(30):
            self.line(f"{name}.method = lambda self, a=2: log(a)")

    def yield_from(self, _size):
        if self.kind == "generator":
            self.line(f"{self.one('cd')} = yield from {self.one((self.iterable(), self.iterable()))}")
        elif self.kind == "stream":
            self.line(f"yield {self.expression(2)}")
        else:
            self.expression_statement(0)

    STATEMENTS = (
        assignment, assignment, augmented, annotated, expression_statement, expression_statement, if_, if_, for_,
        for_, while_, try_, try_, with_, raise_, jump, jump, delete, assert_, match_, function, class_, yield_from,
    )  # fmt: skip

    def program(self) -> str:
        for _ in range(self.random.randint(3, self.size)):
            if self.chance(90):
                self.line("try:")
                self.block(4)
                self.line(
                    f"except {self.one(EXCEPTIONS) if self.chance(10) else 'Exception'} as error: log(repr(error))"
                )
            else:
                self.statement(6)
        self.line("log((a, b, c, d))")
        return "\n".join(self.lines) + "\n"


def program(random: Random, size: int = 12) -> str:
    """A random program's source text."""
    return Writer(random, size).program()
