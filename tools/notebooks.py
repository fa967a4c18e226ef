"""Executes notebooks in fresh kernels, stores their outputs, and brings the files into one form.

    python -m tools.notebooks            all, in order
    python -m tools.notebooks 01 03      only these

Running it twice changes nothing but numbers that were measured anew, such as times.
"""

import hashlib
import os
import re
import sys
import time

import nbformat
from nbformat import NotebookNode

from course_utils.training import BAR
from publish.notebooks import execute, read, select
from tools.drawing import only_draws

CELL_METADATA = {"tags", "slideshow", "jupyter"}
WIDGET = "application/vnd.jupyter.widget-view+json"
# What a kernel writes, but for the version of its Python; exports to a script need it.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


def normalise(notebook: NotebookNode) -> NotebookNode:
    """One form for every file: ids from the content; no state, progress bars or addresses."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": LANGUAGE,
        }
    )
    _collapse_drawings(notebook)
    seen = set()
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in sorted(CELL_METADATA & set(cell.metadata))}
        )
        digest = hashlib.sha256(cell.source.encode()).hexdigest()
        cell.id = next(digest[i : i + 8] for i in range(50) if digest[i : i + 8] not in seen)
        seen.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = _normal_outputs(cell.outputs)
    return notebook


def _collapse_drawings(notebook):
    """A cell that only draws is collapsed, so that the lesson's own code stands out."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code):
        later = [other.source for other in code[number + 1 :]]
        jupyter = dict(cell.metadata.pop("jupyter", {}))
        jupyter.pop("source_hidden", None)
        if only_draws(cell.source, later):
            jupyter["source_hidden"] = True
        if jupyter:
            cell.metadata["jupyter"] = jupyter


def _normal_outputs(outputs):
    kept = []
    for out in outputs:
        if out.output_type == "stream":
            out.text = ADDRESS.sub("0x...", out.text)
            if kept and kept[-1].output_type == "stream" and kept[-1].name == out.name:
                kept[-1].text += out.text
                continue
        elif "data" in out:
            if BAR in out.metadata:
                continue
            if out.data.pop(WIDGET, None) and set(out.data) <= {"text/plain"}:
                continue  # only a live widget, a progress bar for example: nothing to see in a file
            if "text/plain" in out.data:
                out.data["text/plain"] = ADDRESS.sub("0x...", out.data["text/plain"])
        kept.append(out)
    return kept


def main(numbers: list[str]) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the tests, so that times agree
    for path in select(numbers):
        print(f"{path.name} ... ", end="", flush=True)
        start = time.perf_counter()
        notebook = read(path)
        execute(notebook)
        nbformat.write(normalise(notebook), path)
        seconds, size = time.perf_counter() - start, path.stat().st_size
        print(f"{seconds:.0f} s, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
