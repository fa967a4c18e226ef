"""What Sphinx does for the site beyond its own: formulas by KaTeX, and words of the glossary."""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from publish import formulas
from publish.notebooks import NOTEBOOKS
from publish.pages import slug

TERM = re.compile(r"^\| \*\*(.+?)\*\* \| (.*?) \| (.+) \| \[(\d\d)\]\((\S+)\) \|$", re.MULTILINE)
PLAIN = re.compile("[a-z]+").fullmatch
NO_TERMS_IN = (nodes.title, nodes.reference, nodes.literal, nodes.raw, nodes.FixedTextElement)


def setup(app: Sphinx) -> dict:
    app.add_html_math_renderer("katex", (_inline, None), (_alone, None))
    app.connect("doctree-resolved", explain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(self, node):
    self.body.append(f'<span class="formula">{_typeset(node, False)}</span>')
    raise nodes.SkipNode


def _alone(self, node):
    self.body.append(f'<div class="formula">{_typeset(node, True)}</div>')
    raise nodes.SkipNode


def _typeset(node, alone):
    try:
        return formulas.html(node.astext(), alone)
    except ValueError as error:
        raise ExtensionError(f"{node.source}: {error}") from None


def glossary() -> dict[str, str]:
    """Word of the glossary -> what it means, as plain text."""
    text = (NOTEBOOKS / "glossary.md").read_text("utf-8")
    return {word: re.sub(r"[*`]", "", meaning) for word, _, meaning, *_ in TERM.findall(text)}


def _forms(word):
    """A pattern for a word of the glossary, in the singular or the plural."""
    return re.escape(word) + ("" if word[-1] == "s" else "(?:s|es)?")


def known(lesson: str) -> set[str]:
    """The words to explain in a lesson: a plain word, such as code, only once it is a term."""
    rows = TERM.findall((NOTEBOOKS / "glossary.md").read_text("utf-8"))
    return {word.casefold() for word, *_, first, _ in rows if first <= lesson or not PLAIN(word)}


def explain(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Make the first place of each word in a section of a lesson a link to what it means."""
    if not re.match(r"\d\d_", name):
        return
    words = known(name[:2])
    forms = "|".join(map(_forms, sorted(words, key=len, reverse=True)))
    pattern = re.compile(rf'"[^"]+"|(?<![\w-])(?:{forms})(?![\w-])', re.IGNORECASE)
    for section in _sections(doctree):
        seen: set[str] = set()
        for text in list(_texts(section)):
            parts: list[nodes.Node] = []
            end = 0
            for found in pattern.finditer(text.astext()):
                folded = found[0].casefold()
                word = next((w for w in (folded, folded[:-1], folded[:-2]) if w in words), "")
                if not word or word in seen:  # what is quoted is a title, and no word
                    continue
                seen.add(word)
                address = f"{app.builder.get_relative_uri(name, 'glossary')}#term-{slug(word)}"
                link = nodes.reference("", found[0], refuri=address, internal=True)
                link["classes"].append("term")
                parts += [nodes.Text(text.astext()[end : found.start()]), link]
                end = found.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(text.astext()[end:])])


def _sections(doctree) -> Iterator[nodes.section]:
    """The parts of a page between its second headings; their texts are each in one part alone."""
    for top in doctree.findall(nodes.section):
        if isinstance(top.parent, nodes.document):
            yield top
            yield from (part for part in top.children if isinstance(part, nodes.section))


def _texts(section) -> Iterator[nodes.Text]:
    for text in section.findall(nodes.Text):
        above = text.parent
        while above is not section and not isinstance(above, NO_TERMS_IN):
            nested = isinstance(above, nodes.section) and isinstance(section.parent, nodes.document)
            if nested:
                break
            above = above.parent
        if above is section:
            yield text
