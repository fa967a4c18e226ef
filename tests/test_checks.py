import json
import os
import subprocess
import sys

import numpy as np
import pytest

from course_utils import checks


def test_a_claim_that_holds_prints_a_tick_and_the_measure(capsys):
    checks.claim("one is less than two", np.bool_(True), "1 < 2")
    checks.claim("nothing to measure", True)
    assert capsys.readouterr().out == "✓ one is less than two: 1 < 2\n✓ nothing to measure\n"


def test_a_claim_that_fails_raises_with_the_measure():
    with pytest.raises(AssertionError, match="one is more than two: 1 < 2"):
        checks.claim("one is more than two", 1 > 2, "1 < 2")


def test_nan_is_no_claim():
    with pytest.raises(AssertionError):
        checks.claim("not a number", float("nan"))


NO_CONTROL = {"control": None, "measured_control": "", "without": None}


def test_a_claim_prints_its_control_beside_it(capsys):
    checks.claim("Two is more than one", 2 > 1, "2", control=(np.bool_(0 > 1), "0 is not"))
    checks.contrast("Three is odd", lambda n: (n % 2 == 1, str(n)), 3, 4)
    shown = capsys.readouterr().out
    assert (
        shown == "✓ Two is more than one: 2 (control: 0 is not)\n✓ Three is odd: 3 (control: 4)\n"
    )


def test_a_claim_whose_control_holds_proves_nothing():
    with pytest.raises(AssertionError, match=r"its control holds too: .*\(control: 3\)"):
        checks.claim("Two is more than one", 2 > 1, "2", control=(3 > 1, "3"))
    with pytest.raises(AssertionError, match="does not hold"):
        checks.contrast("Three is even", lambda n: (n % 2 == 0, str(n)), 3, 4)


def test_a_control_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        checks.claim("Two is more than one", True, control=(float("nan"), "lost"))
    with pytest.raises(ValueError, match="not both"):
        checks.claim("Two is two", True, control=(False, "3"), without="an identity")


def test_controls_and_reasons_are_logged(tmp_path, monkeypatch):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COURSE_CLAIMS", str(log))
    with pytest.raises(AssertionError):
        checks.claim("Two is more than one", True, "2", control=(True, "3"))
    checks.claim("Two is two", True, without="an identity of whole numbers")
    first, second = map(json.loads, log.read_text("utf-8").splitlines())
    assert (first["holds"], first["control"], first["measured_control"]) == (True, True, "3")
    assert (second["control"], second["without"]) == (None, "an identity of whole numbers")


def test_claims_are_logged_also_when_they_fail(tmp_path, monkeypatch):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COURSE_CLAIMS", str(log))
    checks.start("01_sampling_from_images")
    checks.claim("α holds", np.bool_(True), "0.5")
    with pytest.raises(AssertionError):
        checks.claim("β holds", False)
    entries = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    lesson = "01_sampling_from_images"
    assert entries == [
        {"lesson": lesson, "statement": "α holds", "holds": True, "measured": "0.5"} | NO_CONTROL,
        {"lesson": lesson, "statement": "β holds", "holds": False, "measured": ""} | NO_CONTROL,
    ]


def test_claims_that_cannot_be_recorded_still_speak(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_CLAIMS", str(tmp_path / "file" / "claims.jsonl"))
    with pytest.warns(UserWarning, match=r"claims.jsonl, which cannot be written .*not recorded"):
        checks.claim("one is less than two", 1 < 2)
    assert capsys.readouterr().out == "✓ one is less than two\n"


ENCODINGS = ["cp1252", "ascii", "cp437", "utf-8"]
SPEECH = """
import sys
from course_utils import checks

for encoding in sys.argv[1:]:
    sys.stdout.reconfigure(encoding=encoding)
    checks.claim("α is less than two", True, "ᾱ = 1")
    checks.check("01 marginal", None)
    checks.check("01 marginal", 7)
    print(end="\\0", flush=True)
"""


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """What a script prints in each encoding, as bytes; and the claims that it has recorded."""
    log = tmp_path_factory.mktemp("speech") / "claims.jsonl"
    environment = os.environ | {"PYTHONIOENCODING": ENCODINGS[0], "COURSE_CLAIMS": str(log)}
    environment.pop("PYTHONUTF8", None)
    command = [sys.executable, "-c", SPEECH, *ENCODINGS]
    run = subprocess.run(command, env=environment, capture_output=True, check=True)
    lines = log.read_text("utf-8").splitlines()
    return dict(zip(ENCODINGS, run.stdout.split(b"\0"), strict=False)), lines


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_claims_speak_in_any_encoding(encoding, speech):
    said, recorded = speech
    claim, untried, wrong = said[encoding].decode(encoding).splitlines()
    alpha = "α" if encoding in ("utf-8", "cp437") else r"\N{GREEK SMALL LETTER ALPHA}"
    tick, circle, cross = "✓○✗" if encoding == "utf-8" else ("[yes]", "[open]", "[no]")
    assert claim.startswith(f"{tick} {alpha} is less than two: ")
    assert untried.startswith(f"{circle} not tried yet") and wrong.startswith(f"{cross} not yet:")
    assert [json.loads(line)["statement"] for line in recorded] == 4 * ["α is less than two"]


def undone(p, j): ...


def not_implemented(p, j):
    raise NotImplementedError


@pytest.mark.parametrize("stub", [undone, not_implemented, None, ...])
def test_a_stub_is_not_tried_yet(stub, capsys):
    checks.check("01 marginal", stub)
    assert capsys.readouterr().out.startswith("○ not tried yet")


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda p, j: p[99], "raised IndexError"),
        (lambda p: p, "raised TypeError"),
        (lambda p, j: 3, "expected 2 results, but got 3"),
        (lambda p, j: (p, "text", 1), "expected 2 results"),
        (lambda p, j: (p.sum(axis=0), p[:, j]), r"expected [0.25, 0.75], but got [1., 3.]"),
        (lambda p, j: (p.sum(axis=0) / p.sum(), 1.0), "result 2: expected shape (1,)"),
        (lambda p, j: ("a", "b"), "but got 'a'"),
        (7, "expected a function"),
        (lambda p, j: sys.exit(), "raised SystemExit"),
        (lambda p, j: ([1], [1]) if p.size == 1 else None, "[[1., 3.]], 0 it returned nothing"),
    ],
)
def test_a_wrong_answer_is_told_where_and_what(answer, words, capsys):
    checks.check("01 marginal", answer)
    out = capsys.readouterr().out
    assert out.startswith("✗ not yet:") and words in out and out.count("\n") == 1


def test_the_smallest_failing_input_is_named(capsys):
    checks.check("01 marginal", lambda p, j: (p.sum(axis=0), p[:, j]))
    assert "on [[1., 3.]], 0:" in capsys.readouterr().out  # [[1.]] is right without normalising


def test_an_answer_cannot_spoil_the_inputs():
    def greedy(p, j):
        result = p.sum(axis=0) / p.sum(), p[:, j] / p[:, j].sum()
        p[:] = 0
        return result

    assert checks.grade("01 marginal", greedy)[0] == "right"
    assert checks.grade("01 marginal", greedy)[0] == "right"


@pytest.mark.parametrize("name", ["01 margin", "99 marginal", "marginal", ""])
def test_an_unknown_exercise_is_refused(name):
    with pytest.raises(ValueError, match="There is no"):
        checks.check(name, undone)
