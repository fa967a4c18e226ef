"""What the README tells people to type and to open is there."""

import ast
import importlib.util
import inspect
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anywidget
import pytest

from publish.notebooks import NOTEBOOKS
from tests.notebook_rules import IMAGE

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CODE = re.findall(r"```\n(.*?)```|`([^`\n]+)`", README, re.DOTALL)
COMMANDS = [line for code in CODE for part in code for line in part.splitlines() if line]


def test_it_is_read_in_about_five_minutes():
    prose = re.sub(r"```.*?```", " ", README, flags=re.DOTALL)
    prose = re.sub(r"^\|.*$|\]\([^)]*\)", " ", prose, flags=re.MULTILINE)
    assert 900 < len(prose.split()) <= 1250


def test_every_picture_has_an_alt_text_and_is_small():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", README)
    assert len(pictures) == len(IMAGE.findall(README)) == 3
    for alt, path in pictures:
        assert len(alt.split()) >= 5
        assert (ROOT / path).stat().st_size < (400_000 if "banner" in path else 200_000)


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("make ")])
def test_make_knows_what_is_typed(command):
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert command.split()[1] in targets


def test_modules_that_are_called_exist():
    modules = re.findall(r"python -m ([\w.]+)", "\n".join(COMMANDS))
    assert {"pytest", "tests.benchmarks.seeds"} <= set(modules)
    assert all(importlib.util.find_spec(module) for module in modules)


def test_the_lines_for_colab_install_this_package():
    """The second is Colab's own, and anywidget's: it lets the page load widgets of a package."""
    start = next(k for k, line in enumerate(COMMANDS) if line.startswith("%pip install git+"))
    statement = ast.parse(COMMANDS[start + 1]).body
    assert [alias.name for alias in statement[0].names] == ["output"]
    assert ast.unparse(statement[1]) == "output.enable_custom_widget_manager()"
    assert "enable_custom_widget_manager" in inspect.getsource(anywidget._util)


def test_the_link_for_a_class_opens_the_first_notebook():
    (link,) = [urlsplit(line) for line in COMMANDS if "git-pull" in line]
    assert link.path == "/hub/user-redirect/git-pull"
    query = parse_qs(link.query)
    assert set(query) == {"repo", "branch", "urlpath"}
    folder = urlsplit(query["repo"][0]).path.split("/")[-1]
    path = query["urlpath"][0].removeprefix(f"lab/tree/{folder}/")
    assert (ROOT / path).is_file() and (ROOT / path).parent == NOTEBOOKS
