"""Builds build/slides/NN_name.html, one offline deck for each lesson, and an index page.

python -m publish.build            all lessons
python -m publish.build 01         only these
"""

import functools
import hashlib
import os
import re
import sys
from importlib import metadata
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from publish.exporter import DeckExporter
from publish.libraries import fetch_libraries
from publish.notebooks import ROOT, execute, read, select

OUT = ROOT / "build" / "slides"
CACHE = ROOT / ".cache" / "executed"
SLIDES, TITLE = re.compile(r'content="(\d+ slides)"'), re.compile("<title>(.*?)</title>")
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides</title>
<style>
body {{ font: 22px/1.5 sans-serif; color: #222; max-width: 40em; margin: 40px auto; }}
body {{ padding: 0 20px; }}
ul {{ list-style: none; padding: 0; }}
li {{ margin: 0.4em 0; }}
a {{ color: #0072B2; }}
small {{ color: #666; white-space: nowrap; }}
</style>
</head>
<body><main>
<h1>Slides</h1>
<p>Each deck is one file. Arrow keys, the arrows in the margins, or a swipe turn the pages; S shows
the speaker's notes, F fills the screen; to print, add <code>?print-pdf</code> to the address.</p>
<ul>
{rows}
</ul>
</main></body>
</html>
"""


def cached(path: Path, folder: Path | None = None) -> Path:
    """Where a notebook is kept as executed: a name for it, the package, the data and the libraries.

    A rehearsal of GPU cells has a name of its own.
    """
    digest = hashlib.sha256(path.read_bytes())
    for source in sorted(
        [*(ROOT / "course_utils").rglob("[!.]*.*"), *(ROOT / "data").rglob("[!.]*.*")]
    ):
        if "__pycache__" not in source.parts and source.is_file():
            digest.update(source.read_bytes())
    digest.update(repr((sys.version, _libraries(), os.environ.get("COURSE_REHEARSE"))).encode())
    return (folder or CACHE) / f"{path.stem}-{digest.hexdigest()[:16]}.ipynb"


@functools.cache  # a quarter of a second
def _libraries():
    return sorted(f"{d.name}=={d.version}" for d in metadata.distributions())


def keep(notebook: NotebookNode, place: Path) -> None:
    """Write an executed notebook where `cached` says, and delete what is kept of older ones."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_suffix(f".{os.getpid()}")
    try:
        nbformat.write(notebook, unfinished)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)
    for old in place.parent.glob(f"{place.stem.rpartition('-')[0]}-*.ipynb"):
        if old != place:
            old.unlink(missing_ok=True)


def executed(path: Path, folder: Path | None = None) -> NotebookNode:
    """The notebook with outputs and widget state, from the cache if nothing has changed."""
    place = cached(path, folder)
    if not place.exists():
        print(f"{path.name}: executing", flush=True)
        notebook = read(path)
        execute(notebook, store_widget_state=True)
        keep(notebook, place)
    return read(place)


def build(path: Path) -> Path:
    """Write the deck of a lesson and return its path."""
    body, _ = DeckExporter().from_notebook_node(
        executed(path), resources={"metadata": {"name": path.stem}}
    )
    OUT.mkdir(parents=True, exist_ok=True)
    deck = OUT / f"{path.stem}.html"
    deck.write_text(body, "utf-8")
    print(f"{deck.relative_to(ROOT)}: {deck.stat().st_size / 1e6:.2f} MB", flush=True)
    return deck


def write_index(folder: Path = OUT) -> None:
    """A page with a link to every deck that is in the folder, under the lesson's title."""
    rows = []
    for deck in sorted(folder.glob("[0-9][0-9]_*.html")):
        text = deck.read_text("utf-8")
        title, slides = TITLE.findall(text)[0], SLIDES.findall(text)[0]
        rows.append(f'<li><a href="{deck.name}">{title}</a> <small>{slides}</small></li>')
    (folder / "index.html").write_text(INDEX.format(rows="\n".join(rows)), "utf-8")


def main(numbers: list[str]) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the tests, and as the lessons were run
    fetch_libraries()
    for path in select(numbers):
        if path.name[:2] != "00":
            build(path)
    write_index()


if __name__ == "__main__":
    main(sys.argv[1:])
