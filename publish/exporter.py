"""One self-contained reveal.js deck for each notebook: no kernel, no network, widgets alive.

Slides come from the standard `slideshow` metadata. Two things are added, so that one text serves
readers and listeners. The tag `hide-input` hides the code of a cell. In a Markdown cell, what
follows a line `<!-- notes -->` is for the speaker of the cell's slide, what follows
`<!-- notes of the next slide -->` for that of the next slide; and what stands before the heading
of a new slide, to look back, for that of the slide before. A slide without a heading has that of
the section in which it stands.

A deck is alone in its folder. So a link to the bibliography becomes the address that is given
there, and any other link to a file of the course, or to a place in it, plain text.
"""

import base64
import copy
import gzip
import io
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from nbconvert.exporters.slides import SlidesExporter
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_markdown_cell
from PIL import Image
from pygments.formatters import HtmlFormatter
from traitlets import default
from traitlets.config import Config

from course_utils.training import BAR
from course_utils.widgets.base import EXPORT, IMPORT
from publish.libraries import NODE
from publish.notebooks import NOTEBOOKS, ROOT

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
REFERENCES = NOTEBOOKS / "references.md"
LOCAL_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\((?!\w+:)([^()\s]*)\)")
NOTES, NEXT_NOTES = "<!-- notes -->", "<!-- notes of the next slide -->"
EMPTY_HEADING = re.compile(r"<th[^>]*>\s*</th>")  # which a screen reader would read out as one
HEADING = re.compile(r"^#{1,6} (.*)", re.MULTILINE)
FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1[^\n]*", re.MULTILINE | re.DOTALL)
SHOWN = [PLOTLY, VIEW, "text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain"]


class DeckExporter(SlidesExporter):
    """Notebook with stored outputs and widget state -> the HTML of a deck."""

    export_from_notebook = "Deck (one file, offline)"

    @default("template_name")
    def _template_name_default(self):
        return "deck"

    @default("extra_template_basedirs")
    def _extra_template_basedirs(self):
        return [str(ROOT / "publish" / "templates")]

    @default("exclude_anchor_links")
    def _no_anchor_links(self):
        return True

    @property
    def default_config(self) -> Config:
        config = Config(super().default_config)
        hide = {"enabled": True, "remove_input_tags": {"hide-input"}}
        config.merge(Config({"TagRemovePreprocessor": hide}))
        config.NbConvertBase.display_data_priority = SHOWN
        return config

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **keywords: Any
    ) -> tuple[str, dict]:
        nb = prepare(nb)
        title = re.match(r"# (.*)", nb.cells[0].source)
        if not title:
            raise ValueError('the first cell of a deck begins with its title, a line "# ..."')
        resources = self._init_resources(resources)
        outputs = [out for cell in nb.cells for out in cell.get("outputs", [])]
        resources["deck"] = {
            "title": title[1],
            "slides": sum(_starts(cell) for cell in nb.cells),
            "plotly": any(PLOTLY in out.get("data", {}) for out in outputs),
        }
        body, resources = super().from_notebook_node(nb, resources, **keywords)
        return EMPTY_HEADING.sub("<td></td>", body), resources

    def _create_environment(self):
        environment = super()._create_environment()
        functions: dict[str, Any] = dict(
            js=_js,
            packed=_packed,
            css=_css,
            katex_css=_katex_css,
            pygments_css=_pygments_css,
            data_json=_data,
        )
        environment.globals.update(functions)
        return environment


def prepare(notebook: NotebookNode) -> NotebookNode:
    """A copy for the deck: notes split off, dead links and widgets that need a kernel replaced."""
    notebook, known = copy.deepcopy(notebook), addresses()
    states = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    alive = {name for name, state in states.items() if state["model_module"] == "anywidget"}
    if alive:
        kept = {name: states[name] for name in alive}
        notebook.metadata.widgets = from_dict({STATE: {"state": kept}})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace("\n\n\n", "\n\n")
            cell.outputs = [out for out in cell.outputs if shows(out, alive)]
        elif cell.cell_type == "markdown":
            cell.source = LOCAL_LINK.sub(lambda link: _outward(link, known), cell.source)
    notebook.cells = [cell for slide in _slides(notebook.cells) for cell in slide.with_notes()]
    return notebook


