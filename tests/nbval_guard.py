"""A pytest plugin that turns nbval's silent passes red (`-p tests.nbval_guard`).

nbval 0.11 stays green, or hangs, when a kernel dies, when a cell to be checked has no stored run,
when an exception that a cell announces is not raised, when IPython does not know a magic or a shell
call fails, and when a cell that may raise runs out of time. After the first failure of a notebook
its other cells are skipped: they would only repeat it.
"""

import queue
import time

import pytest
from nbval import kernel as nbval_kernel
from nbval import plugin as nbval_plugin

STRICT = """
def _strict(ip):
    ip.system_raise_on_error = True
    ip.show_usage_error = lambda error: ip._showtraceback(type(error), error, [str(error)])

_strict(get_ipython())
del _strict
"""
_setup = nbval_plugin.IPyNbFile.setup
_runtest = nbval_plugin.IPyNbCell.runtest


def _await_reply(self, msg_id, timeout=None):
    """nbval's own waits out the whole cell timeout when the kernel is dead; this one looks."""
    end = time.monotonic() + (timeout or 2000)
    while True:
        try:
            left = end - time.monotonic()
            message = self.get_message(stream="shell", timeout=min(1.0, max(0.01, left)))
        except queue.Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died while running this cell") from None
            if time.monotonic() >= end:
                raise
            continue
        if message["parent_header"].get("msg_id") == msg_id:
            if message["content"]["status"] == "aborted":
                raise RuntimeError("the kernel aborted the request")
            return


def _strict_setup(self):
    _setup(self)
    self.kernel.await_reply(self.kernel.execute_cell_input(STRICT), timeout=60)


def _guarded_runtest(self):
    if failed := getattr(self.parent, "_failed", None):
        pytest.skip(f"{failed} of this notebook failed before")
    self.output_timeout = 60  # nbval's 5 seconds are too few for a busy machine
    try:
        if self.options["check"] and self.cell.execution_count is None:
            self.raise_cell_error("the cell is tagged for checking, but it has no stored run")
        _runtest(self)
        if self.parent.timed_out:
            self.raise_cell_error("the cell ran out of time")
        raised = any(out.output_type == "error" for out in self.test_outputs or [])
        if self.options["check_exception"] and not raised:
            self.raise_cell_error("the cell is tagged raises-exception, but it raised nothing")
    except Exception:
        self.parent._failed = self.name
        raise


nbval_kernel.RunningKernel.await_reply = _await_reply
nbval_plugin.IPyNbFile.setup = _strict_setup
nbval_plugin.IPyNbCell.runtest = _guarded_runtest
