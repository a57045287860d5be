"""A workflow that survives kill -9: `kaa examples/workflow.py FILE`, as often as it takes.

The order is an ordinary coroutine. Whenever it awaits a step, it is stored in FILE; the next run, in a new event loop,
and on either engine, goes on with that step. A step that was under way is done again, so steps have to bear that.
Set KILL_AT=2 to have the process killed before its second step.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass

from kaa.microthreads import restore, save


@dataclass
class Step:
    """Something to do outside of the workflow: what the coroutine yields to its driver."""

    name: str
    seconds: float = 0.01

    def __await__(self):
        return (yield self)

    async def perform(self):
        await asyncio.sleep(self.seconds)
        print("done:", self.name)
        return f"receipt for {self.name}"


async def pay(amount):
    return [await Step(f"{part} {amount}") for part in ("reserve", "charge")]


async def order(items):
    receipts = []
    try:
        for number, item in enumerate(items, 1):
            receipts += await pay(10 * number)
            receipts.append(await Step(f"send {item}"))
    finally:
        receipts.append("closed")
    return receipts


async def drive(file):
    """Run the workflow from where FILE says, or from its beginning."""
    try:
        workflow, step = restore(file)
        result = await step.perform()
    except FileNotFoundError:
        workflow, result = order(["tea", "cups"]), None
    for count in range(1, sys.maxsize):
        try:
            step = workflow.send(result)
        except StopIteration as end:
            os.unlink(file)
            return end.value
        save(file, (workflow, step))
        if str(count) == os.environ.get("KILL_AT"):
            os.kill(os.getpid(), signal.SIGKILL)
        result = await step.perform()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: kaa examples/workflow.py FILE")
    for receipt in asyncio.run(drive(sys.argv[1])):
        print(receipt)
