"""Builds build/site, the course as a site: it opens from a folder, and from any server.

python -m publish.site             all lessons
python -m publish.site 01          only these

Sphinx makes pages of the lessons as `publish.pages` writes them down. A lesson is executed if no
deck has executed it before. If COURSE_REPOSITORY names a public repository, such as
https://github.com/YOU/COURSE, each page can be started on Binder, and on Colab if it is on GitHub.
"""

import base64
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Collection
from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit

import jinja2
from nbformat import NotebookNode
from sphinx.application import Sphinx

from course_utils.density import ImageDensity
from course_utils.widgets.base import CourseWidget
from course_utils.widgets.trainer import Trainer
from publish import build, course_map, extension, pages, stylesheet
from publish.exporter import joined, without_note
from publish.libraries import NODE
from publish.notebooks import NOTEBOOKS, ROOT, read, select

OUT = ROOT / "build" / "site"
WORK = ROOT / "build" / "site-source"
TEMPLATES = ROOT / "publish" / "templates" / "site"
TITLE = "Generative models, checked"
ROW = re.compile(
    r"^\| \[(\d\d) ([^\]]*)\]\((?:notebooks/)?(\S+)\) \| (.*?) \| (.*?) \|(?: (.*?) \|)?$", re.M
)
PARTS = {"Begin": "00", "Part one": "10", "Part two": "99"}  # and its last lesson
PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>')  # of code: it has no colour of its own
SETTINGS = {
    "project": TITLE,
    "extensions": ["myst_parser", "publish.extension"],
    "html_theme": "sphinx_book_theme",
    "html_title": TITLE,
    "html_math_renderer": "katex",
    "html_permalinks_icon": "#",
    "html_copy_source": False,
    "html_show_sphinx": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    "html_use_index": False,
    "html_last_updated_fmt": None,
    "myst_enable_extensions": ["dollarmath"],
    "myst_dmath_double_inline": True,
    "myst_heading_anchors": 4,
    "myst_update_mathjax": False,
    "smartquotes": False,
    "templates_path": [str(TEMPLATES)],
    "suppress_warnings": ["misc.highlighting_failure", "myst.header"],
    "html_theme_options": {
        "use_download_button": False,
        "use_fullscreen_button": False,
        "home_page_in_toc": False,
        "navbar_persistent": [],
        "footer_content_items": ["extra-footer.html"],
        "extra_footer": "Code: MIT. Text and figures: CC BY 4.0.",
        "search_bar_text": "Search the lessons",
        "toc_title": "On this page",
        "back_to_top_button": False,
        "pygments_light_style": "a11y-high-contrast-light",
        "pygments_dark_style": "a11y-high-contrast-dark",
    },
}


def build_site(
    paths: Collection[Path],
    out: Path = OUT,
    executed: Callable[[Path], NotebookNode] = build.executed,
) -> list[str]:
    """Write the site of these lessons into a folder, and return what Sphinx warns of."""
    source = WORK / out.name
    for folder in (source, out):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    files, lessons, texts = pages.Files(out), facts(), {}
    for path in paths:
        text = pages.page(executed(path), files, NOTEBOOKS, _tools(path, lessons, out))
        texts[path.stem] = text
        (source / f"{path.stem}.md").write_text(_local(text, paths), "utf-8")
        (out / "notebooks").mkdir(exist_ok=True)
        shutil.copy(path, out / "notebooks" / path.name)
    if (out / "slides").exists():
        build.write_index(out / "slides")
    for name in ("glossary", "references"):
        text = pages.prose((NOTEBOOKS / f"{name}.md").read_text("utf-8"))
        text = extension.TERM.sub(_place, text) if name == "glossary" else text
        (source / f"{name}.md").write_text(_local(text, paths), "utf-8")
    (source / "index.md").write_text(_first_page(paths, lessons, files, out, texts), "utf-8")
    (out / ".nojekyll").touch()
    warned = io.StringIO()
    app = Sphinx(
        source, None, out, WORK / "doctrees", "html", SETTINGS, None, warned, freshenv=True
    )
    app.build(force_all=True)
    _finish(out)
    return warned.getvalue().splitlines()


def facts() -> dict[str, dict[str, str]]:
    """File of each lesson -> its number and title, question, needs, words, minutes and seconds."""
    found: dict[str, dict[str, str]] = {}
    for number, title, file, about, read_in, run_in in ROW.findall(
        (ROOT / "README.md").read_text("utf-8")
    ):
        found[file] = dict(number=number, title=title, about=about, read=read_in, run=run_in)
    for _, _, file, question, needs, _ in ROW.findall(read(select(["00"])[0]).cells[0].source):
        found.setdefault(file, {}).update(question=question, needs=needs)
    return found


def _tools(path, lessons, out):
    """The line below a title: minutes, and what a reader can take along or start."""
    fact = lessons.get(path.name, {})
    said = f"{fact['read']} to read, {fact['run']} to compute" if fact.get("read") else ""
    links = [("notebook", f"notebooks/{path.name}", " download")]
    deck = build.OUT / f"{path.stem}.html"
    if deck.exists():
        (out / "slides").mkdir(exist_ok=True)
        shutil.copy(deck, out / "slides" / deck.name)
        links.append(("slides", f"slides/{deck.name}", ""))
    links += [(name, address, ' rel="noopener"') for name, address in launches(path)]
    items = [f'<a href="{escape(to)}"{more}>{name}</a>' for name, to, more in links]
    return f'<p class="tools"><span>{said}</span> {" ".join(items)}</p>'


