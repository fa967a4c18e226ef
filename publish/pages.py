"""A lesson as a page of the site: texts as they are written, outputs that need no kernel.

A page is MyST Markdown, which Sphinx reads. Each output becomes HTML beside its files: a picture,
or the state of a widget or a figure as a script, which the page loads when a reader comes near.
"""

import base64
import io
import json
import re
from collections.abc import Callable
from hashlib import sha256
from html import escape
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

from publish import formulas
from publish.exporter import FENCED, PLOTLY, STATE, VIEW, shows, without_note

FILES = "files"  # the folder of what pages load, beside them
SPOKEN = (
    "clip-path:inset(50%)"  # an alt text once more, for JupyterLab, which drops that of a picture
)
MATHS = re.compile(r"(?<![\\$])\$([^$\n]+)\$")
LINK = re.compile(r"(?<!!)\]\((?!\w+:)([\w.]*)#([^()\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def prose(text: str, picture: Callable[[str, str], str] | None = None) -> str:
    """The Markdown of a cell as Sphinx shall read it.

    What is folded begins and ends a paragraph, so that all in it is read as Markdown; a bar within
    a formula divides no table; a link to a heading has the form of the site; a note's mark goes.
    """
    code: list[str] = []

    def aside(block):
        code.append(block[0])
        return f"\0{len(code) - 1}\0"

    text = FENCED.sub(aside, text)
    text = re.sub(r"^<!--.*?-->\n?", "\n", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"<summary>.*?</summary>", _summary, text, flags=re.DOTALL)
    text = re.sub(r"(</summary>|</?details>)[ \t]*\n?", r"\1\n\n", text)
    text = re.sub(r"\n?(<details>|</details>)", r"\n\n\1", text)
    text = re.sub(r"<details>\s*<summary>", "<details><summary>", text)
    text = re.sub(r"^\|.*$", _row, text, flags=re.MULTILINE)
    text = LINK.sub(lambda link: f"]({link[1]}#{slug(link[2])})", text)
    if picture:
        text = IMAGE.sub(lambda image: picture(*image.groups()), text)
    return re.sub(r"\0(\d+)\0", lambda mark: code[int(mark[1])], text)


def slug(heading: str) -> str:
    """The name of a heading in an address, as Sphinx and GitHub make it."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def _summary(found):
    return MATHS.sub(lambda formula: formulas.html(formula[1]), found[0].replace("\n", " "))


def _row(found):
    return MATHS.sub(lambda formula: formula[0].replace("|", r"\vert "), found[0])


def raw(html: str) -> str:
    """HTML inside MyST."""
    return f"``````{{raw}} html\n{html}\n``````"


class Files:
    """What pages load, written once each into a folder beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FILES
        self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes, suffix: str) -> str:
        """Write a file under a name that tells its content, and return its address on a page."""
        name = f"{sha256(content).hexdigest()[:12]}{suffix}"
        (self.folder / name).write_bytes(content)
        return f"{FILES}/{name}"

    def script(self, value: object) -> str:
        """A value as a script, for site.js; a page opened from a folder can load nothing else."""
        return self.put(f"course({json.dumps(value, ensure_ascii=False)});\n".encode(), ".js")

    def picture(self, content: bytes, alt: str, width: int | None = None) -> str:
        """An `<img>` with its size, so that nothing jumps when it comes."""
        image, buffer = Image.open(io.BytesIO(content)), io.BytesIO()
        wide = width or image.width
        exact = wide >= image.width / 2
        if not exact:  # more pixels than any screen shows
            image = image.resize((2 * wide, round(2 * wide * image.height / image.width)))
        image.save(buffer, "webp", lossless=exact, method=2 if exact else 6)
        high = round(wide * image.height / image.width)
        return (
            f'<img src="{self.put(buffer.getvalue(), ".webp")}" alt="{escape(alt)}" '
            f'width="{wide}" height="{high}" loading="lazy" decoding="async">'
        )

    def widget(self, state: dict, still: str) -> str:
        """The place of a widget, which shows a picture until a reader comes near."""
        values = dict(state["state"])
        code = self.script(values.pop("_esm"))
        values.pop("_css", None)
        model = self.script({"state": values, "buffers": state.get("buffers", [])})
        return f'<div class="widget" data-code="{code}" data-state="{model}">{still}</div>'


def page(notebook: NotebookNode, files: Files, folder: Path, tools: str = "") -> str:
    """The MyST text of a lesson; `tools` is HTML that stands below its title."""
    states = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    alive = {name for name, state in states.items() if state["model_module"] == "anywidget"}

    def picture(alt, path):
        content = (folder / path).read_bytes()
        return raw(f"<p>{files.picture(content, alt, 800)}</p>")

    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(prose(cell.source, picture))
        elif cell.cell_type == "code":
            parts.append(_code(cell))
            outputs = [out for out in _merged(cell.outputs) if shows(out, alive)]
            parts += [_output(out, files, states) for out in outputs]
    title, _, rest = parts[0].strip().partition("\n")
    return "\n\n".join([title, raw(tools), rest, *parts[1:]]) + "\n"


def _code(cell):
    fence = f"`````python\n{cell.source}\n`````"
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        summary = "<summary>The code of what follows</summary>"
        fence = f'<details class="code">{summary}\n\n{fence}\n\n</details>'
    return fence if cell.source.strip() else ""


def _merged(outputs):
    """The outputs, those of one stream in one."""
    merged: list[NotebookNode] = []
    for out in outputs:
        if merged and out.get("name") and out.get("name") == merged[-1].get("name"):
            merged[-1].text += out.text
        else:
            merged.append(NotebookNode(out))
    return merged


def _output(out, files, states):
    data = out.get("data", {"text/plain": out.get("text", "")})
    about = out.get("metadata", {}).get("image/png", {})
    still = ""
    if "image/png" in data:
        png = data["image/png"]
        if VIEW in data and about.get("note"):
            png = without_note(png, about["note"])
        still = files.picture(base64.b64decode(png), about.get("alt", ""), about.get("width"))
    if VIEW in data:
        return raw(files.widget(states[data[VIEW]["model_id"]], still))
    if PLOTLY in data:
        figure = files.script(data[PLOTLY])
        return raw(f'<div class="plotly-figure" data-state="{figure}">{still}</div>')
    if still:
        return raw(f'<p class="figure">{still}</p>')
    if "text/markdown" in data:
        return prose(data["text/markdown"])
    if "text/html" in data:
        return "" if SPOKEN in data["text/html"] else raw(data["text/html"])
    text = escape(data["text/plain"].rstrip())
    return raw(f'<pre class="output">{text}</pre>') if text else ""
