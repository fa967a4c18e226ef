"""What a lesson loads with the package of the course: nothing large that it does not use.

Packages that are large and slow to import stay out until a function needs them. A lesson may import
such a package itself, in the cell where it speaks of it.
"""

import json
import subprocess
import sys

import nbformat
import pytest

from course_utils.paths import NOTEBOOKS

pytestmark = pytest.mark.slow
LARGE = {"torch", "scipy.special", "scipy.stats", "scipy.ndimage", "scipy.spatial"}
LARGE |= {"skimage.transform", "skimage.morphology", "tifffile", "plotly", "pandas", "sympy"}


def import_lines(name: str) -> list[str]:
    """The lines of a lesson that import something of the course or NumPy, in its order."""
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    lines = [line for cell in cells if cell.cell_type == "code" for line in cell.source.split("\n")]
    return [line for line in lines if line.startswith(("import numpy", "from course_utils"))]


def loaded(lines: list[str]) -> set[str]:
    """Names of all modules in a fresh process that has run these lines."""
    code = "\n".join([*lines, "import json, sys", "print(json.dumps([*sys.modules]))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return {*json.loads(done.stdout)}


@pytest.mark.parametrize(
    "lesson, used",
    [
        ("00_start_here.ipynb", {"torch"}),  # says which version there is, and how fast it is
        ("01_sampling_from_images.ipynb", set()),
    ],
)
def test_a_lesson_loads_no_large_package_that_it_does_not_use(lesson, used):
    modules = loaded(import_lines(lesson))
    assert "numpy" in modules and "course_utils.density" in modules
    assert modules & (LARGE - used) == set()


def test_the_package_loads_no_large_package_for_a_lesson_with_torch():
    assert loaded(import_lines("02_gan_2d.ipynb")) & (LARGE - {"torch", "sympy"}) == set()
