"""The files around the course agree with each other and with what is installed."""

import ast
import graphlib
import io
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

from course_utils.density import ImageDensity, course_pictures
from tests.notebook_rules import LINK, code_cells, read
from tools import banner, draw_densities
from tools.notebooks import select

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.M
    )
}
RUN, TEST = (
    [Requirement(text) for text in group]
    for group in (PROJECT["dependencies"], PROJECT["optional-dependencies"]["test"])
)
TOOLS = {"jupyterlab", "nbval", "pytest-xdist", "ruff"}  # run, not imported
IMPORTED_AS = {"pillow": "PIL", "scikit-image": "skimage"}


@pytest.mark.parametrize("requirement", RUN + TEST, ids=str)
def test_lock_has_a_version_within_the_range(requirement):
    assert requirement.specifier.contains(LOCK[canonicalize_name(requirement.name)])


def test_lock_is_what_the_requirements_need_and_no_more():
    needed, queue = set(), [(canonicalize_name(r.name), "") for r in RUN + TEST]
    while queue:
        name, extra = queue.pop()
        if (name, extra) in needed:
            continue
        needed.add((name, extra))
        for text in metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                child = canonicalize_name(requirement.name)
                queue += [(child, extra) for extra in ("", *requirement.extras)]
    needed = {name for name, _ in needed}
    if sys.platform == "linux" and sys.version_info[:2] == (3, 11):  # what the lock was made on
        for_gpu = {name for name in needed if re.match("nvidia|triton|cuda", name)}
        assert set(LOCK) == needed - for_gpu, "mend requirements.lock by pip freeze --all"


def test_installed_is_locked():
    for requirement in RUN + TEST:
        version = metadata.version(requirement.name).split("+")[0]
        assert version == LOCK[canonicalize_name(requirement.name)]


def test_every_requirement_is_used():
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True)
    sources = [(ROOT / name).read_text("utf-8") for name in listed.stdout.splitlines()]
    sources += [cell.source for path in select() for cell in code_cells(read(path.name[:2])[0])]
    imported = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    names = {r.name for r in RUN + TEST} - TOOLS
    unused = {name for name in names if IMPORTED_AS.get(name, name) not in imported}
    assert unused == set()


def test_conda_environment_installs_the_lock_without_gpu_libraries():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, torch, pip, nested = environment["dependencies"]
    assert python == "python=3.11" and pip == "pip"  # Binder wants one version; the lock's
    assert "Python 3.11" in (ROOT / "requirements.lock").read_text().splitlines()[0]
    assert torch == f"pytorch-cpu={LOCK['torch'].rpartition('.')[0]}"
    assert nested["pip"] == ["-c requirements.lock", "-e ."]


def test_ci_calls_what_a_newcomer_calls():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    job = workflow["jobs"]["test"]
    assert len(job["strategy"]["matrix"]["os"]) == 3
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make test"]
    assert "make test" in (ROOT / ".ci/run").read_text()
    python = next(s["with"]["python-version"] for s in job["steps"] if "with" in s)
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@needs_make
@pytest.mark.parametrize("target", ["lab", "test", "notebooks", "slides"])
def test_make_knows_its_targets(target):
    run = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@needs_make
