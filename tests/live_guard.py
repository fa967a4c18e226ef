"""A pytest plugin: a notebook fails where a live figure breaks or changes in the rest of it.

nbval runs a notebook's cells and touches no slider. After each cell this plugin moves the figures
of `plots.live` that are new through their ranges; when the notebook has ended it moves all of them
again, as a learner does after *Run All*, and compares the pictures. See `tests.driving`.
"""

import queue
import time
from pathlib import Path

import pytest
from nbval import plugin as nbval_plugin

from tests.nbval_guard import failed  # and its guards come first

DRIVING = Path(__file__).with_name("driving.py").read_text("utf-8")
DRIVE = """
def _drive(namespace, last):
    tools = {{}}
    exec({source!r}, tools)
    if found := tools["drive"](namespace, last):
        raise RuntimeError("; ".join(found))

try:
    _drive(globals(), {last})
finally:
    del _drive
"""
PATIENCE = 600  # seconds
_runtest = nbval_plugin.IPyNbCell.runtest
_teardown = nbval_plugin.IPyNbFile.teardown


def _wrong(kernel, last=False):
    """What is wrong with the live figures of a kernel, as a text; None if nothing is."""
    request = kernel.kc.execute(DRIVE.format(source=DRIVING, last=last), silent=True)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            reply = kernel.get_message(stream="shell", timeout=1)
        except queue.Empty:
            if not kernel.is_alive():
                return "the kernel died while its live figures were moved"
            continue
        if reply["parent_header"].get("msg_id") == request:
            return reply["content"].get("evalue")
    return "the live figures could not be moved in time"


def _driven_runtest(self):
    _runtest(self)
    if wrong := _wrong(self.parent.kernel):
        failed(self.parent, self.name)
        self.raise_cell_error(wrong)


def _driven_teardown(self):
    kernel = getattr(self, "kernel", None)
    try:
        ended = kernel and kernel.is_alive() and not self.failed
        if ended and (wrong := _wrong(kernel, last=True)):
            failed(self, "its end, where its live figures are moved again")
            pytest.fail(f"At the end of the notebook {wrong}", pytrace=False)
    finally:
        _teardown(self)


nbval_plugin.IPyNbCell.runtest = _driven_runtest
nbval_plugin.IPyNbFile.teardown = _driven_teardown
