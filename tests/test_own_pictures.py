"""Lesson 08 with a learner's own pictures: its cells run with any number of classes."""

import ast
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils import models
from course_utils.datasets import faces
from tests.notebook_rules import code_cells, read

pytestmark = pytest.mark.slow
CELLS = [cell.source for cell in code_cells(read("08")[0])]
COLOURS = ["red", "green", "blue", "yellow", "black"]


def cell_with(words):
    (source,) = [source for source in CELLS if words in source]
    return source


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """The names of the lesson, with short trainings and samplers; figures are kept, not drawn."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other where the cores are busy
    names = {"seed": 0, "rng": np.random.default_rng(0), "my_folder": None}
    for source in CELLS:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                try:
                    exec(compile(ast.Module([node], []), "08", "exec"), names)
                except NameError:
                    continue  # a function of the first lecture, with a value of it
    train, generate, made = names["train"], names["generate"], names["made"]
    kept = names["diffusion"].train_kept
    few = names["faces"].faces
    figures = []
    names |= {
        "checks": SimpleNamespace(claim=lambda *_: None),
        "faces": SimpleNamespace(
            FACTORS=faces.FACTORS, faces=lambda n, *how, **more: few(min(n, 99), *how, **more)
        ),
        "train": lambda net, loss, x, c, steps, **how: train(net, loss, x, c, 2, batch=4, **how),
        "diffusion": SimpleNamespace(
            train_kept=lambda net, loss, x, c, steps, **how: kept(net, loss, x, c, 2, 4, **how)
        ),
        "generate": lambda net, c, steps=1, **how: generate(net, c, 1, **how),
        "made": lambda net, n=16, **how: made(net, min(n, 16), **how),
        "shipped": models.UNet(8, 8),
        "by_w": {0: None, 1: None, 8: None},
        "plots": SimpleNamespace(
            table=lambda *_: None,
            pictures=lambda grid, *more, **by_name: figures.append((grid, more, by_name)),
        ),
    }
    yield names, figures
    torch.set_num_threads(threads)


def coloured(folder, counts, size=20):
    """Squares of a colour on white, a sub-folder for each colour, if there are several."""
    for colour, count in zip(COLOURS, counts, strict=False):
        place = folder / colour if len(counts) > 1 else folder
        place.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture = Image.new("RGB", (size, size), "white")
            picture.paste(Image.new("RGB", (9, 9), colour), (number % 11, number // 11))
            picture.save(place / f"{number}.png")
    return folder


@pytest.mark.parametrize("counts", [(20,), (30, 12), (9, 5, 1), (5, 4, 3, 2, 1)], ids=str)
def test_sub_folders_are_classes_in_every_cell(lesson, tmp_path, counts, capsys):
    names, figures = lesson
    names["my_folder"] = str(coloured(tmp_path / "mine", counts))
    exec(cell_with("folder.read_classes(my_folder"), names)
    said = capsys.readouterr().out
    expected = sorted(COLOURS[: len(counts)]) if len(counts) > 1 else ["mine"]
    assert names["names"] == expected and "Your pictures, by class: " in said
    assert "may be learnt by heart" in said and "The judge knows faces alone" in said
    for count in counts:
        assert f"{count} of " in said
    assert names["x"].shape == (sum(counts), 3, 32, 32) and names["c"].dtype == torch.int64

    exec(cell_with("path=my_file"), names)
    exec(cell_with("painted roughly"), names)
    assert names["young"].label.num_embeddings == len(counts) + 1
    ((grid, _, how),) = figures
    assert np.shape(grid) == (1, 8, 32, 32, 3)
    assert how["heads"] == [expected[k % len(counts)] for k in range(8)]
    assert (tmp_path / "my_diffusion.pt").is_file()

    figures.clear()
    exec(cell_with("made(young, 8, steps=10, w=w"), names)
    ((own, more, _),) = figures
    assert len(own) == 3 and own[0].shape == (8, 32, 32, 3)
    assert more[2:] == (["w = 0", "1", "8"], how["heads"])


def test_the_second_time_and_with_other_pictures(lesson, tmp_path, capsys):
    names, _ = lesson
    names["my_folder"] = coloured(tmp_path / "mine", (6, 5))
    for _ in range(2):
        exec(cell_with("folder.read_classes(my_folder"), names)
        exec(cell_with("path=my_file"), names)
    assert "The training in my_diffusion.pt is complete" in capsys.readouterr().out
    names["my_folder"] = coloured(tmp_path / "others", (6, 5, 1))
    exec(cell_with("folder.read_classes(my_folder"), names)
    words = (
        r"my_diffusion\.pt keeps another training: it learnt from 11 other pictures, and not fro"
    )
    with pytest.raises(ValueError, match=words):
        exec(cell_with("path=my_file"), names)
    names |= {"my_folder": tmp_path / "mine", "seed": 1}
    exec(cell_with("folder.read_classes(my_folder"), names)
    with pytest.raises(ValueError, match=r"its seed was 0, and not 1"):
        exec(cell_with("path=my_file"), names)


def test_without_a_folder_there_are_eight_colours_of_hair_and_no_file(lesson, tmp_path, capsys):
    names, figures = lesson
    exec(cell_with("folder.read_classes(my_folder"), names)
    exec(cell_with("path=my_file"), names)
    exec(cell_with("painted roughly"), names)
    exec(cell_with("made(young, 8, steps=10, w=w"), names)
    assert names["names"] == faces.FACTORS["hair"] and figures[0][2]["heads"][0] == "black"
    assert len(figures) == 1 and not (tmp_path / "my_diffusion.pt").exists()
    assert "Your pictures" not in capsys.readouterr().out