def test_make_passes_options_on():
    run = subprocess.run(
        ["make", "-n", "lab", "ARGS=--no-browser --port 9999"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "tree/notebooks/00_start_here.ipynb --no-browser --port 9999" in run.stdout


@pytest.mark.parametrize("page", ["README.md", "data/README.md"])
def test_links_lead_somewhere(page):
    for target in LINK.findall((ROOT / page).read_text("utf-8")):
        assert "://" in target or (ROOT / page).parent.joinpath(target).exists(), target


def test_the_tables_of_lessons_are_complete():
    readme, start = (ROOT / "README.md").read_text("utf-8"), read("00")[0].cells[0].source
    for path in select():
        assert f"(notebooks/{path.name})" in readme
        assert f"({path.name})" in start or path.name[:2] == "00"
    for number in range(1, 11):
        ready = bool(list((ROOT / "notebooks").glob(f"{number:02}_*.ipynb")))
        for table in (readme, start):
            (row,) = re.findall(rf"^\| \[?{number:02} .*$", table, re.M)
            assert ready == ("](" in row)


def test_the_data_hold_no_code():
    assert [*(ROOT / "data").rglob("*.py")] == []


def test_pictures_are_what_the_script_draws(tmp_path):
    draw_densities.draw_all(tmp_path)
    drawn = sorted(tmp_path.rglob("*.png"))
    made = {ROOT / "data" / f"{name}.png" for name in ("banner", "lab", "slide")}  # otherwise
    assert len(drawn) == len({*(ROOT / "data").rglob("*.png")} - made) == 18
    assert all(path.is_file() and path.stat().st_size < 400_000 for path in made)
    for path in drawn:
        kept = np.asarray(Image.open(ROOT / "data" / path.relative_to(tmp_path)), int)
        assert abs(np.asarray(Image.open(path), int) - kept).max() <= 1


def test_the_banner_is_what_the_script_draws():
    kept = Image.open(ROOT / "data" / "banner.png")
    assert np.shape(kept) == (420, 1600, 3)
    change = np.abs(np.asarray(kept, int) - np.asarray(banner.banner(), int))
    assert change.mean() < 0.5  # grey levels; the last bits of a network differ between machines


@pytest.mark.parametrize("name, classes", [("two_discs", 2), ("spiral", 3), ("star", 5)])
def test_class_pictures_add_up_to_the_whole(name, classes):
    whole = course_pictures()[name]
    parts = sorted(whole.with_suffix("").glob("*.png"))
    assert len(parts) == classes
    total = sum(np.asarray(Image.open(path), int) for path in parts)
    assert abs(total - np.asarray(Image.open(whole), int)).max() <= 2
    assert all(ImageDensity.from_file(path).pdf.sum() == pytest.approx(1) for path in parts)


# Rooms of the package: each imports only from the lines above its own, and within itself.
ROOMS = [
    "output paths",
    "arguments checkpoints checks compute keeping live models pictures saved spatial",
    "density exercises metrics plots training",
    "datasets",
    "diffusion judge sphere widgets",
    "watching",
]
PACKAGE = ROOT / "course_utils"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")
}


def imported(path):
    """The full names of all that a file imports, with and without what is taken from them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by a relative path"
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_the_package_imports_one_way():
    rooms = {name: line for line, names in enumerate(ROOMS) for name in names.split()}
    needs = {name: {*imported(path)} & {*MODULES} for name, path in MODULES.items()}
    for name in {*needs} - {"course_utils.__init__"}:
        room = name.split(".")[1]
        for other in {need.split(".")[1] for need in needs[name]} - {room}:
            assert rooms[other] < rooms[room], f"{name} imports {other}"
    graphlib.TopologicalSorter(needs).prepare()  # raises where there is a circle


def test_the_package_imports_nothing_that_is_built_on_it():
    above = {path.stem for path in ROOT.glob("*/") if path.is_dir()} - {"course_utils"}
    for path in MODULES.values():
        assert not above & {name.split(".")[0] for name in imported(path)}, path
        assert "ipynb" not in path.read_text("utf-8"), path


def code_lines(text):
    """How many lines hold code: not blank, no comment, no docstring."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent | {tokenize.ENDMARKER}:
            lines |= {*range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            lines -= {*range(body[0].lineno, body[0].end_lineno + 1)}
    return len(lines)


def test_package_is_thin():
    """Lines of code: 200 a file, 1,850 in all without what grades and what makes data.

    With docstrings, comments and blank lines a file has at most 300.
    """
    assert max(len(p.read_text("utf-8").splitlines()) for p in MODULES.values()) <= 300
    assert code_lines('"""Doc."""\n# comment\n\ndef f():\n    """Doc."""\n    return (\n1)\n') == 3
    lines = {path: code_lines(path.read_text("utf-8")) for path in MODULES.values()}
    assert max(lines.values()) <= 200
    assert (
        sum(n for p, n in lines.items() if p.parent.name not in ("exercises", "datasets")) <= 1850
    )
