"""The bibliography and the glossary agree with the lessons that point to them."""

import re
from urllib.parse import unquote

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.exporter import LOCAL_LINK, prepare
from publish.notebooks import NOTEBOOKS, select
from tests.notebook_rules import LINK, read

REFERENCES = (NOTEBOOKS / "references.md").read_text("utf-8")
SEEDS, PAPERS = REFERENCES.split("\n## ")[1:]
ENTRY = re.compile(r"^### (\S+)\n\n(.*)$", re.MULTILINE)
CITED = re.compile(r"\]\(references\.md#([^)\s]*)\)")
ADDRESS = re.compile(r"doi\.org|doi:|arxiv\.org|arXiv:", re.IGNORECASE)
FORMS = [
    re.compile(r"\[doi:(?P<id>10\.\d{4,9}/[!-~]+)\]\(https://doi\.org/(?P<url>\S+)\)$"),
    re.compile(
        r"\[arXiv:(?P<id>\d\d(?:0[1-9]|1[0-2])\.\d{4,5})\]\(https://arxiv\.org/abs/(?P<url>\S+)\)$"
    ),
    re.compile(r"\[(?P<id>[a-z.]+\.[a-z]+)\]\(https://(?:www\.)?(?P<url>[a-z.]+)/\S+\)$"),
]


def prose(path):
    """The Markdown cells of a notebook, as one text."""
    cells = read(path.name[:2])[0].cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def faults(key, text):
    """What is wrong with the form of an entry."""
    links = [match for form in FORMS if (match := form.search(text))]
    if len(links) != 1 or unquote(links[0]["url"]) != links[0]["id"]:
        yield "no DOI, arXiv number or address, or link and label differ"
    year = re.search(r"^[A-ZÁŁ].*, (?:\".+\"|\*.+\*), (?:.*, )?(\d{4})\. \[", text)
    if not year:
        yield "not: authors, title, venue, year, link"
    elif not re.fullmatch(rf"[a-z]+{year[1]}[a-z]?", key):
        yield "the key is not a name and the year"


@pytest.mark.parametrize("key, text", ENTRY.findall(PAPERS))
def test_form_of_an_entry(key, text):
    assert list(faults(key, text)) == []


GOOD = 'A. Author, "Title", *Venue* 3, 2020. [doi:10.1000/x(1)](https://doi.org/10.1000/x%281%29)'


@pytest.mark.parametrize(
    "key, old, new",
    [
        ("author2020", "10.1000/x(1)", "10.1000/y"),
        ("author2020", "[doi:10.1000/x(1)]", "[arXiv:2013.01234]"),
        ("author2020", "https://doi", "http://doi"),
        ("author2020", '"Title", ', ""),
        ("author2020", ", 2020.", "."),
        ("author2019", "", ""),
        ("Author2020", "", ""),
    ],
)
def test_a_bad_entry_is_found(key, old, new):
    assert list(faults("author2020", GOOD)) == []
    assert list(faults(key, GOOD.replace(old, new)))


def test_keys_are_sorted_and_unique():
    for part, number in ((SEEDS, 5), (PAPERS, None)):
        keys = re.findall(r"^### (.*)$", part, re.MULTILINE)
        assert keys == [key for key, _ in ENTRY.findall(part)] == sorted(set(keys))
        assert number in (None, len(keys))
    assert not set(dict(ENTRY.findall(SEEDS))) & set(dict(ENTRY.findall(PAPERS)))


def test_every_key_that_is_cited_exists_and_every_entry_is_cited():
    cited = {key for path in select() for key in CITED.findall(prose(path))}
    assert cited == set(dict(ENTRY.findall(REFERENCES)))


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_addresses_stand_in_the_bibliography_alone(path):
    assert not ADDRESS.search(prose(path))


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_links_to_a_heading_lead_there(path):
    for target, anchor in re.findall(r"\]\(([\w.]*\.ipynb)?#([^)\s]+)\)", prose(path)):
        other = NOTEBOOKS / target if target else path
        headings = re.findall(r"^#+ (.*)$", prose(other), re.MULTILINE)
        assert anchor in [heading.replace(" ", "-") for heading in headings]


# ---- the glossary

GLOSSARY = (NOTEBOOKS / "glossary.md").read_text("utf-8")
TERM = re.compile(r"^\| \*\*(.+?)\*\* \| (.*?) \| (.+) \| \[(\d\d)\]\((\S+)\) \|$", re.MULTILINE)
TERMS = TERM.findall(GLOSSARY)


def test_terms_are_sorted_and_each_row_has_the_form():
    names = [name.casefold() for name, *_ in TERMS]
    assert names == sorted(set(names))
    assert len(TERMS) == sum(line.startswith("|") for line in GLOSSARY.splitlines()) - 2
    for _, _, meaning, _, _ in TERMS:
        assert 1 <= len(re.findall(r"[.](?= |$)", meaning)) <= 2 and meaning[-1] == "."


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_a_lesson_introduces_the_terms_that_point_to_it(path):
    homes = [
        name for name, _, _, number, file in TERMS if (number, file) == (path.stem[:2], path.name)
    ]
    assert len(homes) >= 3 or path.name[:2] == "00"
    text = prose(path).replace("*", "").casefold()
    assert [name for name in homes if name.casefold() not in text] == []


def test_every_term_has_a_home():
    assert {file for *_, file in TERMS} <= {path.name for path in select()}


@pytest.mark.parametrize("page", ["references.md", "glossary.md"])
def test_links_of_a_page_lead_somewhere(page):
    for target in LINK.findall((NOTEBOOKS / page).read_text("utf-8")):
        assert "://" in target or (NOTEBOOKS / target).exists(), target


# ---- in a deck


def test_links_of_a_deck_lead_outward():
    text = """[lesson 02](02_gan_2d.ipynb#The-game), ["here"](#References), [x](https://x.org),
    [ho2020](references.md#ho2020), [da2017](references.md#da2017), ![A star](star.png)"""
    cells = [new_markdown_cell("# A"), new_markdown_cell(text), new_code_cell("f = [g](h)")]
    cells = prepare(new_notebook(cells=cells)).cells
    assert (
        cells[1].source
        == """lesson 02, "here", [x](https://x.org),
    [ho2020](https://arxiv.org/abs/2006.11239), da2017, ![A star](star.png)"""
    )
    assert cells[2].source == "f = [g](h)"


@pytest.mark.parametrize("path", select(), ids=lambda path: path.stem)
def test_no_link_of_a_deck_is_dead(path):
    cells = prepare(read(path.name[:2])[0]).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert not LOCAL_LINK.search(text) and "references.md" not in text and ".ipynb)" not in text