def addresses() -> dict[str, str]:
    """Target of a lesson's link to the bibliography -> the address given there, if any."""
    entries = re.split(r"^### ", REFERENCES.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {entry.split()[0]: re.search(r"\]\((\S+)\)", entry) for entry in entries}
    return {f"{REFERENCES.name}#{key}": link[1] for key, link in found.items() if link}


def _outward(link, known):
    text, target = link.groups()
    return f"[{text}]({known[target]})" if target in known else text


@dataclass
class Slide:
    """The cells that a slide shows, and the texts that its speaker reads."""

    cells: list = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def with_notes(self) -> list[NotebookNode]:
        """Its cells, all notes in one behind the first: no fragment may hide a note."""
        first, *others = self.cells
        notes = "\n\n".join(note.strip() for note in self.notes if note.strip())
        notes = notes.replace("<details>", "<details open>")  # the speaker knows the answers
        metadata = {"slideshow": {"slide_type": "notes"}}
        return [first, *([new_markdown_cell(notes, metadata=metadata)] if notes else []), *others]


def _slides(cells) -> list[Slide]:
    """The slides of a notebook; a skipped cell counts to the slide that it stands in."""
    slides, notes_of_next, heading = [], [], ""
    for cell in cells:
        starts = not slides or _starts(cell)
        before, shown, notes, later = _parts(cell, starts)
        if starts:
            if slides:
                slides[-1].notes.append(before)
            slides.append(Slide(notes=notes_of_next))
            notes_of_next = []
        slide, headings = slides[-1], _headings(shown) if cell.cell_type == "markdown" else []
        if starts and not headings:
            place = {"slideshow": cell.metadata.pop("slideshow", {"slide_type": "slide"})}
            slide.cells.append(new_markdown_cell(f"## {heading}", metadata=place))
        heading = headings[-1][1] if headings else heading
        if shown.strip() or cell.cell_type == "code":
            cell.source = shown
            slide.cells.append(cell)
        slide.notes.append(notes)
        notes_of_next.append(later)
    slides[-1].notes += notes_of_next  # there is no next one
    return slides


def _kind(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type")


def _starts(cell):
    return _kind(cell) in ("slide", "subslide")


def _headings(text) -> list[re.Match]:
    """The headings of a Markdown text; a comment in a block of code is none."""
    return list(HEADING.finditer(FENCED.sub(lambda block: " " * len(block[0]), text)))


def _parts(cell, starts) -> tuple[str, str, str, str]:
    """Of a cell: notes of the slide before, what is shown, notes, notes of the next slide."""
    if cell.cell_type != "markdown":
        return "", cell.source, "", ""
    parts = {None: "", NOTES: "", NEXT_NOTES: ""}
    pieces = re.split(f"({NOTES}|{NEXT_NOTES})", cell.source)
    for mark, text in zip([None, *pieces[1::2]], pieces[::2], strict=True):
        parts[mark] += text
    shown, notes, later = parts.values()
    if _kind(cell) == "notes":
        return "", "", shown + notes, later
    headings = _headings(shown) if starts else []
    top = headings[0].start() if headings else 0
    return shown[:top], shown[top:], notes, later


def shows(out: NotebookNode, alive: Collection[str]) -> bool:
    """Whether an output has something to show; takes the view of a dead widget out of it."""
    data = out.get("data", {})
    if BAR in out.get("metadata", {}):
        return False
    if VIEW in data and data[VIEW]["model_id"] not in alive:
        del data[VIEW]
        if note := out.metadata.get("image/png", {}).get("note"):
            data["image/png"] = without_note(data["image/png"], note)
        return bool(set(data) - {"text/plain"})
    return out.get("name") != "stderr"


def without_note(picture: str, height: int) -> str:
    """A stored picture without the line below it that says how to revive it: a deck has no cell."""
    image, buffer = Image.open(io.BytesIO(base64.b64decode(picture))), io.BytesIO()
    image.crop((0, 0, image.width, image.height - height)).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def _js(path):
    text = joined(path)
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


def joined(path: str) -> str:
    """A script as one text: behind the scripts beside it that it imports."""
    text = (ROOT / path).read_text("utf-8")
    names = IMPORT.findall(text)
    parts = [(ROOT / path).with_name(f"{name}.js").read_text("utf-8") for name in names]
    return "\n".join([*(EXPORT.sub("", part) for part in parts), IMPORT.sub("", text)])


def _packed(path):
    """A large library at half its size; `unpack` in host.js runs it."""
    return Markup(base64.b64encode(gzip.compress((ROOT / path).read_bytes(), mtime=0)).decode())


def _css(path):
    return Markup((ROOT / path).read_text("utf-8").replace("</style", "<\\/style"))


def _katex_css():
    """KaTeX's style sheet with its fonts inside."""

    def inline(face):
        font = NODE / "katex/dist" / re.findall(r"url\((fonts/[^)]*\.woff2)\)", face[0])[0]
        data = base64.b64encode(font.read_bytes()).decode()
        source = f'src:url(data:font/woff2;base64,{data}) format("woff2")'
        return re.sub(r"src:[^;}]*", source, face[0])

    text = (NODE / "katex/dist/katex.min.css").read_text("utf-8")
    return Markup(re.sub(r"@font-face\{[^}]*\}", inline, text))


def _pygments_css():
    return Markup(HtmlFormatter(style="default").get_style_defs(".highlight"))


def _data(value):
    """JSON that is safe inside a <script> element."""
    return Markup(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c"))
