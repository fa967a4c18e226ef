import re

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from course_utils import checkpoints
from course_utils.density import ImageDensity
from publish.notebooks import read, select
from tools import lessons, train_families


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


def test_classes_of_lesson_03_come_from_any_kind_of_picture(tmp_path):
    lesson = lessons.definitions("03")
    Image.new("L", (40, 40), 150).save(tmp_path / "a.PNG")
    Image.new("RGB", (40, 40), (50, 50, 50)).save(tmp_path / "b.bmp")
    (tmp_path / "notes.txt").write_text("no picture")
    data = lesson["read_classes"](tmp_path)
    assert data.names == ["a", "b"] and data.share == pytest.approx([0.75, 0.25])
    assert data.whole.pdf == pytest.approx(np.full((40, 40), 1 / 1600))
    rng = np.random.default_rng(0)
    c, x_hat = lesson["generate"](data, lesson["players"](4, 2)[0], rng, n=1)
    rows = lesson["evaluate"](data, c, x_hat, rng)  # one class is empty
    assert all(row["own"] == row["worst class"] for row in rows)
    Image.new("L", (50, 50), 150).save(tmp_path / "c.gif")
    with pytest.raises(ValueError, match="pictures of one size"):
        lesson["read_classes"](tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        lesson["read_classes"](tmp_path / "none")


@pytest.fixture
def families():
    """Lesson 10 without a run: its functions and classes."""
    return lessons.definitions("10")


@pytest.mark.parametrize(
    "name",
    ["Autoregressive", "AffineFlow", "SplineFlow", "VAE", "GAN", "Energy", "Diffusion", "Matching"],
)
def test_each_family_of_lesson_10_takes_a_step(name, families):
    data = families["Points"](ImageDensity.from_file("spiral"), np.random.default_rng(0))
    model = families["fit"](families[name](), data, 1)
    assert model.steps == 1 and data.seen == 256
    assert model.sample(3).isfinite().all()


def test_the_table_over_ten_seeds_is_made_with_the_steps_of_lesson_10():
    sources = "\n".join(cell.source for cell in read(*select(["10"])).cells)
    fits = re.findall(r"fit\((\w+)\(.*?\), data, round\((\d+) \* effort\)\)", sources)
    assert {(name, int(steps)) for name, steps in fits} == {*train_families.FAMILIES.values()}


def test_the_table_over_ten_seeds_is_whole():
    made = train_families.table(2, effort=0.004, n=60)
    shipped = checkpoints.read("10_seeds")
    assert {*made} == {*shipped} and len(made) == 12 * 3 + 9
    assert all(x.shape == (2,) and x.isfinite().all() for x in made.values())
    assert all(x.shape == (10,) for x in shipped.values())


def test_claims_of_lesson_10_are_only_measured_where_they_are_not_meant(families, capsys):
    families["Meant"](False).claim("One is more than two", False, "1", (True, "2"))
    told = capsys.readouterr().out
    assert told == "not claimed here: One is more than two: 1 (control: 2)\n"
    with pytest.raises(AssertionError, match="One is more than two"):
        families["Meant"](True).claim("One is more than two", False, "1", (False, "2"))


def test_the_names_of_the_blind_game_of_lesson_10_are_hidden_until_asked(families):
    clouds = {name: np.random.default_rng(0).random((5, 2)) for name in ("truth", "model")}
    fig, reveal = families["blind_game"](clouds, 1)
    titles = [ax.get_title() for ax in fig.axes[:2]]
    assert titles == ["A", "B"]
    reveal()
    assert sorted(ax.get_title()[3:] for ax in fig.axes[:2]) == ["model", "truth"]
