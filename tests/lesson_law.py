"""The rules of a lesson: how dense its code is, how it speaks, what a claim carries."""

import ast
import re
import statistics
from collections.abc import Iterator

MOST_LINES, USUAL_NODES, MOST_NODES, NODES_A_LINE = 35, 150, 240, 7.5
FEWEST_TEXTS, MOST_TEXTS, WORDS = 1.0, 1.8, 70
EXERCISES = range(4, 7)
PREDICTIONS = 3
MAGIC = re.compile(r"^\s*[!%]", re.M)
# A question, and its answers folded away behind the choice.
PREDICT = re.compile(
    r"^\*\*Predict(?:\.\*\*|\*\*) (?:.+\n)+\n<details><summary>\(a\) .+\(b\) .+</summary>\n", re.M
)
# What makes a sentence out of words, among the verbs that claims have needed so far.
VERBS = re.compile(
    r"\b(?:is|are|was|were|ha[sd]|have|(?:hold|give|draw|follow|fail|let|keep|fall|rise|predict|agree"
    r"|find|lose|cost|stay|beat|take|make|lie|need|cover|add|stand|contain|stop|hit|close|leave|put)s?"
    r"|pass(?:es)?|reach(?:es)?)\b"
)


def law(cells: list) -> Iterator[str]:
    """Every rule of a lesson that its cells break, as a sentence."""
    code = [cell.source for cell in cells if cell.cell_type == "code" and _counts(cell)]
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    trees = [ast.parse(source) for source in code]
    yield from _density(code, trees)
    yield from _packing(trees)
    yield from _functions(trees)
    yield from _claims(trees)
    ratio = len(texts) / max(1, len(cells) - len(texts))
    if not FEWEST_TEXTS <= ratio <= MOST_TEXTS:
        yield f"{ratio:.2f} text cells for each code cell, not {FEWEST_TEXTS} to {MOST_TEXTS}"
    words = statistics.median(len(text.split()) for text in texts)
    if words > WORDS:
        yield f"text cells have {words:g} words in the median; at most {WORDS}"
    predictions = sum(len(PREDICT.findall(text)) for text in texts)
    if predictions < PREDICTIONS:
        yield f"{predictions} questions to predict; a lesson has at least {PREDICTIONS}"


def _counts(cell) -> bool:
    """Exercise stubs and the learner's choices do not count, nor what is no Python."""
    if MAGIC.search(cell.source):
        return False
    return "# yours" not in cell.source and "parameters" not in cell.metadata.get("tags", [])


def _size(tree: ast.AST) -> int:
    """Nodes of a syntax tree, but for the marks of reading and writing."""
    return sum(not isinstance(node, ast.expr_context) for node in ast.walk(tree))


def _lines(source: str) -> int:
    """Lines that are neither blank nor a comment."""
    return sum(1 for line in source.splitlines() if line.strip() and line.strip()[0] != "#")


def _density(code, trees):
    sizes, lines = [_size(tree) for tree in trees], [_lines(source) for source in code]
    for number, (size, count) in enumerate(zip(sizes, lines, strict=True), 1):
        if size > MOST_NODES or count > MOST_LINES:
            yield (
                f"code cell {number} has {size} nodes and {count} lines; "
                f"at most {MOST_NODES} and {MOST_LINES}"
            )
    if 10 * sum(size > USUAL_NODES for size in sizes) > len(sizes):
        yield f"more than one code cell in ten has over {USUAL_NODES} nodes"
    if sum(sizes) > NODES_A_LINE * sum(lines):
        yield f"{sum(sizes) / sum(lines):.2f} nodes for each line of code; at most {NODES_A_LINE}"


def _packing(trees):
    for number, tree in enumerate(trees, 1):
        for node in ast.walk(tree):
            if isinstance(node, ast.NamedExpr):
                yield f"code cell {number} has a walrus: {ast.unparse(node)}"
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                if isinstance(node.value, ast.Tuple):
                    yield f"code cell {number} binds unrelated values in one line: {_short(node)}"
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                yield f"code cell {number} gives a lambda a name: {_short(node)}"


def _functions(trees):
    bound = {name.id for tree in trees for node in tree.body for name in _names(node)}
    for number, tree in enumerate(trees, 1):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node in tree.body:
                if not ast.get_docstring(node):
                    yield f"code cell {number}: {node.name} has no docstring"
                for name in sorted(_free(node) & bound):
                    yield f"code cell {number}: {node.name} reads {name}, not as an argument"


def _names(node):
    """The names that a statement of a cell binds to data; functions, classes and imports do not."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return []
    return [
        name
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    ]


def _free(function) -> set[str]:
    """The names that a function reads, and binds nowhere inside."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.name for node in ast.walk(function) if isinstance(node, ast.FunctionDef)}
    return {name.id for name in names} - own


def _claims(trees):
    calls = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("claim", "contrast")
    ]
    alone = 0
    for call in calls:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        sentence = ast.unparse(call.args[0])[1:-1]
        words = re.findall(r"[\w-]+", sentence)
        if len(words) <= 3 or not VERBS.search(sentence):
            yield f"no sentence with a verb: {sentence!r}"
        control = given.get("control", call.args[3] if len(call.args) > 3 else ast.Constant(None))
        controlled = ast.unparse(control) != "None"
        alone += not controlled
        if not controlled and "without" not in given:
            yield f"no control, and no reason for having none: {sentence!r}"
        for node in ast.walk(call.args[1]):
            one_sided = isinstance(node, ast.Compare) and len(node.ops) == 1
            if one_sided and "ratio" in ast.unparse(node):
                yield f"a ratio is held from one side only: {ast.unparse(node)}"
    if alone * 10 > len(calls):
        yield f"{alone} of {len(calls)} claims have no control; at most one in ten"


def _short(node) -> str:
    text = ast.unparse(node)
    return text if len(text) < 60 else text[:57] + "..."
