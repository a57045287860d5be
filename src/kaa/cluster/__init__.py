"""Microthreads over several machines, by Ray: tasklets that are started on nodes and move between them, channels.

In: a program under Kaa. Out: the same program in several processes, a *node* on each node of Ray's.

    from kaa import cluster

    if __name__ == "__main__":
        first, second = cluster.start()
        numbers = cluster.channel(first)
        second.tasklet(produce)(numbers)
        print(numbers.receive())

Each node imports the program's main module, as `multiprocessing` does. What is sent is a copy. The extra `cluster`
brings Ray.
"""

from kaa.cluster.driver import restart, start, stop
from kaa.cluster.members import NodeLost
from kaa.cluster.proxies import Node, RemoteTasklet, channel, checkpoint, move, this_node

__all__ = [
    "Node",
    "NodeLost",
    "RemoteTasklet",
    "channel",
    "checkpoint",
    "move",
    "restart",
    "start",
    "stop",
    "this_node",
]
