# ruff: noqa
import asyncio
import types


def numbers(n):
    for i in range(n):
        try:
            sent = yield i
            if sent is not None:
                print("sent", sent)
        except ValueError as error:
            print("thrown", error)
        finally:
            print("step", i)
    return "end"


def chained():
    print("inner returned", (yield from numbers(2)))
    yield "last"


print(list(numbers(3)), list(chained()))
generator = numbers(5)
print(next(generator), generator.send("hello"), generator.throw(ValueError("v")))
print(generator.gi_running, generator.gi_frame.f_lineno > 0, type(generator) is types.GeneratorType)
print(generator.close(), generator.gi_frame, next(generator, "default"))
for wrong in (lambda: next(generator), lambda: numbers(1).send(1), lambda: numbers(1).throw(3)):
    try:
        wrong()
    except (StopIteration, TypeError) as error:
        print(type(error).__name__, error)


def raises_stop():
    yield 1
    raise StopIteration(7)


try:
    list(raises_stop())
except RuntimeError as error:
    print(error, repr(error.__cause__))


def reenter():
    yield next(me)


me = reenter()
try:
    next(me)
except ValueError as error:
    print(error)


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


print(list(tree(4)), sum(x for x in range(10) if x % 2))


class Manager:
    async def __aenter__(self):
        print("enter")
        return self

    async def __aexit__(self, *details):
        print("exit", details[0])
        return True


async def double(x):
    await asyncio.sleep(0)
    return x * 2


async def items():
    try:
        for i in range(3):
            await asyncio.sleep(0)
            yield i
    finally:
        print("items closed")


async def main():
    print(await asyncio.gather(double(1), double(2)))
    async for item in items():
        print(item)
    print([item async for item in items() if item], [await double(x) for x in (1, 2)])
    async with Manager():
        raise KeyError("swallowed")
    generator = items()
    print(await anext(generator), await generator.asend(None))
    await generator.aclose()
    try:
        await anext(generator)
    except StopAsyncIteration:
        print("over")


asyncio.run(main())
