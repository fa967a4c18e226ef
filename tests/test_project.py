"""The files around the course agree with each other and with what is installed."""

import ast
import graphlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

import course_utils
from course_utils.density import ImageDensity, course_pictures
from publish.notebooks import select
from tests.notebook_rules import code_cells, read
from tools import banner, draw_densities, python_fits

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
TOOLS = {
    "jupyterlab",
    "myst-parser",
    "pyrefly",
    "pytest-xdist",
    "ruff",
    "sphinx-book-theme",
}  # run, not imported
IMPORTED_AS = {"pillow": "PIL", "scikit-image": "skimage"}


def listed(*patterns):
    """The files of the repository that are named like this."""
    run = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True)
    return [ROOT / name for name in run.stdout.splitlines() if (ROOT / name).exists()]


@pytest.mark.parametrize("requirement", RUN + TEST, ids=str)
def test_lock_has_a_version_within_the_range(requirement):
    assert requirement.specifier.contains(LOCK[canonicalize_name(requirement.name)])


def test_the_tests_need_all_that_the_site_needs():
    groups = PROJECT["optional-dependencies"]
    assert {*groups["site"]} <= {*groups["test"]}


@pytest.mark.locked
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


@pytest.mark.locked
def test_installed_is_locked():
    for requirement in RUN + TEST:
        version = metadata.version(requirement.name).split("+")[0]
        assert version == LOCK[canonicalize_name(requirement.name)]


@pytest.mark.slow
def test_every_requirement_is_used():
    used = {name.split(".")[0] for path in listed("*.py") for name in imported(path)}
    for path in select():
        for cell in code_cells(read(path.name[:2])[0]):
            used |= {*re.findall(r"^(?:import|from) (\w+)", cell.source, re.M)}
    names = {r.name for r in RUN + TEST} - TOOLS
    unused = {name for name in names if IMPORTED_AS.get(name, name) not in used}
    assert unused == set()


def test_conda_environment_installs_the_lock_without_gpu_libraries():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, torch, pip, nested = environment["dependencies"]
    assert python == "python=3.11" and pip == "pip"  # Binder wants one version; the lock's
    assert "Python 3.11" in (ROOT / "requirements.lock").read_text().splitlines()[0]
    assert torch == f"pytorch-cpu={LOCK['torch'].rpartition('.')[0]}"
    assert nested["pip"] == ["-c requirements.lock", "-e ."]


def test_ci_calls_what_a_newcomer_calls():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    job = jobs["test"]
    assert len(job["strategy"]["matrix"]["os"]) == 3
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make test"]
    assert "make test" in (ROOT / ".ci/run").read_text()
    python = next(s["with"]["python-version"] for s in job["steps"] if "with" in s)
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)


def test_ci_tries_all_pythons_and_both_ends_of_the_ranges():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    job, (first, last) = jobs["versions"], python_fits.VERSIONS
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == [f"3.{minor}" for minor in range(first[1], last[1] + 1)]
    others = [matrix["python"][0], *matrix["libraries"]], [*matrix["include"][0].values()]
    assert others == (["3.11", "newest"], ["3.11", "lowest"])
    assert job["steps"][-1]["run"] == "make ${{ matrix.libraries }}"
    assert job["if"] == "github.event_name == 'schedule'"


def test_the_site_is_published_as_anybody_builds_it():
    workflow = yaml.safe_load((ROOT / ".github/workflows/site.yml").read_text())
    jobs = workflow["jobs"]
    assert [step["run"] for step in jobs["build"]["steps"] if "run" in step] == ["make site"]
    assert jobs["build"]["steps"][-1]["with"]["path"] == "build/site"
    assert jobs["publish"]["needs"] == "build" and "COURSE_REPOSITORY" in jobs["build"]["env"]


def test_dependabot_looks_at_all_that_has_versions():
    listed = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    places = {entry["package-ecosystem"]: entry["directory"] for entry in listed}
    assert places == dict.fromkeys(("github-actions", "npm", "pip"), "/")
    assert (ROOT / "package-lock.json").is_file()


