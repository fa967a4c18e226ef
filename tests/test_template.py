"""The notebook that a new lesson starts from; nbval runs it with the lessons."""

import nbformat
import numpy as np
import pytest

from course_utils.checks import grade
from publish.notebooks import NOTEBOOKS, execute, select
from tests.notebook_rules import code_cells, exercises, problems

PATH = NOTEBOOKS / "NN_template.ipynb"


@pytest.fixture
def template():
    return nbformat.read(PATH, as_version=4)


def test_it_keeps_every_rule_but_those_of_length(template):
    length = [
        "1 questions to predict; a lesson has at least 3",
        "1 exercises; a lesson has 4 to 6",
    ]
    assert problems(template, PATH) == length


def test_it_is_no_lesson():
    assert PATH not in select()


def test_its_solution_is_right(template):
    ((name, function, _, solution),) = exercises(template)
    names = {"np": np}
    exec(solution, names)
    assert grade(name, names[function])[0] == "right"


@pytest.mark.notebook
def test_its_claims_hold_for_another_seed(template):
    (cell,) = [c for c in code_cells(template) if "parameters" in c.metadata.get("tags", [])]
    assert cell.source == "seed = 0"
    cell.source = "seed = 1"
    execute(template)
