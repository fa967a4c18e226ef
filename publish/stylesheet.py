"""The style of all pages of the site, without the rules that no page has a use for."""

import re
import shutil
from pathlib import Path

import tinycss2

from publish.libraries import NODE
from publish.notebooks import ROOT

THEME = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "styles/sphinx-book-theme.css",
    "pygments.css",
)
WASTE = (
    "styles",
    "vendor",
    "locales",
    "basic.css",
    "pygments.css",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
)
SHOWN = ("show", "active", "fade", "tooltip", "tooltip-inner", "tooltip-arrow", "bs-tooltip-auto")
NAME = re.compile(r"[A-Za-z_][\w-]*")


def put_into(out: Path) -> None:
    """Put the style into each page, which so needs no second request, and fonts beside them.

    A rule of a theme stays if each class of its selector is a word of a page or of a script.
    """
    static = out / "_static"
    words = {*SHOWN}
    for path in out.glob("*.html"):
        words |= {*" ".join(re.findall(r'class="([^"]*)"', path.read_text("utf-8"))).split()}
    scripts = [
        path for path in static.rglob("*.js") if path.name not in ("bootstrap.js", "plotly.js")
    ]
    for path in [*scripts, *(out / "files").glob("*.js")]:
        for text in re.findall(
            r"\"[^\"\n]{1,60}\"|'[^'\n]{1,60}'|`[^`\n]{1,60}`", path.read_text("utf-8")
        ):
            words |= {*NAME.findall(text)}
    theme = "\n".join((static / name).read_text("utf-8") for name in THEME)
    katex = (NODE / "katex/dist/katex.min.css").read_text("utf-8")
    katex = re.sub(r",url\([^)]*\.(?:woff|ttf)\) format\(\"\w+\"\)", "", katex)
    (static / "fonts").mkdir(exist_ok=True)
    for font in (NODE / "katex/dist/fonts").glob("*.woff2"):
        shutil.copy(font, static / "fonts" / font.name)
    katex = katex.replace("url(fonts/", "url(_static/fonts/")
    ours = (ROOT / "publish/site.css").read_text("utf-8")
    text = "\n".join([used(theme, words), used(katex, words), ours])
    for path in out.glob("*.html"):
        page = path.read_text("utf-8").replace("/* all pages */", text)
        path.write_text(page, "utf-8")
    for waste in [
        *static.rglob("*.map"),
        *static.rglob("fontawesome*"),
        *(static / name for name in WASTE),
    ]:
        shutil.rmtree(waste) if waste.is_dir() else waste.unlink(missing_ok=True)


def used(text: str, words: set[str]) -> str:
    """The rules of a style sheet for which each class of a selector is among these words."""
    kept = []
    for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            selectors = tinycss2.serialize(rule.prelude)
            kept_selectors = [part for part in _split(selectors) if _wanted(part, words)]
            if kept_selectors:
                body = tinycss2.serialize(rule.content)
                kept.append(f"{','.join(kept_selectors)}{{{body}}}")
        elif (
            rule.type == "at-rule"
            and rule.content
            and rule.at_keyword in ("media", "supports", "layer")
        ):
            inner = used(tinycss2.serialize(rule.content), words)
            if inner:
                kept.append(
                    f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}{{{inner}}}"
                )
        elif rule.type == "at-rule" and not re.search("import|vendor", rule.serialize()):
            kept.append(rule.serialize())
    return "\n".join(kept)


def _wanted(selector, words):
    """A page may have what it selects; the signs are ours, and a row is a word of our widgets."""
    classes = _classes(selector)
    return classes <= words - {"row"} and not any(
        re.match("fa(-|[a-z]?$)", name) for name in classes
    )


def _split(selectors):
    """The selectors of a list; a comma within brackets divides none."""
    depth, start = 0, 0
    for place, sign in enumerate(selectors):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            yield selectors[start:place].strip()
            start = place + 1
    yield selectors[start:].strip()


def _classes(selector):
    """The classes that an element must have; those within :not(), :is() and the like may lack."""
    while (bare := re.sub(r"\([^()]*\)", "", selector)) != selector:
        selector = bare
    return {*re.findall(r"\.([A-Za-z_][\w-]*)", re.sub(r"\[[^\]]*\]", "", selector))}
