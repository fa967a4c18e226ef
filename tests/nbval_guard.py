"""A pytest plugin that turns nbval's silent passes red (`-p tests.nbval_guard`).

nbval 0.11 stays green, or hangs, when a kernel dies, when a cell to be checked has no stored run,
when an exception that a cell announces is not raised, when IPython does not know a magic or a shell
call fails, and when a cell that may raise runs out of time. After the first failure of a notebook
its other cells are skipped: they would only repeat it.

A cell that brings the memory of its kernel beyond a limit fails too. In the end a table says how
long each notebook took, kernel and all, and how much memory (where there is /proc, as on Linux).
"""

import itertools
import queue
import re
import time
from pathlib import Path

import pytest
from nbval import kernel as nbval_kernel
from nbval import plugin as nbval_plugin

# Memory of a kernel, 1.5 GiB with the server; seconds of a notebook, which are only marked.
MOST_MIB, LONG = 1450, 180
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
        if mebibytes := _peak(self.parent.kernel.km.provisioner.pid):
            self.user_properties.append(("MiB", mebibytes))
            if mebibytes > MOST_MIB:
                self.raise_cell_error(
                    f"up to here the kernel took {mebibytes:,} MiB of memory at once, and it may "
                    f"take {MOST_MIB:,}: work on smaller pieces, or delete what is done with"
                )
    except Exception:
        self.parent._failed = self.name
        raise


def _peak(pid):
    """The most memory, in MiB, that a process has had at once; None where the system hides it."""
    try:
        (kibibytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except (OSError, ValueError):
        return None
    return round(int(kibibytes) / 1024)


def pytest_terminal_summary(terminalreporter):
    seconds, peaks = {}, {}
    for report in itertools.chain(*terminalreporter.stats.values()):
        notebook, _, cell = getattr(report, "nodeid", "").partition(".ipynb::")
        if cell and isinstance(report, pytest.TestReport):
            name = Path(notebook).name
            seconds[name] = seconds.get(name, 0) + report.duration
            for mebibytes in [value for key, value in report.user_properties if key == "MiB"]:
                peaks[name] = max(peaks.get(name, (0, "")), (mebibytes, cell), key=lambda p: p[0])
    if not seconds:
        return
    terminalreporter.section("notebooks")
    row = "{:40} {:>8} {:>8}  {}".format
    terminalreporter.line(row("", "seconds", "peak MiB", "reached by"))
    for name, took in sorted(seconds.items()):
        mebibytes, cell = peaks.get(name, ("–", ""))
        slow = f"(longer than {LONG} s)" if took > LONG else ""
        terminalreporter.line(row(name, round(took), mebibytes, f"{cell} {slow}").rstrip())
    highest = max((mebibytes for mebibytes, _ in peaks.values()), default="–")
    terminalreporter.line(row("all; highest", round(sum(seconds.values())), highest, "").rstrip())


nbval_kernel.RunningKernel.await_reply = _await_reply
nbval_plugin.IPyNbFile.setup = _strict_setup
nbval_plugin.IPyNbCell.runtest = _guarded_runtest
