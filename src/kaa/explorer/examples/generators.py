# Generators: each keeps its frame while it is suspended; `yield from` goes through.
def numbers():
    n = 0
    while True:
        got = yield n
        n = n + 1 if got is None else got


def pairs(source):
    yield "first"
    yield from ((n, n * n) for n in source)


source = numbers()
print(next(source), next(source), source.send(10), next(source))
print(list(pairs([1, 2, 3])))
