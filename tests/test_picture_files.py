"""Paths as people paste them, the files that folders hold, and what each kind of file becomes."""

from pathlib import Path

import pytest
from PIL import Image

from course_utils.pictures import as_path


def save(path, colour=(200, 40, 40), shape=(20, 20), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", shape, colour).save(path, **options)


# ---- paths


@pytest.mark.parametrize(
    "text",
    [
        "My Pictures/ä 1.png",
        Path("My Pictures/ä 1.png"),
        " My Pictures/ä 1.png\n",
        '"My Pictures/ä 1.png"',
        "'My Pictures/ä 1.png' ",
        "My Pictures\\ä 1.png",
        "My\\ Pictures/ä\\ 1.png",
        "My Pictures/a\u0308 1.png",
        "~/My Pictures/ä 1.png",
        "~\\My Pictures\\ä 1.png",
        "file://HERE/My%20Pictures/%C3%A4%201.png",
        "file:HERE/My%20Pictures/%C3%A4%201.png",
    ],
    ids=repr,
)
def test_a_path_as_people_paste_it(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(tmp_path / "My Pictures" / "ä 1.png")
    if isinstance(text, str):
        text = text.replace("HERE", tmp_path.as_posix())
    assert as_path(text).samefile("My Pictures/ä 1.png")


@pytest.mark.parametrize("name", ["it's.png", "a\\b.png", "a\nb.png", "'quoted'.png"])
def test_a_file_that_has_an_odd_name_is_found(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / name)
    assert as_path(name) == Path(name)


@pytest.mark.parametrize(
    "text, error, words",
    [
        ("https://some.where/cat.jpg", ValueError, "save it first"),
        ("HTTP://some.where/cat.jpg", ValueError, "save it first"),
        ("data\new.png", ValueError, "r before the quotes"),
        ("", ValueError, "empty"),
        (" '' ", ValueError, "empty"),
        (None, TypeError, "A path is a text"),
        (b"a.png", TypeError, "A path is a text"),
    ],
)
def test_what_is_no_path_gets_a_sentence(text, error, words):
    with pytest.raises(error, match=words):
        as_path(text)
