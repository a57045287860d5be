# async: a coroutine is a suspended frame; here the event loop is ten lines long.
class Pause:
    def __await__(self):
        yield "pause"


async def worker(name, rounds):
    for number in range(rounds):
        print(name, number)
        await Pause()
    return f"{name} done"


def run(*coroutines):
    ready = list(coroutines)
    while ready:
        coroutine = ready.pop(0)
        try:
            coroutine.send(None)
        except StopIteration as end:
            print(end.value)
        else:
            ready.append(coroutine)


run(worker("a", 2), worker("b", 1))
