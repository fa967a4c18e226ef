"""Tells a cell that only draws from one that does something: by its source, without running it."""

import ast

from IPython.core.inputtransformer2 import TransformerManager

# What a cell calls when it does more than draw: it claims, it trains, it takes random numbers.
DEEDS = {"claim", "check", "start", "backward", "step", "Steps", "train", "manual_seed"}
RANDOM = {"rng", "default_rng", "rand", "randn", "randint", "randperm", "normal", "multinomial"}
DRAWS = {"show", "live", "pictures", "clouds", "filters", "space", "table", "scores", "Player"}


def only_draws(source: str, later: list[str]) -> bool:
    """Whether a code cell shows something and leaves nothing behind.

    It shows a figure, a table or a film; it claims nothing, trains nothing and takes no random
    numbers; and no later cell reads what it binds, apart from what it imports.

    Args:
        source: of the cell.
        later: the source of each code cell after it, in order.
    """
    tree = parsed(source)
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    if not named & DRAWS or named & (DEEDS | RANDOM):
        return False
    left = bound(tree)
    for cell in later:
        following = parsed(cell)
        if left & read(following):
            return False
        left -= bound(following)
    return True


def parsed(source: str) -> ast.Module:
    """The syntax tree of a cell; magics and shell calls become the calls that IPython makes."""
    return ast.parse(TransformerManager().transform_cell(source))


def bound(tree: ast.Module) -> set[str]:
    """The names that a cell binds, apart from what it imports."""
    names = _Names()
    names.visit(tree)
    return names.bound


def read(tree: ast.Module) -> set[str]:
    """The names that a cell reads before it binds them, its functions included."""
    names = _Names()
    names.visit(tree)
    return names.read | names.read_inside - names.bound - names.imported


class _Names(ast.NodeVisitor):
    """Walks a cell in the order in which it runs, and notes what its own names are used for."""

    def __init__(self):
        self.bound, self.imported, self.read, self.read_inside = set(), set(), set(), set()

    def visit_Assign(self, node):
        self.visit(node.value)  # the right side comes first: x = x + 1 reads x
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load()))
        self.generic_visit(node)

    def visit_For(self, node):
        self.visit(node.iter)
        for part in (node.target, *node.body, *node.orelse):
            self.visit(part)

    def visit_Import(self, node):
        self.imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}

    visit_ImportFrom = visit_Import

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound | self.imported:
            self.read.add(node.id)

    def visit_FunctionDef(self, node):
        self.bound.add(node.name)
        self.read_inside |= _free(node)

    visit_ClassDef = visit_FunctionDef

    def visit_ExceptHandler(self, node):
        self.bound |= {node.name} - {None}
        self.generic_visit(node)

    def visit_Lambda(self, node):
        self.read_inside |= _free(node)

    def _comprehension(self, node):
        self.visit(node.generators[0].iter)
        for name in _free(node):
            self.visit(ast.Name(name, ast.Load()))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def _free(node) -> set[str]:
    """Names that a function, a class, a lambda or a comprehension reads and does not bind."""
    inside = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    own = {part.id for part in inside if isinstance(part.ctx, ast.Store)}
    own |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    own |= {part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef)}
    return {part.id for part in inside if isinstance(part.ctx, ast.Load)} - own
