"""The driver's helper: a process on the host that asks Ray for agents. `python -m kaa.cluster.bridge FD`.

In: requests over a wire, from the process that has called `kaa.cluster.start`. Out: their answers. It is the job in
Ray's sense: all agents end with it, and it ends with that process.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import uuid
from socket import socket
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from kaa.cluster.agents import Agent
from kaa.cluster.wires import Setup, Wire


class Bridge:
    """The requests."""

    def __init__(self) -> None:
        self._namespace = f"kaa-{uuid.uuid4().hex}"
        self._agents: dict[str, Any] = {}  # Ray ends an actor to which nobody holds a handle
        self._places: dict[str, str] = {}

    def start(
        self, address: str | None, driver: str, socket_path: str, setup: Setup
    ) -> list[tuple[str, str]]:
        """Connect to Ray, and start a member on each of its nodes: their names, and Ray's identities of the nodes."""
        ray.init(address, namespace=self._namespace, logging_level=logging.ERROR, configure_logging=True)
        mine = ray.get_runtime_context().get_node_id()
        self._make(driver, mine, socket_path)
        homes = [(f"node {index}", place) for index, place in enumerate(_living())]
        for name, place in homes:
            self._make(name, place, setup._replace(name=name))
        ray.get([agent.ready.remote() for agent in self._agents.values()])
        return homes

    def restart(self, setup: Setup, place: str | None) -> str:
        """Start a lost member again, on a node of Ray's; which one."""
        try:
            ray.get(self._agents[setup.name].ready.remote())
        except ray.exceptions.RayActorError:
            pass
        else:
            raise RuntimeError(f"{setup.name} is not lost")
        del self._agents[setup.name]  # with the last handle, Ray forgets the name
        living = _living()
        self._places.pop(setup.name, None)
        chosen = place or min(living, key=list(self._places.values()).count)
        if chosen not in living:
            raise ValueError(f"Ray has no living node {chosen!r}")
        self._make(setup.name, chosen, setup)
        ray.get(self._agents[setup.name].ready.remote())
        return chosen

    def end(self, name: str) -> None:
        """End a member at once, as if its process had been killed."""
        ray.kill(self._agents[name])

    def _make(self, name: str, place: str, member: Setup | str) -> None:
        strategy = NodeAffinitySchedulingStrategy(place, soft=False)
        self._places[name] = place
        options = {"name": name, "scheduling_strategy": strategy, "num_cpus": 0, "max_concurrency": 10_000}
        for patience in range(_TRIES, -1, -1):
            try:
                self._agents[name] = (
                    ray.remote(Agent).options(**options).remote(name, self._namespace, member)
                )
                return
            except ValueError:  # Ray has not yet forgotten the name of the one that is lost
                if not patience:
                    raise
            time.sleep(_PAUSE)


_TRIES, _PAUSE = 100, 0.1
"""How often, and after how many seconds, an agent is made again."""


def _living() -> list[str]:
    """Ray's identities of its nodes, its head first."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    nodes.sort(key=lambda node: "node:__internal_head__" not in node["Resources"])
    return [node["NodeID"] for node in nodes]


def main(handle: int) -> None:
    """Serve until the driver ends."""
    wire = Wire(socket(fileno=handle))
    bridge = Bridge()
    try:
        while True:
            what, arguments = wire.receive()
            try:
                answer = False, getattr(bridge, what)(*arguments)
            except Exception as error:
                answer = True, f"{type(error).__name__}: {error}"
            wire.send(answer)
    except (EOFError, OSError):
        ray.shutdown()
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
