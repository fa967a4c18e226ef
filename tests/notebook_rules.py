"""What a notebook of the course must look like: the budget of a lesson, and hygiene for all."""

import copy
import re
from pathlib import Path

import nbformat

from publish.notebooks import NOTEBOOKS
from tests.lesson_law import EXERCISES, MAGIC, law
from tools.drawing import only_draws
from tools.names import bound_again
from tools.notebooks import WIDGET, normalise

TAGS = {"parameters", "gpu", "hide-input", "nbval-check-output", "raises-exception"}
SLIDE_TYPES = {"slide", "subslide", "fragment", "notes", "skip"}
LIMIT = 1_800_000  # bytes
SOLUTION = re.compile(
    r"<details><summary>Solution[^<]*</summary>\s*```python\n(.*?)```\s*</details>", re.DOTALL
)
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
CHECK = re.compile(r'^check\("([^"]+)", (\w+)\)$', re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(|<img(?![^>]*alt=\"[^\"]{10,}\")")
ABSOLUTE = re.compile(
    r"(?<![\w.:/~-])/(?:home|root|tmp|work|usr|var|opt|content|Users|mnt)/\w|\b[A-Z]:\\"
)
ADDRESS = re.compile(r"\b0x(?:\.\.\.|[0-9a-fA-F]{6,})")  # of memory, whole or shortened
HISTORY = re.compile(r"\b(?:Out|In)\[|\bIn\b\[|(?<![\w.])_(?=\s*[\[.+*/-])")


def problems(notebook, path: Path) -> list[str]:
    """Every rule that the notebook breaks, as a sentence; none for a good one."""
    found = [*_form(notebook, path), *_outputs(notebook), *_prose(notebook, path)]
    if path.name[:2] != "00":
        found += law(notebook.cells)
        found += _lesson(notebook, path)
    return found


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def exercises(notebook) -> list[tuple[str, str, str, str]]:
    """(exercise name, function name, stub, source of the folded solution) in reading order."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and (match := CHECK.search(cell.source)):
            prose = "\n".join(c.source for c in notebook.cells[number + 1 : number + 2])
            solution = SOLUTION.search(prose)
            stub = cell.source.replace(match[0], "")
            found.append((match[1], match[2], stub, solution[1] if solution else ""))
    return found


def _lines(cell) -> int:
    return sum(1 for line in cell.source.splitlines() if line.strip())


def _tags(cell):
    return cell.metadata.get("tags", [])


def _form(notebook, path):
    code = code_cells(notebook)
    for number, cell in enumerate(code, 1):
        if _lines(cell) > 35:
            yield f"code cell {number} has {_lines(cell)} lines; at most 35"
        if MAGIC.search(cell.source):
            yield f"code cell {number} has a magic or a shell call"
        if "NBVAL_" in cell.source:
            yield f"code cell {number} steers nbval by a comment; use tags"
        if HISTORY.search(cell.source):
            yield f"code cell {number} uses _, In or Out, which do not exist when it is tested"
    for number, name, later in bound_again([cell.source for cell in code]):
        yield (
            f"code cell {number} reads {name}, which code cells {later} bind again: pass it to "
            "the function, or take another name there"
        )
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    if "ccc" in kinds:
        yield "more than two code cells in a row without prose"
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "not executed once from top to bottom"
    for cell in notebook.cells:
        if unknown := set(_tags(cell)) - TAGS:
            yield f"unknown tags {sorted(unknown)}"
        slide = cell.metadata.get("slideshow", {}).get("slide_type")
        if slide is not None and slide not in SLIDE_TYPES:
            yield f"slide type {slide!r}; leave the metadata out instead"
        if ABSOLUTE.search(cell.source):
            yield f"an absolute path: {ABSOLUTE.search(cell.source)[0]}"
    if path.exists() and path.stat().st_size > LIMIT:
        yield f"{path.stat().st_size / 1e6:.1f} MB; at most {LIMIT / 1e6} MB"
    if normalise(copy.deepcopy(notebook)) != notebook:
        yield "not in the form that `make notebooks` writes"


def _outputs(notebook):
    if "widgets" in notebook.metadata:
        yield "widget state is saved"
    for number, cell in enumerate(code_cells(notebook), 1):
        for out in cell.outputs:
            data = out.get("data", {})
            if out.output_type == "error" and "raises-exception" not in _tags(cell):
                yield f"code cell {number} stored an error"
            if out.get("name") == "stderr":
                yield f"code cell {number} wrote to stderr: {out.text[:80]!r}"
            if WIDGET in data:
                yield f"code cell {number} stored a widget"
            if out.output_type == "execute_result" and set(data) == {"text/plain"}:
                yield f"code cell {number} shows a bare object: print a sentence, or end otherwise"
            if "image/png" in data:
                alt = out.metadata.get("image/png", {}).get("alt", "")
                if len(alt.split()) < 5:
                    yield f"a picture of code cell {number} has no alt text"
            if ABSOLUTE.search(str(out.get("text", "")) + str(data.get("text/plain", ""))):
                yield f"code cell {number} printed an absolute path"
            texts = [text for kind, text in data.items() if kind.startswith("text/")]
            texts += [out.get("text", ""), *out.get("traceback", ())]
            if any(ADDRESS.search(text) for text in texts):
                yield f"code cell {number} shows an address in memory"
        if "nbval-check-output" in _tags(cell) and not cell.outputs:
            yield f"code cell {number} is tagged for checking, but shows nothing"


def _prose(notebook, path):
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        if "should have seen" in FOLDED.sub("", cell.source):
            yield "what should have been seen is not folded: put it into <details>"
        for match in IMAGE.finditer(cell.source):
            if len((match[1] or "").split()) < 5:
                yield f"an image in the text has no alt text: {match[0]!r}"
        for target in LINK.findall(cell.source):
            if "://" not in target and not (path.parent / target).exists():
                yield f"a link leads nowhere: {target}"


def _lesson(notebook, path):
    code = code_cells(notebook)
    parameters = [n for n, cell in enumerate(code) if "parameters" in _tags(cell)]
    shown = [any("image/png" in out.get("data", {}) for out in cell.outputs) for cell in code]
    if len(parameters) != 1 or "seed = " not in code[parameters[0]].source:
        yield "one cell tagged `parameters` must set seed"
    elif True not in shown or shown.index(True) + 1 != parameters[0]:
        yield "the parameters stand right after the first picture"
    if not any(f'start("{path.stem}")' in cell.source for cell in code):
        yield f'no call of checks.start("{path.stem}")'
    for number, cell in enumerate(code):
        later = [other.source for other in code[number + 1 :]]
        if "hide-input" not in _tags(cell) and only_draws(cell.source, later):
            yield f"code cell {number + 1} only draws, so it is tagged `hide-input`"
    tasks = exercises(notebook)
    if len(tasks) not in EXERCISES:
        fewest, most = EXERCISES[0], EXERCISES[-1]
        yield f"{len(tasks)} exercises; a lesson has {fewest} to {most}"
    for name, _, _, solution in tasks:
        if not solution:
            yield f"no folded solution follows exercise {name!r}"


def read(number: str):
    """(notebook, path) of the notebook with this number."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return nbformat.read(path, as_version=4), path
