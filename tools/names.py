"""Which names the cells of a notebook bind and read, as Python's own compiler sees them."""

import builtins
import dis
import functools
import inspect
import types
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager

# Their bodies run where they stand; those of functions and lambdas run whenever they are called.
AT_ONCE = {"<module>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


def bound_again(sources: list[str]) -> Iterator[tuple[int, str, list[int]]]:
    """(cell, name, later cells) where a later cell binds a name again that a cell has read.

    After *Run All* such a cell can no longer be run again, and a function or a figure of it reads
    another thing than when it was made. Cells count from 1.

    A name that no cell before and only one cell after has bound keeps one meaning, and is left out.
    """
    cells = [uses(source) for source in sources]
    known = {*dir(builtins)}
    for number, (binds, reads) in enumerate(cells, 1):
        known |= binds
        for name in sorted(reads):
            after = [
                later
                for later, (others, _) in enumerate(cells[number:], number + 1)
                if name in others
            ]
            if after and (name in known or len(after) > 1):
                yield number, name, after


@functools.cache
def uses(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a cell binds, and those that it reads: its functions at any time, or the cell
    itself before it binds them."""
    binds, reads = set(), set()
    code = compile(as_python(source), "cell", "exec")
    for name, is_bound, in_function in _steps(code):
        if is_bound:
            binds.add(name)
        elif in_function or name not in binds:
            reads.add(name)
    return frozenset(binds), frozenset(reads)


@functools.cache
def as_python(source: str) -> str:
    """A cell as IPython runs it: magics and shell calls become calls."""
    return TransformerManager().transform_cell(source)


def _steps(code, in_function=False):
    """(name, is it bound or read? in a function?) of global names, in the order of running."""
    in_class = not code.co_flags & inspect.CO_OPTIMIZED and code.co_name != "<module>"
    in_function |= not in_class and code.co_name not in AT_ONCE
    own = set()  # what the body of a class binds
    for step in dis.get_instructions(code):
        kind, _, place = step.opname.partition("_")
        if isinstance(step.argval, types.CodeType):
            yield from _steps(step.argval, in_function)
        elif kind not in ("LOAD", "STORE", "DELETE") or place not in ("NAME", "GLOBAL"):
            continue
        elif in_class and place == "NAME" and kind != "LOAD":
            own.add(step.argval)
        elif step.argval not in own:
            yield step.argval, kind != "LOAD", in_function
