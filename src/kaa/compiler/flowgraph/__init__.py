"""The flow-graph optimizer: a unit's linear sequence of instructions becomes an optimized control-flow graph.

What goes in is a `CompilationUnit` of the code generator, what comes out a `ControlFlowGraph` in the final order
of its blocks, for the assembler. `optimize` does all of it; each step is a function of one of the modules here,
with a small example of what it does.
"""

from collections.abc import Callable

from kaa.compiler.cfg import ControlFlowGraph
from kaa.compiler.flowgraph.constants import optimize_constant_loads, remove_unused_constants
from kaa.compiler.flowgraph.construction import assign_handlers, build_graph
from kaa.compiler.flowgraph.jumps import inline_small_exits, normalize_jumps
from kaa.compiler.flowgraph.layout import move_cold_blocks
from kaa.compiler.flowgraph.lines import resolve_lines
from kaa.compiler.flowgraph.locals import check_unbound_loads, pair_local_accesses
from kaa.compiler.flowgraph.nops import remove_redundant_nops_and_jumps, remove_redundant_pairs
from kaa.compiler.flowgraph.peephole import optimize_neighbours
from kaa.compiler.flowgraph.reachability import remove_unreachable
from kaa.compiler.flowgraph.stack import measure_stack
from kaa.compiler.flowgraph.swaps import optimize_swaps
from kaa.compiler.flowgraph.variables import place_variables, replace_pseudo_instructions
from kaa.compiler.unit import CompilationUnit

__all__ = ["PASSES", "finish", "optimize"]

PASSES: tuple[Callable[[ControlFlowGraph], object], ...] = (
    assign_handlers,
    inline_small_exits,
    remove_unreachable,
    resolve_lines,
    optimize_constant_loads,
    optimize_neighbours,
    optimize_swaps,
    remove_redundant_pairs,
    remove_unreachable,
    remove_redundant_nops_and_jumps,
    remove_unused_constants,
    check_unbound_loads,
    pair_local_accesses,
    move_cold_blocks,
    resolve_lines,
)
"""All passes, in order. Each one changes the graph in place."""


def optimize(unit: CompilationUnit) -> ControlFlowGraph:
    """Build the graph of a unit and optimize it. The unit's constants change: some go, some are new."""
    graph = build_graph(unit)
    for improve in PASSES:
        improve(graph)
    return graph


def finish(graph: ControlFlowGraph) -> int:
    """Turn an optimized graph into one that can be assembled, and return the size of its stack."""
    stack_size = measure_stack(graph)
    place_variables(graph)
    replace_pseudo_instructions(graph)
    normalize_jumps(graph)
    return stack_size