def test_before_a_commit_runs_what_is_installed():
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    node = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    for repository in settings["repos"]:
        assert repository["repo"] == "local"  # so the lock alone says which version
        for hook in repository["hooks"]:
            program, *words = hook["entry"].split()
            if program == "npx":
                assert words[0] in node
            else:
                assert program == ".venv/bin/python" and find_spec(words[1])
                assert all((ROOT / word).exists() for word in words if "/" in word)


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@needs_make
@pytest.mark.parametrize(
    "target", ["lab", "check", "test", "notebooks", "slides", "site", "newest", "lowest"]
)
def test_make_knows_its_targets(target):
    run = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def commands(target):
    """The commands that `make target` would run, after those that set up."""
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # of the make that runs these tests
    own = {name: value for name, value in os.environ.items() if name not in outer}
    run = subprocess.run(["make", "-n", target], cwd=ROOT, env=own, capture_output=True, text=True)
    lines = run.stdout.splitlines()
    start = next(number for number, line in enumerate(lines) if "This takes about" in line)
    return lines[start:]


@needs_make
def test_make_says_first_how_long_it_takes_and_test_does_all_that_check_does():
    (told, *check), (_, *test) = commands("check"), commands("test")
    assert "about a minute" in told
    *looks, unit = check
    assert test[: len(looks)] == looks
    for tool in ("ruff format --check", "ruff check", "pyrefly", "lint", "test"):
        assert sum(line.endswith(tool) or f"{tool} check" in line for line in looks) == 1, tool
    assert "pytest tests -m " in unit
    (everything,) = (line for line in test if "pytest" in line)
    assert "pytest tests notebooks" in everything and " -m pytest" in everything.split(" tests")[0]
    assert everything.count(" -m ") == 1  # of Python; none that selects tests


