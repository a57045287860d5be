"""The sieve of Eratosthenes as a pipeline: `kaa examples/pipeline.py [COUNT]`.

Each prime is a tasklet that passes on what it does not divide. The pipeline grows by one whenever a number
comes out at its end, and stops when nobody asks for more.
"""

import sys

import stackless


def numbers(out):
    number = 2
    while True:
        out.send(number)
        number += 1


def sieve(prime, inlet, out):
    for number in inlet:
        if number % prime:
            out.send(number)


def primes(count):
    end = stackless.channel()
    stackless.tasklet(numbers)(end)
    for _ in range(count):
        prime = end.receive()
        yield prime
        inlet, end = end, stackless.channel()
        stackless.tasklet(sieve)(prime, inlet, end)


if __name__ == "__main__":
    print(*primes(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
