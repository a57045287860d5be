"""A cluster of Ray's on this machine, with two nodes: what tasklets and channels do there, and when one is killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.commands import KAA, Command

PROGRAM = Path(__file__).with_name("program.py")
SOON = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 200,
    "health_check_failure_threshold": 5,
}
"""Ray is to see quickly that a node has failed."""


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    utilities = pytest.importorskip(
        "ray.cluster_utils", reason="Ray is not installed: pip install 'kaa[cluster]'"
    )
    head = {"num_cpus": 1, "include_dashboard": False, "_system_config": SOON}
    cluster = utilities.Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    cluster.shutdown()


@pytest.mark.parametrize(("engine", "of_nodes"), [("native", "reference"), ("reference", "native")])
def test_a_cluster(engine: str, of_nodes: str, ray_cluster: Any, tmp_path: Path) -> None:
    """The program does its work, and has this test kill a whole node of Ray's."""
    second = ray_cluster.add_node(num_cpus=1)
    words = [KAA, "-X", f"engine={engine}", str(PROGRAM), ray_cluster.address, of_nodes]
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        assert program.stdin is not None and program.stdout is not None
        lines = []
        for line in program.stdout:
            lines.append(line)
            if line.startswith("lose"):
                lost = next(node for node in ray_cluster.worker_nodes if node.node_id == line.split()[1])
                assert lost is second
                ray_cluster.remove_node(lost, allow_graceful=False)
                program.stdin.write("\n")
                program.stdin.flush()
    assert (lines[-1], program.returncode) == ("all done\n", 0), "".join(lines)


def test_the_example(ray_cluster: Any, tmp_path: Path) -> None:
    example = Path(__file__).parent.parent.parent / "examples" / "nodes.py"
    outcome = Command([str(example), ray_cluster.address]).run(KAA, tmp_path)
    assert outcome.out == "total 1\ntotal 11\ntotal 111\nprocesses: 2\n", outcome


def test_without_ray(tmp_path: Path) -> None:
    program = "import sys; sys.modules['ray'] = None; from kaa import cluster; cluster.start()"
    outcome = Command(["-c", program]).run(KAA, tmp_path)
    assert outcome.err.endswith("ImportError: a cluster needs Ray: pip install 'kaa[cluster]'\n")
