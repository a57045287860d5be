# A loop: watch the jump backward, and the local variables change.
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


longest = max(range(1, 12), key=collatz)
print("longest way from", longest, "in", collatz(longest), "steps")
