"""A guest of the tests: `kaa program.py ADDRESS ENGINE` asks a cluster of two nodes for all that one does."""

import faulthandler
import os
import signal
import sys
import time

import stackless

from kaa import cluster
from kaa.cluster import NodeLost


def raises(kind, text, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        assert text in str(error), error
        return error
    raise AssertionError(f"{function} has not raised {kind}")


def sends(out, values):
    for value in values:
        out.send((value, os.getpid()))
    out.close()


def adds(inlet, out, total=0):
    try:
        for number in inlet:
            total += number
            out.send((total, os.getpid()))
        out.send("the end")
    finally:
        total = None
        left.append(out)


left = []


def fails(inlet):
    try:
        inlet.receive()
    except KeyError as error:
        raise ValueError(*error.args) from None


def holds_a_file(inlet):
    with open(__file__) as file:
        inlet.receive()
        file.read(1)


def waits(inlet, out):
    try:
        out.send(inlet.receive())
    except BaseException as error:
        out.send(type(error).__name__)
        raise


def report(out):
    out.send((os.getpid(), len(left)))


class Point:
    def __init__(self, x):
        self.x = x


def until(condition):
    """Let the others work, and the other processes, until something is so, which it is soon."""
    while not condition():
        stackless.schedule()
        time.sleep(0.001)


def channels(first, second):
    there, here = cluster.channel(first), cluster.channel()
    task = second.tasklet(sends)(there, range(3))
    until(lambda: there.balance == 1)  # a send waits for its receiver
    assert task.alive and not there.closed
    values, processes = zip(*[there.receive() for _ in range(3)], strict=True)
    assert values == (0, 1, 2) and len(set(processes)) == 1 and processes[0] != os.getpid()
    task.wait()
    assert not task.alive and there.closed and there.closing and list(there) == []
    raises(ValueError, "closed channel", there.receive)
    raises(ValueError, "closed channel", there.send, 1)
    there.open()
    assert not there.closed and (there.preference, there.schedule_all) == (-1, False)
    there.preference = 1
    assert there.preference == 1

    for place in (there, here):  # exceptions travel, from tasklets of this process as well
        stackless.tasklet(place.send_exception)(KeyError, "sent")
        raises(KeyError, "sent", place.receive)
        stackless.tasklet(place.send_throw)(OSError(7, "thrown"))
        assert raises(OSError, "thrown", place.receive).errno == 7
        stackless.tasklet(place.send_sequence)("abc")
        assert [place.receive() for _ in range(3)] == ["a", "b", "c"] and place.balance == 0

    # All that can be stored can be sent, as a copy; what cannot is refused where it is.
    def squares(count):
        yield from (number**2 for number in range(count))

    generator, point = squares(4), Point(5)
    next(generator)
    stackless.tasklet(there.send)((generator, point, there, lambda: point.x, second))
    again, copy, same, function, node = there.receive()
    assert list(again) == list(generator) == [1, 4, 9]
    assert type(copy) is Point and copy is not point and function() == 5
    assert same == there and len({same, there}) == 1 and node == second and "node 1" in str(node)
    with open(__file__) as file:
        raises(TypeError, "pickle", there.send, file)
    assert there.balance == 0

    # Who is killed waits no more.
    receiver = stackless.tasklet(there.receive)()
    receiver.run()
    until(lambda: there.balance == -1)
    assert receiver.blocked
    receiver.kill()
    until(lambda: there.balance == 0)


def tasklets(first, second):
    inlet, out = cluster.channel(first), cluster.channel()
    task = first.tasklet(fails)(inlet)
    stackless.tasklet(inlet.send_exception)(KeyError, "passed on")
    raises(ValueError, "passed on", task.wait)
    raises(ValueError, "passed on", task.wait)
    raises(TypeError, "", first.tasklet(fails)().wait)
    for act, name in (
        (lambda task: task.kill(), "TaskletExit"),
        (lambda task: task.throw(OSError()), "OSError"),
    ):
        task = second.tasklet(waits)(inlet, out)
        until(lambda: inlet.balance == -1)
        act(task)
        assert out.receive() == name
        if name == "OSError":
            raises(OSError, "", task.wait)
        else:
            task.wait()
        assert inlet.balance == 0
    task.kill()  # of one that has ended
    raises(RuntimeError, "has ended", task.move, first)
    raises(RuntimeError, "already", cluster.start)


def moves(first, second):
    inlet, out = cluster.channel(first), cluster.channel(second)
    task = first.tasklet(adds)(inlet, out)
    stackless.tasklet(inlet.send)(1)
    processes = [out.receive()[1]]
    until(lambda: inlet.balance == -1)
    other = type(task)(task._identity, first.name)  # knows nothing of the moves
    for total, node in enumerate((second, cluster.this_node(), second), 2):
        assert cluster.move(task, node) is task and task.node == node
        assert inlet.balance == -1 or task.alive
        inlet.send(1)
        value, process = out.receive()
        assert value == total
        processes.append(process)
    assert processes[2] == os.getpid() and len(set(processes)) == 3 and processes[1] == processes[3]
    assert other.alive and other.node == second
    inlet.close()
    other.kill()
    task.wait()
    # Its finally block has run once, where it has ended.
    counts = []
    for node in (first, second):
        node.tasklet(report)(out)
        counts.append(out.receive()[1])
    assert (counts, len(left)) == ([0, 1], 0)

    # One of this process's: as it waits, as it waits for its turn, before it has begun, and paused.
    inlet.open()
    results = cluster.channel()
    for state in ("blocked", "runnable", "new", "paused"):
        task = stackless.tasklet(adds)(inlet, results, 5)
        if state != "new":
            task.run()
        if state == "runnable":
            inlet.send(1)
            until(lambda: results.balance == 1)
            assert results.receive()[0] == 6
        if state == "paused":
            task.remove() if not task.blocked else None
        moved = cluster.move(task, second)
        assert not task.alive
        inlet.send(2)
        value, process = results.receive()
        assert (value, process) == (8 if state == "runnable" else 7, processes[1])
        moved.kill()
        moved.wait()

    # What cannot be stored stays, and goes on.
    task = first.tasklet(holds_a_file)(inlet)
    until(lambda: inlet.balance == -1)
    raises(TypeError, "pickle", task.move, second)
    until(lambda: inlet.balance == -1)
    assert task.alive and task.node == first
    inlet.send(1)
    task.wait()
    raises(ValueError, "running", cluster.move, stackless.getcurrent(), first)


def process_of(node):
    answer = cluster.channel()
    node.tasklet(report)(answer)
    return answer.receive()[0]


def failures(first, second, lose):
    """`lose` has the second node fail."""
    theirs, mine, out = cluster.channel(second), cluster.channel(), cluster.channel()
    worker = second.tasklet(adds)(mine, out)
    mine.send(1)
    assert out.receive()[0] == 1
    until(lambda: mine.balance == -1)
    cluster.checkpoint(second, "stored")
    mine.send(10)
    assert out.receive()[0] == 11
    until(lambda: mine.balance == -1)
    results = []

    def finds(function, *arguments):
        raises(NodeLost, "node 1", function, *arguments)
        results.append(function)

    waiting = [stackless.tasklet(finds)(worker.wait)]
    waiting += [stackless.tasklet(finds)(theirs.receive)]
    at_first = cluster.channel(first)
    first.tasklet(waits)(theirs, at_first)
    until(lambda: theirs.balance == -2)
    raises(RuntimeError, "not lost", cluster.restart, second)  # it is not lost
    lose()
    for task in waiting:
        until(lambda task=task: not task.alive)
    assert len(results) == 2 and at_first.receive() == "NodeLost"
    until(lambda: mine.balance == 0)  # nobody there waits any more
    raises(NodeLost, "node 1", theirs.send, 1)
    raises(NodeLost, "node 1", cluster.channel, second)
    raises(NodeLost, "node 1", second.tasklet(waits), theirs, out)
    raises(NodeLost, "node 1", cluster.checkpoint, second, "other")
    task = stackless.tasklet(waits)(mine, out)
    task.run()
    raises(NodeLost, "node 1", cluster.move, task, second)  # it stays, and waits as it did
    mine.send("still here")
    assert out.receive() == "still here"
    assert first.tasklet(report)(out).alive and out.receive()

    # From the checkpoint it goes on where it was then.
    with open("stored", "rb") as file:
        data = file.read()
    with open("damaged", "wb") as file:
        file.write(data[:-1])
    raises(ValueError, "not a whole file", cluster.restart, second, "damaged")
    cluster.restart(second, "stored")
    mine.send(100)
    assert out.receive()[0] == 101
    assert worker.alive and theirs.balance == 0
    mine.close()
    cluster.checkpoint(second, "stored")
    return worker, out


def main(address, engine):
    faulthandler.dump_traceback_later(200, exit=True)  # rather than wait for ever
    raises(RuntimeError, "no part of a cluster", cluster.channel)
    first, second = cluster.start(address, engine=engine or None)
    channels(first, second)
    tasklets(first, second)
    moves(first, second)
    worker, out = failures(first, second, lambda: os.kill(process_of(second), signal.SIGKILL))
    # Asking the closed channel again ends the loop of the one that is restored.
    print("lose", second.place, flush=True)
    input()
    raises(NodeLost, "node 1", worker.wait)
    cluster.restart(second, "stored")
    assert second.place == first.place
    assert out.receive() == "the end"
    worker.wait()
    cluster.stop()
    raises(RuntimeError, "no part of a cluster", cluster.channel)
    print("all done")


if __name__ == "__main__":
    main(*sys.argv[1:])
