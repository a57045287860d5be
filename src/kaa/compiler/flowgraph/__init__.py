"""The flow-graph optimizer: a unit's linear sequence of instructions becomes an optimized control-flow graph.

What goes in is a `CompilationUnit` of the code generator, what comes out a `ControlFlowGraph` in the final order
of its blocks, for the assembler. `optimize` does all of it; each step is a function of one of the modules here,
with a small example of what it does.
"""

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

__all__ = ["finish", "optimize"]

_HAS_STAR_ARGUMENTS = 0x04
_HAS_STAR_KEYWORDS = 0x08


def optimize(unit: CompilationUnit) -> ControlFlowGraph:
    """Build the graph of a unit and optimize it. The unit's constants change: some go, some are new."""
    graph = build_graph(unit.instructions)
    assign_handlers(graph)
    inline_small_exits(graph)
    remove_unreachable(graph)
    resolve_lines(graph)
    optimize_constant_loads(graph, unit)
    optimize_neighbours(graph, unit)
    optimize_swaps(graph)
    inline_small_exits(graph)
    remove_redundant_pairs(graph)
    remove_unreachable(graph)
    remove_redundant_nops_and_jumps(graph)
    remove_unused_constants(graph, unit)
    check_unbound_loads(graph, len(unit.varnames), _parameter_count(unit))
    pair_local_accesses(graph)
    move_cold_blocks(graph)
    resolve_lines(graph)
    return graph


def finish(graph: ControlFlowGraph, unit: CompilationUnit) -> int:
    """Turn an optimized graph into one that can be assembled, and return the size of its stack."""
    stack_size = measure_stack(graph)
    place_variables(graph, unit)
    replace_pseudo_instructions(graph)
    normalize_jumps(graph)
    return stack_size


def _parameter_count(unit: CompilationUnit) -> int:
    """Return how many local variables are parameters, which are always bound at the start."""
    starred = bool(unit.flags & _HAS_STAR_ARGUMENTS) + bool(unit.flags & _HAS_STAR_KEYWORDS)
    return unit.argcount + unit.kwonlyargcount + starred
