"""An installed course holds all that its lessons read, and works in any folder."""

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import paths
from publish.notebooks import execute, select
from tests.notebook_rules import code_cells, read

ROOT = Path(__file__).resolve().parents[1]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
OTHERS = {Path(file).parts[0] for files in SETUP["data-files"].values() for file in files}
PARTS = ["course_utils", "data", *OTHERS, "LICENSE", "README.md", "pyproject.toml"]
SHIPPED = [paths.VERDICTS, *paths.PICTURES.rglob("[!.]*.png"), *paths.CHECKPOINTS.glob("[!.]*.s*")]
SHIPPED = {path.relative_to(paths.DATA).as_posix() for path in SHIPPED if path.name[0] != "."}
READS = """
from course_utils import checkpoints, paths
from course_utils.density import ImageDensity, course_pictures
import numpy as np

print(paths.DATA)
for name in course_pictures():
    assert ImageDensity.from_file(name).sample(100, np.random.default_rng(0)).shape == (100, 2)
for path in checkpoints.FOLDER.glob("*.safetensors"):
    assert checkpoints.read(path.stem)
print(len(course_pictures()), paths.VERDICTS.is_file(), paths.NOTEBOOKS.is_dir())
"""


def run(*arguments, cwd, **environment):
    """A fresh Python that has done its work in another folder, with all that it printed."""
    # Without a PYTHONPATH, from which another course may come.
    environment = os.environ | {"PYTHONPATH": ""} | environment
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done


def python(*arguments, **place):
    return run(*arguments, **place).stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository's package, so that building leaves nothing here."""
    folder = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    (folder / "data" / "densities" / "._bat.png").write_bytes(b"what a Mac leaves behind")
    return folder


@pytest.fixture(scope="module")
def wheel(copy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(copy)]
    told = run("-m", "pip", "wheel", "-v", *options, cwd=folder).stderr
    assert "running bdist_wheel" in told
    assert "absent from the `packages`" not in told, (
        "each folder of data/ is a package to setuptools"
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with nothing but the installed course; the libraries come from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--no-compile", "--target", str(folder), str(wheel)]
    python("-m", "pip", "install", *options, cwd=folder)
    return folder


@pytest.mark.slow
def test_the_wheel_holds_the_data_and_no_more(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    inside = "course_utils/data/"
    data = {name.removeprefix(inside) for name in names if name.startswith(inside)}
    assert data == SHIPPED and len(data) > 40
    code = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "course_utils").rglob("[!.]*.[pj]*")
    }
    assert {name for name in names if name.endswith((".py", ".js"))} == {
        name for name in code if name.endswith((".py", ".js"))
    }
    assert "course_utils/py.typed" in names  # so that type checkers read the types
    assert wheel.stat().st_size < 12e6


@pytest.mark.slow
def test_an_editable_course_reads_the_repository(copy, tmp_path):
    """Without the site folder's own .pth files, which may already lead to this repository."""
    build = "from setuptools import build_meta; build_meta.build_editable({!r})"
    python("-c", build.format(str(tmp_path)), cwd=copy)
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(tmp_path)
    start = f"import site, sys; sys.path.append({sysconfig.get_path('purelib')!r})\n"
    start += f"site.addsitedir({str(tmp_path)!r})\n"
    told = python("-S", "-c", start + READS, cwd=tmp_path).splitlines()
    assert Path(told[0]) == copy.resolve() / "data"
    assert told[1].endswith(" True False")  # the copy has no notebooks


def run_elsewhere(cells, folder, course):
    """The cells, executed in an unrelated folder with the course of another."""
    origin = "import course_utils\nprint(course_utils.__path__[0])"
    notebook = new_notebook(cells=[new_code_cell(origin), *cells])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(course))
        execute(notebook, folder)
    printed = notebook.cells[0].outputs[0].text
    assert Path(printed.strip()) == course.resolve() / "course_utils"
    return notebook.cells[1:]


def verdicts():
    """The cells of lesson 10 that show what the lessons claim, with what they need."""
    tables = [cell for cell in code_cells(read("10")[0]) if "verdicts" in cell.source.lower()]
    return [new_code_cell("from course_utils import plots"), *tables]


def missing(cells):
    return str([cell.outputs for cell in cells]).count("not on record: run lesson")


@pytest.fixture(scope="module")
def executed(installed, tmp_path_factory):
    """One kernel with the installed course: what it reads, the start of lesson 01, the verdicts."""
    cells = [new_code_cell(READS), *code_cells(read("01")[0])[:6], *verdicts()]
    return run_elsewhere(cells, tmp_path_factory.mktemp("elsewhere"), installed)


@pytest.mark.notebook
def test_an_installed_course_finds_its_pictures_and_networks(installed, executed):
    told = "".join(out.text for out in executed[0].outputs).splitlines()
    assert Path(told[0]) == installed.resolve() / "course_utils" / "data"
    assert told[1] == f"{len([*paths.PICTURES.glob('*.png')])} True False"


@pytest.mark.notebook
def test_lesson_01_runs_from_an_installed_course(executed):
    assert any("image/png" in out.get("data", {}) for cell in executed[1:7] for out in cell.outputs)


ROWS = paths.VERDICTS.read_text("utf-8").strip().count("\n")


@pytest.mark.notebook
def test_an_installed_course_has_no_lessons_and_says_so_in_each_row_of_verdicts(executed):
    assert missing(executed[7:]) == ROWS > 20


@pytest.mark.notebook
def test_verdicts_are_on_record_from_any_folder(tmp_path):
    cells = run_elsewhere(verdicts(), tmp_path, ROOT)
    assert missing(cells) == 0 and any(cell.outputs for cell in cells)


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_no_lesson_names_a_file_beside_or_above_it(path):
    """A text that is a path would depend on the folder that the kernel was started in."""
    for cell in code_cells(read(path.name[:2])[0]):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("../", "./", "data/")), node.value
