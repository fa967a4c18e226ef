"""Tells a cell that only draws from one that does something: by its source, without running it."""

import ast

from tools.names import as_python, uses

# What a cell calls when it does more than draw: it claims, it trains, it takes random numbers.
DEEDS = {"claim", "check", "start", "backward", "step", "Steps", "train", "manual_seed"}
RANDOM = {"rng", "default_rng", "rand", "randn", "randint", "randperm", "normal", "multinomial"}
DRAWS = {"show", "live", "pictures", "clouds", "filters", "space", "table", "scores", "duel"}
DRAWS |= {
    "Completer",
    "Decoder",
    "Drifter",
    "Filters",
    "Gallery",
    "Latent",
    "Maps",
    "Player",
    "Ways",
}


def only_draws(source: str, later: list[str]) -> bool:
    """Whether a code cell shows something and leaves nothing behind.

    It shows a figure, a table or a film; it claims nothing, trains nothing and takes no random
    numbers; and no later cell reads what it binds, apart from what it imports.

    Args:
        source: of the cell.
        later: the source of each code cell after it, in order.
    """
    nodes = [*ast.walk(ast.parse(as_python(source)))]
    named = {node.id for node in nodes if isinstance(node, ast.Name)}
    named |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    if not named & DRAWS or named & (DEEDS | RANDOM):
        return False
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    left = uses(source)[0] - imported
    for cell in later:
        binds, reads = uses(cell)
        if left & reads:
            return False
        left -= binds
    return True
