"""The functions and classes that a lesson teaches, taken from its cells without running it."""

import ast

from publish.notebooks import read, select


def definitions(number: str) -> dict:
    """Names that the code cells of a lesson import or define, by reading their source only.

    The functions look up their other names in the dictionary that is returned, so set there what
    they need, for example `rng`.
    """
    (path,) = select([number])
    names = {}
    for cell in read(path).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
            tree.body = [node for node in tree.body if isinstance(node, kinds)]
            exec(compile(tree, path.name, "exec"), names)
    return names