@needs_make
def test_make_passes_options_on():
    run = subprocess.run(
        ["make", "-n", "lab", "ARGS=--no-browser --port 9999"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "tree/notebooks/00_start_here.ipynb --no-browser --port 9999" in run.stdout


GOOD = "(3, 13)", "Linux", "x86_64"
FAKE = """#!/bin/sh
[ "$1" = -m ] && {{ mkdir -p .venv; echo "{name}" > chosen; exit; }}
exec {python} -c '
import platform, runpy, sys, sysconfig
sys.version_info, platform.system = {version}, lambda: "{system}"
platform.machine = lambda: "{machine}"
sysconfig.get_platform = lambda: "any-{machine}"
platform.mac_ver, platform.libc_ver = lambda: ("14.1", "", ""), lambda: ("glibc", "2.39")
runpy.run_path(sys.argv[1], run_name="__main__")' "$1"
"""
NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"]


def made_with(folder, pythons, *options):
    """How `make` ends that finds these Pythons, and only these; and which of them it takes."""
    places = folder / "bin"
    places.mkdir()
    for name, (version, system, machine) in pythons.items():
        fake = dict(version=version, system=system, machine=machine, python=sys.executable)
        (places / name).write_text(FAKE.format(name=name, **fake))
        (places / name).chmod(0o755)
    for tool in ("sh", "cat", "mkdir", "make"):
        (places / tool).symlink_to(shutil.which(tool))
    for part in ("Makefile", "requirements.lock", "tools/python_fits.py"):
        (folder / part).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / part, folder / part)
    command = [places / "make", ".venv/.made", *options]
    environment = {"PATH": str(places)}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    chosen = folder / "chosen"
    return run, chosen.read_text().strip() if chosen.exists() else None


@needs_make
@pytest.mark.skipif(sys.platform == "win32", reason="the fake Pythons are shell scripts")
@pytest.mark.parametrize(
    "pythons, taken",
    [
        ({"python3": GOOD, "python3.14": GOOD}, "python3"),
        ({"python3": ("(3, 15)", *GOOD[1:]), "python3.12": GOOD, "python": GOOD}, "python3.12"),
        ({"python3": ("(3, 9)", *GOOD[1:]), "python3.14": ("(3, 14)", *GOOD[1:])}, "python3.14"),
        ({"python": ("(3, 11)", "Darwin", "arm64")}, "python"),
        ({"python3": ("(3, 13)", "Windows", "arm64"), "python": GOOD}, "python"),
    ],
)
def test_make_takes_a_python_that_pytorch_is_built_for(tmp_path, pythons, taken):
    run, chosen = made_with(tmp_path, pythons)
    assert (run.returncode, chosen) == (0, taken), run.stdout + run.stderr


@needs_make
@pytest.mark.skipif(sys.platform == "win32", reason="the fake Pythons are shell scripts")
@pytest.mark.parametrize(
    "python, reason",
    [
        (("(3, 15)", "Linux", "x86_64"), "is Python 3.15;"),
        (("(3, 13)", "Darwin", "x86_64"), "is made for macOS on x86_64;"),
        (("(3, 13)", "Windows", "arm64"), "is made for Windows on arm64;"),
        (("(3, 13)", "Windows", "win32"), "is made for Windows on win32;"),
        (("(3, 13)", "Linux", "riscv64"), "is made for Linux on riscv64;"),
    ],
)
def test_make_says_what_is_wrong_with_every_python(tmp_path, python, reason):
    run, chosen = made_with(tmp_path, dict.fromkeys(NAMES, python))
    assert run.returncode and chosen is None
    assert run.stdout.count(reason) == len(NAMES)
    assert "Python 3.11 to 3.14 on Linux" in run.stdout and "README.md" in run.stdout


@needs_make
@pytest.mark.skipif(sys.platform == "win32", reason="the fake Pythons are shell scripts")
def test_make_takes_the_python_that_is_named_or_none(tmp_path):
    old = ("(3, 9)", "Linux", "x86_64")
    run, chosen = made_with(tmp_path, {"python3": GOOD, "mine": old}, "PYTHON=mine")
    assert run.returncode and chosen is None and "mine is Python 3.9;" in run.stdout
    (tmp_path / "bin" / "python3").unlink()
    environment = {"PATH": str(tmp_path / "bin")}
    command = [tmp_path / "bin" / "make", ".venv/.made"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode and "can use: there is none." in run.stdout


@pytest.mark.parametrize(
    "machine, reason",
    [
        (dict(macos="13.7"), "runs on macOS 13.7"),
        (dict(macos="14.0"), ""),
        (dict(macos="26.1"), ""),
        (dict(system="Linux", machine="aarch64", libc=("glibc", "2.28")), ""),
        (dict(system="Linux", machine="x86_64", libc=("glibc", "2.17")), "runs on glibc 2.17"),
        (dict(system="Linux", machine="x86_64"), "runs on a C library other than glibc"),
        (dict(system="FreeBSD", machine="amd64"), "is made for FreeBSD on amd64"),
        (dict(system="Windows", machine="amd64"), ""),
        (dict(free_threaded=True), "is a free-threaded build"),
        (dict(implementation="PyPy"), "is PyPy"),
    ],
)
def test_what_a_machine_lacks_is_named(machine, reason):
    mac = dict(version=(3, 12), system="Darwin", machine="arm64", macos="15.2")
    assert python_fits.problem(**(mac | machine)) == reason


def test_versions_and_systems_are_the_same_everywhere():
    """A new PyTorch in the lock may have other builds: look, then change these places."""
    first, last = (".".join(map(str, version)) for version in python_fits.VERSIONS)
    assert LOCK["torch"] == python_fits.TORCH
    assert python_fits.here() == ""
    for name in ("README.md", "Makefile"):
        text = " ".join((ROOT / name).read_text("utf-8").replace("\\\n", " ").split())
        assert f"Python {first} to {last}" in text, name
        assert "macOS 14 or newer" in text and "glibc 2.28 or newer" in text, name
    assert PROJECT["requires-python"] == f">={first}"


@cache
def prose(path):
    """What a page or a notebook says, without its code."""
    if path.suffix == ".md":
        return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.M | re.S)
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def lost(path, text):
    """The links of a page that lead to no file of the repository, or to no heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)[^)]*\)|href=\"([^\"]+)\"", text):
        name, _, heading = "".join(target).partition("#")
        if re.match(r"\w+:", name):
            continue
        page = path.parent / unquote(name) if name else path
        headings = re.findall(r"^#+ (.*)$", prose(page), re.M) if heading and page.exists() else []
        known = {heading.strip().replace(" ", "-") for heading in headings}  # as JupyterLab does
        if page.suffix == ".md":
            known |= {re.sub(r"[^\w-]", "", text).lower() for text in known}  # as GitHub does
        if not page.exists() or (heading and unquote(heading) not in known):
            yield "".join(target)


@pytest.mark.parametrize("path", listed("*.md", "*.ipynb"), ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    assert list(lost(path, prose(path))) == []


@pytest.mark.parametrize(
    "target", ["READ.md", "README.md#Nothing", "#Nothing", "notebooks/99.ipynb"]
)
def test_a_lost_link_is_found(target):
    good = "[a](README.md) [b](notebooks/02_gan_2d.ipynb#The-game) [c](https://example.org/#x)"
    page = ROOT / "CONTRIBUTING.md"
    assert list(lost(page, f"{good} [d]({target})")) == [target]


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
    kinds = {path.suffix for path in listed("data")}
    assert kinds == {".csv", ".md", ".png", ".safetensors", ".sha256"}


@pytest.mark.slow
def test_pictures_are_what_the_script_draws(tmp_path):
    draw_densities.draw_all(tmp_path)
    drawn = sorted(tmp_path.rglob("*.png"))
    made = {ROOT / "data" / f"{name}.png" for name in ("banner", "lab", "slide")}  # otherwise
    assert len(drawn) == len({*(ROOT / "data").rglob("[!.]*.png")} - made) == 18
    assert all(path.is_file() and path.stat().st_size < 400_000 for path in made)
    for path in drawn:
        kept = np.asarray(Image.open(ROOT / "data" / path.relative_to(tmp_path)), int)
        assert abs(np.asarray(Image.open(path), int) - kept).max() <= 1


@pytest.mark.slow
def test_the_banner_is_what_the_script_draws():
    kept = Image.open(ROOT / "data" / "banner.png")
    assert np.shape(kept) == (420, 1600, 3)
    change = np.abs(np.asarray(kept, int) - np.asarray(banner.banner(), int))
    assert change.mean() < 0.5  # grey levels; the last bits of a network differ between machines


@pytest.mark.parametrize("name, classes", [("two_discs", 2), ("spiral", 3), ("star", 5)])
def test_class_pictures_add_up_to_the_whole(name, classes):
    whole = course_pictures()[name]
    parts = sorted(whole.with_suffix("").glob("[!.]*.png"))
    assert len(parts) == classes
    total = sum(np.asarray(Image.open(path), int) for path in parts)
    assert abs(total - np.asarray(Image.open(whole), int)).max() <= 2
    assert all(ImageDensity.from_file(path).pdf.sum() == pytest.approx(1) for path in parts)


# Rooms of the package: each imports only from the lines above its own, and within itself.
ROOMS = [
    "arguments memory output paths",
    "checkpoints checks compute decoding keeping live models saved spatial",
    "pictures",
    "density exercises plots training",
    "datasets metrics",
    "diffusion judge sphere widgets",
    "watching",
]
PACKAGE = ROOT / "course_utils"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for path in PACKAGE.rglob("[!.]*.py")
}


@cache
def imported(path):
    """The full names of all that a file imports, with and without what is taken from them."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by a relative path"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_the_package_imports_one_way():
    rooms = {name: line for line, names in enumerate(ROOMS) for name in names.split()}
    needs = {name: imported(path) & {*MODULES} for name, path in MODULES.items()}
    for name in {*needs} - {"course_utils.__init__"}:
        room = name.split(".")[1]
        for other in {need.split(".")[1] for need in needs[name]} - {room}:
            assert rooms[other] < rooms[room], f"{name} imports {other}"
    graphlib.TopologicalSorter(needs).prepare()  # raises where there is a circle


# Floors of the house: each imports from itself and from those below it alone.
FLOORS = [{"course_utils"}, {"publish"}, {"tools"}, {"tests", "conftest"}]


def test_the_house_imports_one_way():
    """Nothing imports tests, and tests alone import tools; no module imports itself in turn."""
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in listed("*.py")}
    floors = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
    needs = {}
    for name, path in modules.items():
        needs[name] = imported(path) & {*modules} - {name}
        here = floors.get(name.split(".")[0], 0)  # a file by itself may use the package alone
        for other in {need.split(".")[0] for need in imported(path)} & {*floors}:
            assert floors[other] <= here, f"{name} imports {other}"
    assert {name.split(".")[0] for name in needs} >= {*floors}
    graphlib.TopologicalSorter(needs).prepare()  # raises where there is a circle


