"""nbconvert, as the course's environment sets it: the pages have every figure and alt text."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import get_exporter
from traitlets.config import Config

from course_utils.saved import Described
from publish.notebooks import execute, select
from tests.saved import ALTS, PROSE, one_of_each
from tools.notebooks import normalise

pytestmark = pytest.mark.notebook
ROOT = Path(__file__).resolve().parents[1]
CONFIG = json.loads((ROOT / "jupyter" / "nbconvert" / "jupyter_nbconvert_config.json").read_text())
PLOTLY = "application/vnd.plotly.v1+json"
MISSING = "No description has been provided"


def export(notebook, kind):
    """The text of an export, and what else belongs to it."""
    resources = {"metadata": {"name": "x"}, "output_files_dir": "x_files"}
    return get_exporter(kind)(config=Config(CONFIG)).from_notebook_node(notebook, resources)


def shown(notebook, but=()):
    """The alt texts of all pictures among the outputs, but for those of slides of some types."""
    cells = [
        c for c in notebook.cells if c.metadata.get("slideshow", {}).get("slide_type") not in but
    ]
    outputs = [out for cell in cells for out in cell.get("outputs", [])]
    pictures = [out for out in outputs if {"image/png", PLOTLY} & set(out.get("data", {}))]
    return [out.metadata.get("image/png", {}).get("alt", "") for out in pictures]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    notebook = one_of_each()
    execute(notebook, tmp_path_factory.mktemp("fresh"))
    return notebook


@pytest.fixture(params=[path.stem for path in select()] + ["fresh", "fresh, in one form"])
def notebook(request):
    if request.param.startswith("fresh"):
        found = request.getfixturevalue("fresh")
        return normalise(nbformat.from_dict(found)) if "form" in request.param else found
    return nbformat.read(ROOT / "notebooks" / f"{request.param}.ipynb", as_version=4)


@pytest.mark.parametrize("kind", ["html", "slides"])
def test_a_page_has_every_picture_with_its_alt_text(notebook, kind):
    without_code = nbformat.from_dict(notebook)  # to colour the code takes most of the time
    for cell in without_code.cells:
        cell.source = cell.source if cell.cell_type == "markdown" else ""
    body, _ = export(without_code, kind)
    alts = [img.get("alt") for img in BeautifulSoup(body, "html.parser").select("img")]
    assert MISSING not in body and "" not in alts
    wanted = shown(notebook, ("skip",) if kind == "slides" else ())
    assert wanted and sorted(wanted) == sorted(alt for alt in alts if alt in wanted)


def test_markdown_has_every_picture_with_its_alt_text(notebook):
    body, resources = export(notebook, "markdown")
    found = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', body)
    parts = BeautifulSoup("".join(f'<i alt="{alt}"></i>' for _, alt in found), "html.parser")
    assert sorted(part["alt"] for part in parts.select("i")) == sorted(shown(notebook))
    assert {source for source, _ in found} == set(resources["outputs"])


def test_a_script_runs_as_python_and_keeps_the_prose(notebook):
    body, resources = export(notebook, "script")
    assert resources["output_extension"] == ".py"
    ast.parse(body)
    comments = {line[2:] for line in body.splitlines() if line.startswith("# ")}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert {line for line in cell.source.splitlines() if line.strip()} <= comments


def test_the_fresh_notebook_shows_all(fresh):
    assert sorted(shown(fresh)) == sorted(ALTS.values())
    assert PROSE.splitlines()[0] in fresh.cells[0].source


def test_a_picture_without_alt_text_is_left_to_nbconvert(fresh):
    notebook = nbformat.from_dict(fresh)
    for cell in notebook.cells:
        for out in cell.get("outputs", []):
            out.metadata = nbformat.from_dict({})
    assert MISSING in export(notebook, "html")[0]


def test_only_described_pictures_are_changed(fresh):
    before = nbformat.from_dict(fresh)
    after, _ = Described(enabled=True)(nbformat.from_dict(fresh), {})
    for old, new in zip(before.cells, after.cells, strict=True):
        for a, b in zip(old.get("outputs", []), new.get("outputs", []), strict=True):
            if "image/png" not in a.get("data", {}):
                assert a == b
