import ast
import copy
import csv
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from publish.notebooks import NOTEBOOKS, execute, select
from tests.notebook_rules import code_cells, problems, read
from tools.names import bound_again
from tools.notebooks import WIDGET, normalise


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    assert problems(nbformat.read(path, as_version=4), path) == []


HOME = "/" + "home/me"
PNG = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}


def picture(alt=None):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return new_output("display_data", PNG, metadata=metadata)


def long(lines):
    return "\n".join(f"x{i} = {i}" for i in range(lines))


def first_code(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def spoil_row(nb):
    nb.cells = nb.cells[:1] + [c for c in nb.cells if c.cell_type == "code"]


def spoil_parameters(nb):
    for cell in nb.cells:
        cell.metadata.pop("tags", None)


def change(**values):
    return lambda nb: first_code(nb).update(values)


def tag(name):
    return lambda nb: first_code(nb).metadata.update(tags=[name])


def slide(kind):
    return lambda nb: nb.cells[0].metadata.update(slideshow={"slide_type": kind})


def output(*outputs):
    return lambda nb: first_code(nb).update(outputs=list(outputs))


def prose(text):
    return lambda nb: nb.cells[0].update(source=text)


def append(text):
    def spoil(nb):
        first_code(nb).source += text

    return spoil


PLOT = 'fig, axes = plots.planes(1)\nplots.show(fig, "One empty square.")'
SPOILED = {
    "lines; at most 35": append("\n" + long(36)),
    "in a row": spoil_row,
    "top to bottom": change(execution_count=7),
    "stored an error": output(new_output("error", ename="E", evalue="e", traceback=[])),
    "wrote to stderr": output(new_output("stream", name="stderr", text="warning")),
    "shows a bare object": output(new_output("execute_result", {"text/plain": "tensor(1)"})),
    "stored a widget": output(new_output("display_data", {WIDGET: {}, **PNG})),
    "no alt text": output(picture()),
    "printed an absolute path": output(new_output("stream", text=f"in {HOME}/file.py")),
    "shows an address": output(new_output("stream", text="<Net at 0x7f1c2a3b4c5d>")),
    "bind again": append("\nfig = 1\npeek = lambda: fig"),
    "an absolute path": append(f"\nopen('{HOME}/file')"),
    "unknown tags": tag("nbval-check-outptu"),
    "shows nothing": lambda nb: (tag("nbval-check-output")(nb), output()(nb)),
    "slide type '-'": slide("-"),
    "magic or a shell call": append("\n%matplotlib inline"),
    "steers nbval": append("\n# NBVAL_SKIP"),
    "uses _, In or Out": append("\nlast = Out[3]"),
    "image in the text has no alt text": prose("![](../data/densities/bat.png)"),
    "leads nowhere": prose("[next](99_nothing.ipynb)"),
    "is not folded": prose("*What you should have seen:* a spiral."),
    "only draws, so it is tagged": lambda nb: nb.cells.append(new_code_cell(PLOT)),
    "must set seed": spoil_parameters,
    "no call of checks.start": change(source="import numpy as np"),
    "exercises; a lesson has": lambda nb: nb.cells.__delitem__(slice(-9, None)),
    "no folded solution": lambda nb: nb.cells.__delitem__(-3),
    "widget state": lambda nb: nb.metadata.update(widgets={}),
    "form that `make notebooks` writes": lambda nb: nb.metadata.update(author="me"),
}


@pytest.mark.parametrize("sentence", SPOILED)
def test_a_spoiled_lesson_is_caught(sentence):
    # the template is short, and has fewer exercises than a lesson
    notebook, path = read("01" if "exercises" in sentence else "NN")
    assert not any(sentence in problem for problem in problems(notebook, path))
    SPOILED[sentence](notebook)
    assert any(sentence in problem for problem in problems(notebook, path))


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "text/markdown"])
@pytest.mark.parametrize("address", ["0x7F1C2A3B4C5D", "0x..."])
def test_no_output_of_any_kind_shows_an_address(kind, address):
    notebook, path = read("01")
    data = {kind: f"<object at {address}>"}
    first_code(notebook).outputs = [new_output("display_data", data)]
    assert any("shows an address" in problem for problem in problems(notebook, path))


@pytest.mark.parametrize(
    "later",
    [
        "x = 2",
        "x += 1",
        "x, y = 1, 2",
        "for x in range(3):\n    pass",
        "with open('f') as x:\n    pass",
        "import math as x",
        "from math import pi as x",
        "def x():\n    pass",
        "class x:\n    pass",
        "y = [x := 2]",
        "y = [(x := k) for k in range(3)]",
        "del x",
        "try:\n    pass\nexcept OSError as x:\n    pass",
        "match 3:\n    case x:\n        pass",
        "def f():\n    global x\n    x = 2",
        "if y:\n    x: int = 2",
    ],
)
@pytest.mark.parametrize(
    "reads",
    [
        "def f():\n    return x",
        "f = lambda: x",
        "def f():\n    return [x for k in range(3)]",
        "class A:\n    def f(self):\n        return x",
        "def f():\n    def g():\n        return x\n    return g",
        "x = 0\ndef f():\n    return x",
        "y = x + 1",
        "y = [x for k in range(3)]",
        "x = x + 1",
        "class A:\n    y = x",
        "def f(y=x):\n    return y",
        "print(sum(x for k in range(3)))",
    ],
)
def test_a_name_that_a_later_cell_binds_again_is_caught(reads, later):
    assert [*bound_again(["x = 1", reads, "y = 3", later])] == [(2, "x", [4])]