def test_the_package_imports_nothing_that_is_built_on_it():
    above = {path.stem for path in ROOT.glob("*/") if path.is_dir()} - {"course_utils"}
    for path in MODULES.values():
        assert not above & {name.split(".")[0] for name in imported(path)}, path
        assert "ipynb" not in path.read_text("utf-8"), path


def test_the_package_itself_gives_no_names():
    public = {name for name in vars(course_utils) if name[0] != "_"}
    assert public <= {name.split(".")[1] for name in MODULES}


def untyped(path):
    """Public functions and methods of which an argument or the result has no type."""

    def look(body, owner=""):
        for node in body:
            if isinstance(node, ast.ClassDef) and node.name[0] != "_":
                yield from look(node.body, f"{node.name}.")
            if not isinstance(node, ast.FunctionDef) or not re.match(r"[^_]|__", node.name):
                continue
            every = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            every += [arg for arg in (node.args.vararg, node.args.kwarg) if arg]
            typed = [arg.annotation or (owner and arg.arg in ("self", "cls")) for arg in every]
            if not (node.returns and all(typed)):
                yield f"{owner}{node.name}"

    yield from look(ast.parse(path.read_text("utf-8")).body)


def test_public_functions_have_types():
    """What the types say is checked by pyrefly, in `make check`."""
    paths = listed("course_utils/*.py", "publish/*.py", "tools/*.py")
    assert {path.name: names for path in paths if (names := [*untyped(path)])} == {}


