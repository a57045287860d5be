# Closures: the two functions of a call share one cell; another call has its own.
def counter(start):
    count = start

    def up():
        nonlocal count
        count += 1
        return count

    def show():
        return f"count is {count}"

    return up, show


up, show = counter(10)
other, _ = counter(0)
up()
up()
other()
print(show())
