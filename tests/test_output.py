"""What is printed and what is left behind, also where an encoding or a folder does not let it."""

import ast
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.density import ImageDensity
from course_utils.models import MLP
from course_utils.output import keep
from course_utils.watching import Recording
from publish.notebooks import select
from tests.notebook_rules import code_cells, read

ROOT = Path(__file__).resolve().parents[1]


def writes(path):
    path.write_text("here", "utf-8")


def test_what_a_folder_takes_is_written_without_a_word(tmp_path, capsys):
    assert keep(writes, tmp_path / "a.txt") is None
    assert (tmp_path / "a.txt").read_text("utf-8") == "here"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("place", ["no folder", "file", "full"])
def test_what_a_folder_does_not_take_is_left_out_with_a_sentence(place, tmp_path, capsys):
    (tmp_path / "file").touch()

    def full(path):
        raise OSError(28, "No space left on device")

    keep(full if place == "full" else writes, tmp_path / place / "02_training.gif")
    told = capsys.readouterr().out
    assert told.startswith("02_training.gif is left out: the folder ") and told.count("\n") == 1
    assert place in told and told.endswith("Nothing else needs this file.\n")


def test_a_fault_that_is_not_the_folders_is_raised(tmp_path):
    def broken(path):
        raise ValueError("no frames")

    with pytest.raises(ValueError, match="no frames"):
        keep(broken, tmp_path / "a.gif")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows gives no folder that none may write")
def test_a_recording_goes_on_in_a_read_only_folder(tmp_path, monkeypatch, capsys):
    density = ImageDensity.from_file("bat", size=64)
    recording = Recording(density, lambda G: G, np.random.default_rng(0))
    recording(1, torch.rand(100, 2), MLP(1, 2, 1), 0.1, 0.2)
    place = tmp_path / "read only"
    place.mkdir(mode=0o555)
    monkeypatch.chdir(place)
    with no_administrator():
        keep(recording.save, "02_training.gif")
    told = capsys.readouterr().out
    assert told.startswith("02_training.gif is left out") and "Permission denied" in told
    assert not list(place.iterdir())


@contextmanager
def no_administrator():
    """Writes as any user does: the system lets its administrator write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


WRITES = {"save", "savefig", "write", "write_text", "write_bytes", "dump", "tofile", "to_csv"}
APART = {"torch.save", "kept.save"}


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_what_a_lesson_writes_goes_through_keep(path):
    """But for a training of lesson 08 that goes on where it stopped; a passing folder is free."""
    for cell in code_cells(read(path.name[:2])[0]):
        if "TemporaryDirectory()" in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                assert node.func.attr not in WRITES or called in APART, called


def test_only_one_place_of_the_package_prints():
    """A print of letters that the output lacks would end a script."""
    for path in (ROOT / "course_utils").rglob("[!.]*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if is_print(node)]
        assert not calls or path.stem == "output" or all(map(is_ascii, calls)), path


def is_print(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"


def is_ascii(call):
    """Whether a call prints text of its own, and numbers with a format, in ASCII alone."""
    parts = [part for node in call.args for part in ast.walk(node)]
    texts = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
    return all(text.isascii() for text in texts)
