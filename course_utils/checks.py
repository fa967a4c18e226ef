"""`claim` for what the prose says, `check` for what the learner writes."""

import copy
import importlib
import json
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.output import say

_lesson = None


def start(lesson: str) -> None:
    """Name the lesson whose claims follow, for example `"01_sampling_from_images"`."""
    global _lesson
    _lesson = lesson


def claim(
    statement: str,
    holds: object,
    measured: str = "",
    control: tuple[object, str] | None = None,
    without: str | None = None,
) -> None:
    """Print the statement with a tick and what was measured, or raise.

    If the environment variable COURSE_CLAIMS names a file, the claim is also appended to it, as a
    line of JSON with the keys lesson, statement, holds, measured, control, measured_control and
    without. Where that file cannot be written, a warning says so, and the lesson goes on.

    Args:
        control: the same condition, evaluated where its cause is taken away, and what was measured
            there. It must be false: a check that its control passes proves nothing.
        without: why there is no control, for example "an identity of whole numbers".

    Raises:
        AssertionError: the statement does not hold, or its control does.
        ValueError: the control is NaN, or it is given together with a reason for having none.
    """
    if control and without:
        raise ValueError("A claim has a control or a reason for having none, not both.")
    control_holds, measured_control = (_truth(control[0]), control[1]) if control else (None, "")
    if control and control_holds is None:
        raise ValueError(f"The control of this claim is not a number: {statement}")
    entry = dict(lesson=_lesson, statement=statement, holds=bool(_truth(holds)), measured=measured)
    entry |= dict(control=control_holds, measured_control=measured_control, without=without)
    if log := os.environ.get("COURSE_CLAIMS"):
        _record(log, entry)
    text = f"{statement}: {measured}" if measured else statement
    text += f" (control: {measured_control})" if measured_control else ""
    if not entry["holds"]:
        raise AssertionError(f"This claim does not hold here: {text}")
    if control_holds:
        raise AssertionError(f"This claim proves nothing here, since its control holds too: {text}")
    say(f"✓ {text}")


def contrast(
    statement: str, condition: Callable[[Any], tuple[object, str]], run: Any, control: Any
) -> None:
    """A claim whose condition is one function of a run, called on the run and on its control.

    Args:
        condition: what a claim says of a run: whether it holds, and what was measured.

    Raises:
        AssertionError, ValueError: as `claim`.
    """
    holds, measured = condition(run)
    claim(statement, holds, measured, control=condition(control))


def _truth(value: Any) -> bool | None:
    """Whether a condition holds; None for NaN."""
    return None if value != value else bool(value)


def _record(log: str, entry: dict):
    line = json.dumps(entry, ensure_ascii=False, default=str) + "\n"
    try:
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        warnings.warn(
            f"COURSE_CLAIMS names {log}, which cannot be written ({error.strerror or error}); "
            "the claims are checked, but not recorded.",
            stacklevel=3,
        )


def compare(answer: Any, expected: Any, *_: Any) -> str | None:
    """What is wrong with an answer that should equal `expected`, or None."""
    if isinstance(expected, tuple):
        if not isinstance(answer, tuple | list) or len(answer) != len(expected):
            return f"expected {len(expected)} results, but got {_show(answer)}"
        for number, (a, e) in enumerate(zip(answer, expected, strict=True), 1):
            if problem := compare(a, e):
                return f"result {number}: {problem}"
        return None
    try:
        a = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return f"expected {_show(expected)}, but got {_show(answer)}"
    e = np.asarray(expected, dtype=float)
    if a.shape != e.shape:
        return f"expected shape {e.shape}, but got shape {a.shape}"
    if not np.allclose(a, e, rtol=1e-5, atol=1e-8):
        return f"expected {_show(e)}, but got {_show(a)}"
    return None


@dataclass(frozen=True)
class Exercise:
    """A right answer, the inputs it is compared on (smallest first), and what that tests."""

    reference: Callable
    inputs: list[tuple]
    tested: str
    compare: Callable = compare  # (answer, expected, *inputs) -> what is wrong, or None


def grade(exercise_name: str, answer: Any) -> tuple[str, str]:
    """Verdict ("not tried", "wrong" or "right") and one sentence for the learner."""
    exercise = _exercise(exercise_name)
    if answer is None or answer is Ellipsis:
        return "not tried", "not tried yet."
    if not callable(answer):
        return "wrong", f"expected a function, but got {_show(answer)}."
    for number, inputs in enumerate(exercise.inputs):
        call = f"on {', '.join(map(_show, inputs))}" if inputs else "without arguments"
        try:
            result = answer(*copy.deepcopy(inputs))
        except NotImplementedError:
            return "not tried", "not tried yet."
        except (Exception, SystemExit) as error:
            return "wrong", f"{call} it raised {type(error).__name__}: {error}"
        if result is None or result is Ellipsis:
            if number:
                return "wrong", f"{call} it returned nothing."
            return (
                "not tried",
                "not tried yet: your function returns nothing (is `return` missing?)",
            )
        expected = exercise.reference(*copy.deepcopy(inputs))
        try:
            problem = exercise.compare(result, expected, *inputs)
        except Exception as error:
            problem = f"the result {_show(result)} cannot be read ({error})"
        if problem:
            return "wrong", f"{call}: {problem}."
    return "right", exercise.tested


def check(exercise_name: str, answer: Any) -> None:
    """Print whether an exercise's answer is right, wrong (and where first), or not tried yet.

    An answer that fails never stops the notebook.

    Raises:
        ValueError: there is no exercise of that name.
    """
    verdict, text = grade(exercise_name, answer)
    sign = {"not tried": "○", "wrong": "✗ not yet:", "right": "✓ right. Tested:"}[verdict]
    say(f"{sign} {text}")


def _exercise(name: str) -> Exercise:
    """`"01 marginal"` -> the entry "marginal" of exercises/lesson_01.py."""
    lesson, _, key = str(name).partition(" ")
    try:
        known = importlib.import_module(f"course_utils.exercises.lesson_{lesson}").EXERCISES
    except ModuleNotFoundError:
        raise ValueError(f"There is no lesson {lesson!r} with exercises.") from None
    if key not in known:
        names = ", ".join(f'"{lesson} {k}"' for k in known)
        raise ValueError(f"There is no exercise {name!r}; there are {names}.")
    return known[key]


def _show(value) -> str:
    if isinstance(value, np.random.Generator):
        return "a random generator"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_show, value)) + ")"
    if isinstance(value, np.ndarray):
        edge = 3 if value.ndim < 3 else 1
        text = np.array2string(value, precision=4, separator=", ", threshold=40, edgeitems=edge)
        return " ".join(text.split())
    return f"{value:.5g}" if isinstance(value, float) else repr(value)
