"""One self-contained reveal.js deck for each notebook: no kernel, no network, widgets alive.

Slides come from the standard `slideshow` metadata. Two things are added, so that one text serves
readers and listeners. The tag `hide-input` hides the code of a cell. In a Markdown cell, what
follows a line `<!-- notes -->` is for the speaker, what follows `<!-- notes of the next slide -->`
too, one slide later; and what stands before the heading of a new slide goes with the slide before.

A deck is alone in its folder. So a link to the bibliography becomes the address that is given
there, and any other link to a file of the course, or to a place in it, plain text.
"""

import base64
import copy
import gzip
import json
import re
from pathlib import Path

from markupsafe import Markup
from nbconvert.exporters.slides import SlidesExporter
from nbformat import from_dict
from nbformat.v4 import new_markdown_cell
from pygments.formatters import HtmlFormatter
from traitlets import default
from traitlets.config import Config

HERE = Path(__file__).parent
NODE = HERE / "node_modules"
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
REFERENCES = HERE.parent / "notebooks" / "references.md"
LOCAL_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\((?!\w+:)([^()\s]*)\)")
NOTES, NEXT_NOTES = "<!-- notes -->", "<!-- notes of the next slide -->"
SHOWN = [PLOTLY, VIEW, "text/html", "text/markdown", "image/svg+xml", "image/png", "text/plain"]


class DeckExporter(SlidesExporter):
    """Notebook with stored outputs and widget state -> the HTML of a deck."""

    export_from_notebook = "Deck (one file, offline)"

    @default("template_name")
    def _template_name_default(self):
        return "deck"

    @default("extra_template_basedirs")
    def _extra_template_basedirs(self):
        return [str(HERE / "templates")]

    @default("exclude_anchor_links")
    def _no_anchor_links(self):
        return True

    @property
    def default_config(self):
        config = super().default_config
        hide = {"enabled": True, "remove_input_tags": {"hide-input"}}
        config.merge(Config({"TagRemovePreprocessor": hide}))
        config.NbConvertBase.display_data_priority = SHOWN
        return config

    def from_notebook_node(self, nb, resources=None, **keywords):
        nb = prepare(nb)
        resources = self._init_resources(resources)
        outputs = [out for cell in nb.cells for out in cell.get("outputs", [])]
        resources["deck"] = {
            "title": re.search(r"^# (.*)", nb.cells[0].source, re.MULTILINE)[1],
            "plotly": any(PLOTLY in out.get("data", {}) for out in outputs),
        }
        return super().from_notebook_node(nb, resources, **keywords)

    def _create_environment(self):
        environment = super()._create_environment()
        environment.globals.update(
            js=_js,
            packed=_packed,
            css=_css,
            katex_css=_katex_css,
            pygments_css=_pygments_css,
            data_json=_data,
        )
        return environment


def prepare(notebook):
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
            cell.outputs = [out for out in cell.outputs if _keep(out, alive)]
        elif cell.cell_type == "markdown":
            cell.source = LOCAL_LINK.sub(lambda link: _outward(link, known), cell.source)
    notebook.cells = [part for cell in notebook.cells for part in _split(cell)]
    notebook.cells = list(_with_headings(_delayed(notebook.cells)))
    return notebook


def addresses() -> dict[str, str]:
    """Target of a lesson's link to the bibliography -> the address given there, if any."""
    entries = re.split(r"^### ", REFERENCES.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {entry.split()[0]: re.search(r"\]\((\S+)\)", entry) for entry in entries}
    return {f"{REFERENCES.name}#{key}": link[1] for key, link in found.items() if link}


def _outward(link, known):
    text, target = link.groups()
    return f"[{text}]({known[target]})" if target in known else text


def _delayed(cells):
    """Notes of the next slide move behind the cell that starts it."""
    waiting = []
    for cell in cells:
        if cell.metadata.pop("next_slide", False):
            waiting.append(cell)
            continue
        yield cell
        if cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide"):
            yield from waiting
            waiting = []


def _with_headings(cells):
    """A slide that has no heading gets that of the slide before."""
    heading = ""
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        own = re.match(r"#+ (.*)", cell.source) if cell.cell_type == "markdown" else None
        if own:
            heading = own[1]
        elif kind in ("slide", "subslide"):
            yield new_markdown_cell(f"## {heading}", metadata={"slideshow": {"slide_type": kind}})
            del cell.metadata["slideshow"]
        yield cell


def _split(cell):
    """A Markdown cell with its notes before and after it, as cells of their own."""
    if cell.cell_type != "markdown":
        return [cell]
    before, after, later = "", "", ""
    if cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide"):
        before, heading, rest = re.match(
            r"(.*?)(^#+ |\Z)(.*)", cell.source, re.DOTALL | re.M
        ).groups()
        if heading:
            cell.source = heading + rest
        else:
            before = ""
    if NEXT_NOTES in cell.source:
        cell.source, later = cell.source.split(NEXT_NOTES, 1)
    if NOTES in cell.source:
        cell.source, after = cell.source.split(NOTES, 1)
    notes = {"slideshow": {"slide_type": "notes"}}
    parts = [
        new_markdown_cell(before, metadata=notes),
        cell,
        new_markdown_cell(after, metadata=notes),
        new_markdown_cell(later, metadata={**notes, "next_slide": True}),
    ]
    return [part for part in parts if part.source.strip()]


def _keep(out, alive):
    """Whether an output has something to show; takes the view of a dead widget out of it."""
    data = out.get("data", {})
    if VIEW in data and data[VIEW]["model_id"] not in alive:
        del data[VIEW]
        return bool(set(data) - {"text/plain"})
    return out.get("name") != "stderr"


def _js(path):
    text = (HERE / path).read_text("utf-8")
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


def _packed(path):
    """A large library at half its size; `unpack` in host.js runs it."""
    return Markup(base64.b64encode(gzip.compress((HERE / path).read_bytes(), mtime=0)).decode())


def _css(path):
    return Markup((HERE / path).read_text("utf-8").replace("</style", "<\\/style"))


def _katex_css():
    """KaTeX's style sheet with its fonts inside."""

    def inline(face):
        font = NODE / "katex/dist" / re.search(r"url\((fonts/[^)]*\.woff2)\)", face[0])[1]
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