@pytest.mark.parametrize(
    "reads",
    [
        "def f(x):\n    return x",
        "def f():\n    x = 2\n    return x",
        "f = lambda x: x",
        "f = lambda: [x for x in range(3)]",
        "def f():\n    for x in range(3):\n        def g():\n            return x",
        "x = 2\ny = x + 1",
        "for x in range(3):\n    y = x",
        "y = [x for x in range(3)]",
        "y.x = 3\nprint(y.x)",
        "class A:\n    x = 1\n    y = x",
    ],
)
def test_a_name_of_its_own_is_none_of_them(reads):
    assert not [*bound_again(["x, y = 1, 2", reads, "x = 3"])]


def test_a_name_that_has_one_meaning_is_none_of_them():
    assert not [*bound_again(["def f():\n    return g()", "def g():\n    pass"])]
    assert [*bound_again(["def f():\n    return g()", "g = 1", "g = 2"])] == [(1, "g", [2, 3])]
    assert [*bound_again(["a = max(1, 2)", "max = 3"])] == [(1, "max", [2])]


def test_a_file_that_is_too_large_is_caught(tmp_path):
    notebook, path = read("00")
    big = tmp_path / path.name
    big.write_text(" " * 1_900_000)
    assert any("MB; at most" in problem for problem in problems(notebook, big))


@pytest.mark.notebook
def test_running_twice_gives_the_same_file(tmp_path):
    sources = [
        "print(object())",
        "from tqdm.auto import tqdm\nfor i in tqdm(range(3)):\n    print(i)",
        "from course_utils.training import Steps\nfor i in Steps(3):\n    print(i)",
        "import ipywidgets\nipywidgets.IntSlider()",
        "from course_utils import plots\nfig, axes = plots.planes(1)\n"
        "plots.show(fig, 'One empty square, the unit square.')",
        "print(object())",
    ]
    files = []
    for _ in range(2):
        notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
        notebook.metadata["widgets"] = {"state": {}}
        execute(notebook, tmp_path)
        files.append(nbformat.writes(normalise(notebook)))
        assert len({cell.id for cell in notebook.cells}) == len(sources)
    assert files[0] == files[1]
    assert "0x..." in files[0] and WIDGET not in files[0]
    again = nbformat.reads(files[0], as_version=4)
    assert "widgets" not in again.metadata
    assert normalise(copy.deepcopy(again)) == again


@pytest.mark.parametrize("address", ["0x7f1c2a3b4c5d", "0x000001F2A3B4C5D0"])  # Windows: capitals
def test_an_address_is_shortened_as_a_whole(address):
    outputs = [new_output("stream", text=f"<A at {address}>")]
    outputs += [new_output("display_data", {"text/plain": f"<A at {address}>"})]
    cell = new_code_cell("A()", outputs=outputs)
    stream, data = normalise(new_notebook(cells=[cell])).cells[0].outputs
    assert stream.text == data.data["text/plain"] == "<A at 0x...>"


def test_the_painters_of_lessons_keep_what_is_drawn():
    """Under the number of the lesson, so that Run All does not lose a drawing."""
    found = {}
    for path in select():
        for cell in code_cells(read(path.name[:2])[0]):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Painter":
                    found[path.name[:2]] = {
                        key.arg: ast.unparse(key.value) for key in node.keywords
                    }
    assert found and all(given.get("keep") == repr(number) for number, given in found.items())


def test_an_unknown_number_is_refused():
    with pytest.raises(SystemExit, match="no notebook 77"):
        select(["77"])
    assert [path.parent for path in select(["01"])] == [NOTEBOOKS]


VERDICTS = NOTEBOOKS.parent / "data" / "verdicts.csv"


def spoken(notebook):
    """All that the outputs of a notebook say in words."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return "\n".join(
        o.get("text", "") or o.get("data", {}).get("text/markdown", "") for o in outputs
    )


def test_every_verdict_of_the_last_lesson_has_its_number():
    lines = spoken(read("10")[0]).splitlines()
    for row in csv.DictReader(VERDICTS.read_text("utf-8").splitlines()):
        start = f"| {row['saying']} | {row['verdict']} | {row['lesson']} | {row['claim']}: "
        (measured,) = [line.removeprefix(start) for line in lines if line.startswith(start)]
        assert re.search(r"\d", measured), measured


@pytest.mark.notebook
def test_the_last_lesson_bears_a_lesson_without_outputs(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for path in NOTEBOOKS.glob("0*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in code_cells(notebook) if path.name.startswith("02") else ():
            cell.outputs = []
        nbformat.write(notebook, folder / path.name)
    tables = [cell for cell in code_cells(read("10")[0]) if "verdicts" in cell.source.lower()]
    notebook = new_notebook(cells=[new_code_cell("from course_utils import plots"), *tables])
    execute(notebook, folder)
    of_02 = VERDICTS.read_text("utf-8").count(",02,")
    assert spoken(notebook).count("not on record: run lesson 02 unchanged") == of_02 > 0