def launches(path: Path) -> list[tuple[str, str]]:
    """Where a lesson can be started, if COURSE_REPOSITORY names a public repository.

    Raises:
        SystemExit: it is no address of one.
    """
    address = os.environ.get("COURSE_REPOSITORY", "").strip().rstrip("/").removesuffix(".git")
    if not address:
        return []
    parts = urlsplit(address)
    if parts.scheme != "https" or parts.path.count("/") != 2:
        raise SystemExit(
            f"COURSE_REPOSITORY must be an address such as https://github.com/YOU/COURSE, "
            f"not {address}."
        )
    place = f"notebooks/{path.name}"
    lab = quote(f"lab/tree/{place}", safe="")
    host = {"github.com": "gh", "gitlab.com": "gl"}.get(parts.netloc)
    name = parts.path[1:] if host == "gh" else quote(parts.path[1:] if host else address, safe="")
    found = [("Binder", f"https://mybinder.org/v2/{host or 'git'}/{name}/HEAD?urlpath={lab}")]
    if host == "gh":
        colab = f"https://colab.research.google.com/github{parts.path}/blob/HEAD/{place}"
        found.append(("Colab", colab))
    return found


def _local(text, paths):
    """Links to lessons that are not built here become plain text."""
    built = {path.name for path in paths}

    def lead(link):
        return link[0] if link[2] in built else link[1]

    return (
        re.sub(r"\[([^\[\]]*)\]\((\w+\.ipynb)(?:#[^)]*)?\)", lead, text)
        .replace(".ipynb)", ".md)")
        .replace(".ipynb#", ".md#")
    )


def _place(row):
    """A row of the glossary, with a name in its page's address."""
    return row[0].replace("| **", f'| <span id="term-{pages.slug(row[1].casefold())}"></span>**', 1)


def _first_page(paths, lessons, files, out, texts):
    """The invitation: a live canvas, what one will be able to do, the map, three ways to begin."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True)
    rows, parts = [], {name: [] for name in PARTS}
    for path in paths:
        number, fact = path.stem[:2], lessons.get(path.name, {})
        parts[next(name for name, last in PARTS.items() if number <= last)].append(path.stem)
        picture = re.search(r"<img [^>]*>", texts[path.stem])
        row = {"page": f"{path.stem}.html", "number": number, **fact}
        row["picture"] = re.sub(r'alt="[^"]*"', 'alt=""', picture[0]) if picture else ""
        row["after"] = " and ".join(re.findall(r"\d\d", fact.get("needs", ""))[-2:])
        rows.append(row)
    parts["To look up"] = ["glossary", "references"]
    first = next((path for path in paths if path.stem[:2] == "01"), paths[0])
    return environment.get_template("index.md.j2").render(
        raw=lambda caller: pages.raw(caller().strip()),
        title=TITLE,
        live=shown(Trainer(ImageDensity.from_file("spiral")), files),
        first=f"{first.stem}.html",
        start=f"{paths[0].stem}.html#your-machine",
        lessons=rows,
        map=course_map.drawn(rows),
        launches=launches(paths[0]),
        slides=(out / "slides").exists(),
        parts=[(name, group) for name, group in parts.items() if group],
    )


def shown(widget: CourseWidget, files: pages.Files) -> str:
    """The place of a widget of ours, as it is before anybody has touched it."""
    data, about = widget._repr_mimebundle_()
    still = without_note(data["image/png"], about["image/png"]["note"])
    values, buffers = {}, []
    for name, value in widget.get_state().items():
        if isinstance(value, bytes):
            text = base64.b64encode(value).decode()
            buffers.append({"path": [name], "data": text, "encoding": "base64"})
        else:
            values[name] = value
    size = about["image/png"].get("width")
    picture = files.picture(base64.b64decode(still), widget.alt, size)
    return files.widget({"state": values, "buffers": buffers}, picture)


def _finish(out):
    """What pages share: one style sheet, our script, the glossary's words, plotly."""
    static = out / "_static"
    words = {
        f"term-{pages.slug(word.casefold())}": text for word, text in extension.glossary().items()
    }
    (static / "terms.js").write_text(f"course({json.dumps(words, ensure_ascii=False)});\n", "utf-8")
    (static / "site.js").write_text(f"(() => {{\n{joined('publish/site.js')}}})();\n", "utf-8")
    shutil.copy(NODE / "plotly.js-gl3d-dist-min/plotly-gl3d.min.js", static / "plotly.js")
    for path in out.glob("*.html"):
        path.write_text(PLAIN.sub(r"\1", path.read_text("utf-8")), "utf-8")
    stylesheet.put_into(out)


def main(numbers: list[str]) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the decks, and as the lessons were run
    build.main(numbers)
    warned = build_site(select(numbers))
    print(*warned, sep="\n", file=sys.stderr)
    size = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file())
    print(f"{(OUT / 'index.html').relative_to(ROOT)}: {size / 1e6:.0f} MB with all that it needs")
    if warned:
        raise SystemExit("The site is built, but some of it is not as it should be; see above.")


if __name__ == "__main__":
    main(sys.argv[1:])
