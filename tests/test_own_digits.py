"""Lesson 06 with a learner's own MNIST: few test pictures, and digits that are missing."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_utils import plots
from tests.notebook_rules import code_cells, read
from tests.test_digits import idx

CELLS = [cell.source for cell in code_cells(read("06")[0])]
BEFORE_THE_MOON = CELLS[: next(k for k, source in enumerate(CELLS) if "moon(" in source)]


def small_mnist(folder, train, test):
    """Files in MNIST's format with these labels."""
    rng = np.random.default_rng(0)
    for name, labels in (("train", train), ("t10k", test)):
        pictures = rng.integers(256, size=(len(labels), 28, 28))
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(pictures))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(np.array(labels)))
    return folder


def one_step_of(train):
    return lambda net, loss, *data, **more: train(net, loss, *data, **more | {"steps": 1})


def run(folder, train, test):
    """All cells before the moon, with trainings of one step; claims are not checked."""
    names, threads = {}, torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other where the cores are busy
    for source in BEFORE_THE_MOON:
        exec(source, names)
        if "mnist = None" in source:
            names["mnist"] = small_mnist(folder, train, test)
            names["checks"] = SimpleNamespace(claim=lambda *_, **__: None)
        if "def train(" in source:
            names["train"] = one_step_of(names["train"])
    torch.set_num_threads(threads)
    return names


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 999])
def test_few_test_pictures_and_missing_digits(tmp_path, capsys, monkeypatch, n):
    png = plots.png  # a quarter of the time goes into pictures at which nobody looks
    monkeypatch.setattr(plots, "png", lambda fig, dpi: png(fig, dpi // 8))
    names = run(tmp_path, np.arange(200) % 9, np.arange(n) % 8)
    assert "None of these pictures is labelled 9." in capsys.readouterr().out
    assert len(names["x_new"]) == n and len(names["show"]) == 8


def test_too_few_test_pictures_are_named_before_anything_is_learnt(tmp_path):
    with pytest.raises(ValueError, match="has 99 test pictures, and 100 or more are needed"):
        run(tmp_path, np.arange(200) % 10, np.arange(99) % 10)
