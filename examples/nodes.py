"""Tasklets on several machines: `kaa examples/nodes.py [ADDRESS]`, of a Ray cluster; else one is started here.

A counter is started on one node, counts, moves to another in the middle of its loop, and counts on.
"""

import os
import sys

import stackless  # noqa: F401  # the tasklets are its

from kaa import cluster


def counter(steps, reports):
    total = 0
    for step in steps:
        total += step
        reports.send((total, os.getpid()))


if __name__ == "__main__":
    nodes = cluster.start(sys.argv[1] if len(sys.argv) > 1 else None)
    steps, reports = cluster.channel(nodes[0]), cluster.channel()
    task = nodes[0].tasklet(counter)(steps, reports)
    processes = []
    for step in (1, 10, 100):
        steps.send(step)
        total, process = reports.receive()
        processes.append(process)
        print("total", total)
        task.move(cluster.this_node() if len(processes) % 2 else nodes[-1])
    print("processes:", len(set(processes)))
    steps.close()
    cluster.stop()
