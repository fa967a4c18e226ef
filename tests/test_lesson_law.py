"""Each rule of a rewritten lesson finds a lesson that breaks it."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.lesson_law import law

PREDICT = """**Predict.** Which of both is larger?

<details><summary>(a) one, (b) two</summary>

(b) is right.

</details>"""
FUNCTION = '''def double(x):
    """Twice x, for x (n,): (n,)."""
    # x + x
    return 2 * x'''
CLAIM = """claim(
    "Twice two is four",
    double(2) == 4,
    "4",
    control=(double(3) == 4, "6"),
)"""


def lesson(*more, texts=(), without=()):
    """A small lesson that keeps the law, with more code cells and texts, or without some."""
    code = [source for source in ("two = 2", FUNCTION, CLAIM) if source not in without]
    cells = [new_code_cell(source) for source in [*code, *more]]
    spoken = [PREDICT] * 3 + ["Words."] * (len(cells) - 3)
    cells += [new_markdown_cell(text) for text in (texts or spoken)]
    return cells


def test_a_lesson_that_keeps_the_law():
    assert [*law(lesson())] == []


@pytest.mark.parametrize(
    "code, found",
    [
        ("\n".join(f"x{i} = {i}" for i in range(36)), "36 lines"),
        ("x = [\n    " + ",\n    ".join(["1 + 2 + 3 + 4"] * 34) + ",\n]", "nodes and"),
        ("x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] + [[], [], [], []]\n" * 6, "each line"),
        ("if (x := 3) > 2:\n    print(x)", "a walrus"),
        ("x, y = 1, 'a'", "unrelated values"),
        ("f = lambda x: x", "gives a lambda a name"),
        ("def f(x):\n    return x", "f has no docstring"),
        ('def f(x):\n    """x plus two."""\n    return x + two', "f reads two"),
        ("claim('Twice two', two == 2, control=(two == 3, '2'))", "no sentence"),
        ("claim('Two greedy players, no modes', two == 2, control=(two == 3, ''))", "no sentence"),
        ("claim('Two is always the number two', two == 2)", "no control, and no reason"),
        ("claim('Two is always the number two', two == 2, control=None)", "no control, and no"),
        (
            "claim('Two is always the number two', two == 2, without='an identity')",
            "1 of 2 claims have no control",
        ),
        (
            "claim('Two is twice as much', ratio > 1, control=(ratio > 9, '2'))",
            "from one side only: ratio > 1",
        ),
    ],
)
def test_code_that_breaks_the_law_is_found(code, found):
    assert any(found in problem for problem in law(lesson(code)))


def test_a_ratio_between_two_limits_is_fine():
    claim = "claim('Two is twice one', 1 < ratio < 3, control=(4 < ratio < 5, '2'))"
    assert [*law(lesson(claim))] == []


@pytest.mark.parametrize(
    "texts, found",
    [
        ([PREDICT] * 2, "text cells for each code cell"),
        ([PREDICT] * 3 + ["word " * 80] * 4, "text cells for each code cell"),
        ([PREDICT] + ["word " * 80] * 2, "words in the median"),
        ([PREDICT, PREDICT, "**Predict.** What?"], "2 questions to predict"),
    ],
)
def test_texts_that_break_the_law_are_found(texts, found):
    assert any(found in problem for problem in law(lesson(texts=texts)))


def test_stubs_and_choices_do_not_count():
    stub = new_code_cell("def f(x):\n    ...  # yours")
    choices = new_code_cell("a, b = 1, 'x'", metadata={"tags": ["parameters"]})
    texts = [new_markdown_cell("Words.")] * 2
    assert [*law([*lesson(), stub, choices, *texts])] == []
