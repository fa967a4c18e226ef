"""From a notebook to the text of a page, and what pages share; no page is built here."""

import base64
import io

import pytest
from docutils.core import publish_doctree
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from publish import course_map, extension, formulas, pages, site, stylesheet
from publish.notebooks import select
from tests.deck import fetch_libraries


@pytest.fixture(scope="module", autouse=True)
def libraries():
    fetch_libraries()


# ---- texts


def test_what_is_folded_is_read_as_markdown():
    text = "<details>\n<summary>Solution</summary>\n"
    text += "```python\nx = '<details>'\n```\n</details>\nAfter."
    assert pages.prose(text).split("\n\n") == [
        "",
        "<details><summary>Solution</summary>",
        "```python\nx = '<details>'\n```",
        "</details>",
        "After.",
    ]


def test_a_formula_in_a_summary_is_typeset():
    assert 'class="katex"' in pages.prose(
        "<details><summary>(a) $x^2$</summary>\n\nb\n\n</details>"
    )


@pytest.mark.parametrize(
    "text, expected",
    [
        (r"| $p(x|y)$ | b |", r"| $p(x\vert y)$ | b |"),
        (r"| \$5 | a$b | c |", r"| \$5 | a$b | c |"),
        ("no table: $x|y$", "no table: $x|y$"),
        ("[a](02_gan_2d.ipynb#The-game)", "[a](02_gan_2d.ipynb#the-game)"),
        ("[a](#Where-is-log-p(x)?)", "[a](#Where-is-log-p(x)?)"),
        ("[a](references.md#ho2020)", "[a](references.md#ho2020)"),
        ("[a](https://x.org/#A-b)", "[a](https://x.org/#A-b)"),
        ("said\n\n<!-- notes -->\n\nmore", "said\n\n\n\nmore"),
        ("```\n| $x|y$ |\n```", "```\n| $x|y$ |\n```"),
    ],
)
def test_texts_are_mended(text, expected):
    assert pages.prose(text) == expected


# ---- outputs


def png(width=200, height=100):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "orange").save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def page_of(folder, *outputs, **metadata):
    cell = new_code_cell("x = 1", outputs=list(outputs), metadata=metadata)
    notebook = new_notebook(cells=[new_markdown_cell("# A\n\nb"), cell])
    return pages.page(notebook, pages.Files(folder), folder, "<p>tools</p>")


def test_a_picture_has_its_words_and_its_size(tmp_path):
    metadata = {"image/png": {"alt": 'An orange "flag"', "width": 150}}
    out = new_output("display_data", {"image/png": png()}, metadata=metadata)
    page = page_of(tmp_path, out)
    assert 'alt="An orange &quot;flag&quot;" width="150" height="75" loading="lazy"' in page
    (file,) = (tmp_path / "files").iterdir()
    assert Image.open(file).size == (200, 100) and f"files/{file.name}" in page


def test_plotly_keeps_its_form_behind_its_picture(tmp_path):
    figure = {"data": [{"type": "scatter3d"}], "layout": {"width": 300}}
    data = {"application/vnd.plotly.v1+json": figure, "image/png": png()}
    page = page_of(tmp_path, new_output("display_data", data))
    assert '<div class="plotly-figure" data-state="files/' in page and "<img" in page
    (script,) = (tmp_path / "files").glob("*.js")
    assert script.read_text().startswith('course({"data": [{"type": "scatter3d"}]')


def test_streams_are_one_and_errors_of_a_terminal_go(tmp_path):
    streams = [("stdout", "✓ a <b>\n"), ("stderr", "warned"), ("stdout", "c\n")]
    page = page_of(tmp_path, *(new_output("stream", name=n, text=t) for n, t in streams))
    assert "✓ a &lt;b&gt;" in page and "warned" not in page


def test_a_table_stays_markdown_and_spoken_words_are_not_said_twice(tmp_path):
    table = new_output("display_data", {"text/markdown": "**T**\n\n| a |\n| --- |\n| $x|y$ |"})
    spoken = new_output("display_data", {"text/html": f"<p style='{pages.SPOKEN}'>Figure</p>"})
    page = page_of(tmp_path, table, spoken)
    assert r"| $x\vert y$ |" in page and "Figure" not in page


def test_hidden_code_is_folded(tmp_path):
    assert "<details" not in page_of(tmp_path)
    assert '<details class="code">' in page_of(tmp_path, jupyter={"source_hidden": True})


