import os
import signal
import threading

import pytest
import torch

from course_utils.training import Steps


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
