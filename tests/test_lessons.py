import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import lessons


def test_definitions_are_taken_without_running_the_lesson(tmp_path, monkeypatch):
    cells = [
        new_code_cell("import math\nprint('not run')\n1 / 0"),
        new_markdown_cell("def not_code(): ..."),
        new_code_cell("def area(r):\n    return math.pi * r**2 * scale\n\n\nclass A: ..."),
    ]
    path = tmp_path / "77_x.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    monkeypatch.setattr(lessons, "select", lambda numbers: [path])
    names = lessons.definitions("77")
    assert "A" in names and "not_code" not in names
    names["scale"] = 2
    assert names["area"](1) == pytest.approx(6.2832, abs=1e-4)
