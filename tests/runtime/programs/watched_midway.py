"""Each statement calls a special method of a `Hook`, in which something begins to watch, as a debugger does from
`breakpoint()`. What it is told of the statement's function from there on is printed.
"""

import sys

STATEMENTS = r"""
c = p + 3
c = 3 + p
p += 3
c = -p
c = ~p
c = not p
c = p < 3
c = p == 3
c = 3 in p
c = p[3]
c = p[1:2]
c = [1, 2][p:]
c = p.attribute
c = p.method
c = p.method()
c = p.missing
p.attribute = 3
del p.attribute
p[3] = 4
p[3:4] = [4]
del p[3]
c, d = p
c, d, e = p
c, *d = p
c = [*p]
c = {p}
c = {p: 1}
c = {**p}
c = (lambda *a: a)(*p)
c = f"{p}"
c = f"{p!r}"
c = f"{p:>5}"
c = [x for x in p]
c = {x for x in (p,)}
c = Derived().deep
c = isinstance(3, p)
if p: c = 3
while p: break
with p: c = 3; d = 4
with p as c: d = c
with p: raise ValueError
for c in p: d = c
for c in numbers(): d = c
for c in steps(p): d = c
c = list(numbers())
import nowhere
from nowhere import something
class C(metaclass=Meta): c = 3
match p:\n        case Hook(attribute=4): c = 1
match p:\n        case 5: c = 1
try: p.failing\n    except ValueError: c = 3
try: c = [x for x in Failing()]\n    except ValueError: d = 3
c = sorted([p, p])
c = max(p, p,\n            p + 3,\n            4)
def f(a=p + 1): return a
@p.decorate\n    def f(a): return a
assert p
return p + 4
raise p.error
""".strip().splitlines()

AWAITING = """\
c = await coroutine()
c = await p
c = [x async for x in stream()]
async for c in stream(): d = c
async for c in p: d = c
async with p: c = 3
async with p as c: d = c
""".splitlines()


class Hook:
    def called(self, *arguments):
        watch()
        return 4

    __add__ = __radd__ = __iadd__ = __neg__ = __invert__ = __lt__ = __eq__ = __getitem__ = __index__ = called
    __setitem__ = __delitem__ = __enter__ = __getattr__ = __len__ = called
    attribute = property(called, called, called)

    def __bool__(self):
        return bool(watch())

    __contains__ = __instancecheck__ = __bool__

    def __hash__(self):
        watch()
        return 4

    def __iter__(self):
        watch()
        return iter([1, 2])

    def __exit__(self, *error):
        watch()
        return True

    def __repr__(self):
        watch()
        return "p"

    def __format__(self, specification):
        return repr(self)

    def keys(self):
        watch()
        return ["a"]

    @property
    def method(self):
        watch()
        return len

    @property
    def failing(self):
        watch()
        raise ValueError

    def __call__(self):
        watch()
        return "abc"

    def decorate(self, function):
        watch()
        return function

    @property
    def error(self):
        watch()
        return ValueError()

    def __await__(self):
        watch()
        return iter([])

    async def __aenter__(self):
        watch()

    async def __aexit__(self, *error):
        watch()

    def __aiter__(self):
        watch()
        return stream()


class Failing:
    def __iter__(self):
        watch()
        raise ValueError


class Base:
    @property
    def deep(self):
        watch()
        return 4


class Derived(Base):
    @property
    def deep(self):
        c = super().deep
        d = c
        return d


class Meta(type):
    def __new__(cls, *arguments):
        watch()
        return super().__new__(cls, *arguments)


class Finder:
    def find_spec(name, path=None, target=None):
        if name == "nowhere":
            watch()


class Steps:
    def __init__(self):
        self.left = 3

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left == 0:
            raise StopIteration
        if self.left == 1:
            watch()
        return self.left


def numbers():
    yield 1
    watch()
    yield 2


def steps(p):
    return Steps()


async def coroutine():
    watch()
    return 3


async def stream():
    yield 1
    watch()
    yield 2


def drive(made):
    try:
        made.send(None)
    except StopIteration:
        pass


def is_statement(code):
    return code.co_filename == "<statement>"


def trace(frame, event, argument):
    if is_statement(frame.f_code):
        events.append((event, frame.f_code.co_name, frame.f_lineno))
    return trace


def watch_by_trace():
    frame = sys._getframe(1)
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)


def profile(frame, event, argument):
    if is_statement(frame.f_code):
        events.append((event, frame.f_code.co_name, frame.f_lineno))


def watch_by_profile():
    sys.setprofile(profile)


def at_line(code, line):
    if is_statement(code):
        events.append((code.co_name, line))


def at_return(code, offset, value):
    if is_statement(code):
        events.append((code.co_name, offset))


def watch_by_monitoring():
    sys.monitoring.set_events(1, sys.monitoring.events.LINE | sys.monitoring.events.PY_RETURN)


def stop():
    sys.settrace(None)
    sys.setprofile(None)
    sys.monitoring.set_events(1, 0)


events = []
sys.meta_path.insert(0, Finder)
sys.monitoring.use_tool_id(1, "test")
sys.monitoring.register_callback(1, sys.monitoring.events.LINE, at_line)
sys.monitoring.register_callback(1, sys.monitoring.events.PY_RETURN, at_return)


def watch():
    if begin is not None:
        begin()


def tell(header, statement, warm):
    """Run a function with the statement: some times unwatched, then watched from within."""
    global begin
    indented = statement.replace("\\n", "\n")
    source = f"{header} run(p):\n    {indented}\n    len('a')\n    d = 1\n    c = d\n    return c\n"
    scope = dict(globals())
    exec(compile(source, "<statement>", "exec"), scope)
    for begin in (*[None] * warm, watch_by_trace, watch_by_profile, watch_by_monitoring):
        events.clear()
        try:
            made = scope["run"](Hook())
            if header == "async def":
                drive(made)
        except Exception as error:
            events.append(type(error).__name__)
        finally:
            stop()
        if begin is not None:
            print(statement, begin.__name__, *events)


for warm in (0, 4):
    for statement in STATEMENTS:
        tell("def", statement, warm)
    for statement in AWAITING:
        tell("async def", statement, warm)
