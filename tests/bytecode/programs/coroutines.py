"""Coroutines and asynchronous generators, driven by hand."""


class Ready:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return (got, self.value)


class Guard:
    async def __aenter__(self):
        return await Ready("enter")

    async def __aexit__(self, *details):
        await Ready("exit")
        return details[0] is ValueError


async def countdown(n):
    while n:
        yield n
        await Ready(n)
        n -= 1


async def main():
    seen = [x async for x in countdown(3) if x != 2]
    async with Guard() as guard:
        seen.append(guard)
        raise ValueError(seen)
    async for x in countdown(1):
        seen.append(x)
        del x
    else:
        seen.append(await Ready("last"))
    return {y: y async for y in countdown(2)}, seen


def drive(coroutine):
    steps = []
    try:
        sent = None
        while True:
            steps.append(coroutine.send(sent))
            sent = len(steps)
    except StopIteration as stop:
        return steps, stop.value


print(drive(main()))
waiting = main()
print(waiting.send(None))
try:
    waiting.throw(KeyError("stop"))
except KeyError as error:
    print(error)