def test_a_missing_type_is_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "def f(x: int, *y: int) -> int: ...\ndef _g(x): ...\ndef h(x) -> int: ...\n"
        "class A:\n    def __init__(self): ...\n    def i(self, **y) -> int: ...\n"
    )
    assert list(untyped(path)) == ["h", "A.__init__", "A.i"]


def code_lines(text):
    """How many lines hold code: not blank, no comment, no docstring; a signature is one line."""
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
        if isinstance(node, ast.FunctionDef):
            lines -= {*range(node.lineno + 1, body[0].lineno)}
    return len(lines)


def test_package_is_thin():
    """Lines of code: 200 a file; in all 2,100, and 140 for a widget.

    What grades and what makes data is not counted; a third of the rest deals with the files,
    folders and servers that people have. With docstrings, comments and blank lines a file has at
    most 300.
    """
    assert max(len(p.read_text("utf-8").splitlines()) for p in MODULES.values()) <= 300
    assert code_lines('"""Doc."""\n# comment\n\ndef f():\n    """Doc."""\n    return (\n1)\n') == 3
    assert code_lines("def f(\n    x: int,\n) -> int:\n    return x\n") == 2
    lines = {path: code_lines(path.read_text("utf-8")) for path in MODULES.values()}
    assert max(lines.values()) <= 200
    apart = "exercises", "datasets", "widgets"
    assert sum(n for path, n in lines.items() if path.parent.name not in apart) <= 2100
    assert max(n for path, n in lines.items() if path.parent.name == "widgets") <= 140