# ---- what pages share


def test_a_formula_is_html_and_mathml_and_a_wrong_one_is_refused():
    text = formulas.html(r"\frac{1}{2}")
    assert "<math>" in text and "katex-html" in text and "annotation" not in text
    assert "katex-display" in formulas.html("x", alone=True)
    with pytest.raises(ValueError, match="KaTeX parse error"):
        formulas.html(r"\frac{1}")


def test_only_rules_that_a_page_can_use_stay():
    text = """.a, .b > p { color: red } .c:not(.d) { color: blue } .fa-sun { color: red }
    p { margin: 0 } @media print { .b { color: red } .a { color: red } }
    @import "x.css"; [class*="q"] { top: 0 }"""
    kept = stylesheet.used(text, {"a", "c", "fa-sun"})
    assert kept.splitlines() == [
        ".a{ color: red }",
        ".c:not(.d){ color: blue }",
        "p{ margin: 0 }",
        "@media print{.a{ color: red }}",
        '[class*="q"]{ top: 0 }',
    ]


def test_the_map_leads_to_each_lesson_from_the_last_that_it_needs():
    lessons = [
        {"number": "01", "page": "1.html", "title": "A", "needs": "nothing"},
        {"number": "02", "page": "2.html", "title": "B <b>", "needs": "01"},
        {"number": "03", "page": "3.html", "title": "C", "needs": "01, 02"},
        {"number": "00", "page": "0.html", "title": "no place"},
    ]
    drawn = course_map.drawn(lessons)
    assert drawn.count("<path") == 2 and drawn.count("<circle") == 3
    assert 'aria-label="02 B &lt;b&gt;"' in drawn and "no place" not in drawn


def test_readme_and_first_lesson_tell_all_that_the_first_page_says():
    facts = site.facts()
    for path in select():
        fact = facts[path.name]
        assert fact["number"] == path.stem[:2] and "min" in fact["read"]
        assert path.stem[:2] == "00" or (fact["question"].endswith("?") and fact["needs"])


@pytest.mark.parametrize(
    "address, names",
    [
        ("", []),
        ("https://github.com/a/b.git", ["Binder", "Colab"]),
        ("https://gitlab.com/a/b", ["Binder"]),
        ("https://example.org/a/b/", ["Binder"]),
    ],
)
def test_a_lesson_starts_where_the_repository_is_public(monkeypatch, address, names):
    monkeypatch.setenv("COURSE_REPOSITORY", address)
    (path,) = select(["01"])
    found = site.launches(path)
    assert [name for name, _ in found] == names
    for _, link in found:
        assert link.startswith("https://") and path.name in link and " " not in link


def test_an_address_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", "github.com/a")
    with pytest.raises(SystemExit, match="must be an address"):
        site.launches(*select(["01"]))


# ---- words of the glossary


class App:
    class builder:
        get_relative_uri = staticmethod(lambda _, page: f"{page}.html")


def explained(text, lesson):
    """A text with its words explained, and their links."""
    tree = publish_doctree(text, settings_overrides={"doctitle_xform": False})
    extension.explain(App, tree, lesson)
    nodes = tree.findall(lambda node: "term" in getattr(node, "attributes", {}).get("classes", []))
    return tree, list(nodes)


def test_each_word_is_explained_once_in_a_section_but_not_in_headings_code_or_links():
    text = """
The GAN
=======

A GAN and more GANs; ``GAN``, `GAN <https://x.org>`_, GANS-like.

The autoencoder
---------------

A GAN again, and *autoencoders*.
"""
    tree, links = explained(text, "06_autoencoder_to_vae")
    assert [link.astext() for link in links] == ["GAN", "GAN", "autoencoders"]
    assert {link["refuri"] for link in links} == {
        "glossary.html#term-gan",
        "glossary.html#term-autoencoder",
    }
    assert tree.astext().count("GANS-like") == 1


@pytest.mark.parametrize(
    "lesson, words", [("02_gan_2d", ["VAE"]), ("06_autoencoder_to_vae", ["code", "VAE"])]
)
def test_a_plain_word_is_explained_once_it_is_a_term_and_no_title_is(lesson, words):
    text = 'A\n=\n\n"Thirty lines of code for a GAN": no code, no noise, no VAE.\n'
    assert [link.astext() for link in explained(text, lesson)[1]] == words


def test_the_glossary_has_words():
    assert set(extension.glossary()) > {"GAN", "autoencoder"}
