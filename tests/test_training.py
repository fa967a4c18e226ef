import os
import signal
import threading
from types import SimpleNamespace

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import training
from course_utils.training import Steps
from publish.exporter import prepare
from publish.notebooks import execute
from tools.notebooks import normalise


def test_it_counts_and_shows_numbers(capsys):
    seen = []
    for step in (bar := Steps(5, "walk")):
        seen.append(step)
        bar.show(loss=torch.tensor(0.25))
    assert seen == [0, 1, 2, 3, 4]
    shown = capsys.readouterr().err
    assert "walk" in shown and "loss=0.25]" in shown and "5/5" in shown


def test_an_interrupt_ends_the_loop_after_its_step(capsys):
    before, done = signal.getsignal(signal.SIGINT), []
    for step in Steps(10):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        done.append(step)
    assert done == [0, 1, 2, 3]
    assert "Stopped after step 4 of 10" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_breaks_the_step_off():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        for _ in Steps(10):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_in_the_loop_gives_the_handler_back():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        for step in Steps(3):
            _ = 1 / step
    assert signal.getsignal(signal.SIGINT) is before


def test_it_can_be_run_again_and_in_another_thread():
    bar, seen = Steps(2), []
    thread = threading.Thread(target=lambda: seen.extend(bar))
    thread.start()
    thread.join()
    assert [*bar, *seen] == [0, 1, 0, 1]


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="must be at least 1, not 0"):
        Steps(0)


LOOPS = {
    "to its end": "for step in (bar := Steps(400, 'walk')):\n    bar.show(loss=0.25)",
    "stopped": "for step in Steps(4):\n    step == 1 and os.kill(os.getpid(), signal.SIGINT)",
    "broken": "try:\n    for step in Steps(4): 1 / (1 - step)\nexcept ZeroDivisionError: ...",
    "twice": "for name in ('one', 'two'):\n    for step in Steps(2, name): ...",
}


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """A notebook in which each of the loops has run."""
    head = "import os, signal\nfrom course_utils.training import Steps\n"
    notebook = new_notebook(cells=[new_code_cell(head + code) for code in LOOPS.values()])
    execute(notebook, tmp_path_factory.mktemp("loops"))
    return notebook


@pytest.mark.notebook
def test_in_a_notebook_the_last_line_of_a_bar_stays_as_text(loops):
    said = dict(zip(LOOPS, [cell.outputs for cell in loops.cells], strict=True))
    bars = {k: [o.data["text/plain"] for o in v if "data" in o] for k, v in said.items()}
    (end,), (stopped,), (broken,) = bars["to its end"], bars["stopped"], bars["broken"]
    assert end.startswith("walk: 100%") and "400/400" in end and "loss=0.25" in end
    assert "2/4" in stopped and "Stopped after step 2 of 4" in said["stopped"][-1].text
    assert "1/4" in broken
    assert [text[:9] for text in bars["twice"]] == ["one: 100%", "two: 100%"]
    outputs = [out for outputs in said.values() for out in outputs]
    assert all(out.get("name") != "stderr" for out in outputs)
    assert all(set(out.get("data", {})) <= {"text/plain"} for out in outputs)  # no widget


@pytest.mark.notebook
def test_committed_notebooks_and_decks_have_no_bars(loops):
    (stopped,) = normalise(nbformat.from_dict(loops)).cells[1].outputs
    assert stopped.text.startswith("Stopped after step 2")
    assert all(not cell.outputs for cell in normalise(nbformat.from_dict(loops)).cells[2:])
    loops.cells[0].metadata.slideshow = {"slide_type": "slide"}
    shown = [out for cell in prepare(loops).cells for out in cell.get("outputs", [])]
    assert [out.output_type for out in shown] == ["stream"]


def test_a_bar_does_not_flood_a_notebook(monkeypatch):
    sent, now = [], iter(range(10**6))
    monkeypatch.setattr(training, "get_ipython", lambda: SimpleNamespace(kernel=True))
    monkeypatch.setattr(training, "display", lambda text, **_: SimpleNamespace(update=_send(sent)))
    with training.progress(total=10_000) as bar:
        bar._time = lambda: next(now) / 1000  # a thousand steps a second
        bar.start_t = bar.last_print_t = 0.0
        for _ in range(10_000):
            bar.update()
    assert 5 < len(sent) < 60  # in ten seconds


def _send(sent):
    return lambda text, **_: sent.append(text)
