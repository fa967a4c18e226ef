"""Which cells of a lesson a cell needs to run by itself, and which of them train a network."""

import ast

from tools.names import as_python, uses

TRAINS = {"Steps", "backward", "step"}


def needed(sources: list[str], number: int) -> list[int]:
    """The cells, counted from 0 and in order, that bind what a cell reads, and it itself.

    Of several that bind a name these count: the last before the cell that reads it, and the last
    of all, since a function reads when it is called. What a function does to its arguments is not
    seen: a network that another cell trains is there as it was made.
    """
    known = [uses(source) for source in sources]
    chosen, queue = set(), [number]
    while queue:
        here = queue.pop()
        if here in chosen:
            continue
        chosen.add(here)
        for name in known[here][1]:
            binding = [place for place in range(number) if name in known[place][0]]
            queue += [place for place in binding if place < here][-1:] + binding[-1:]
    return sorted(chosen)


def trains(source: str) -> bool:
    """Whether a cell trains a network, or defines what does."""
    nodes = [*ast.walk(ast.parse(as_python(source)))]
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    return bool(TRAINS & (named | {n.attr for n in nodes if isinstance(n, ast.Attribute)}))
