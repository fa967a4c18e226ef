"""A pytest plugin that turns nbval's silent passes red; it needs `tests.executions` before it.

nbval 0.11 stays green, or hangs, when a kernel dies, when a cell to be checked has no stored run,
when an exception that a cell announces is not raised, when IPython does not know a magic or a shell
call fails, when a thread raises, when fewer pictures come than are stored, and when a cell that may
raise runs out of time. After the first failure of a notebook its other cells are skipped: they
would only repeat it.

A thread that raises after its cell has ended turns the next cell red, or the end of the notebook.
Outputs are compared as a reader sees them in the end: what a cell clears is gone, and a display
that it updates has its last content.

A cell that brings the memory of its kernel beyond a limit fails too. In the end a table says how
long each notebook took, kernel and all, how much memory (where there is /proc, as on Linux), and
how it was executed in this run.

A notebook that passes as a whole is kept with its outputs and widget state; see `executions`.
"""

import copy
import functools
import itertools
import queue
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbval import kernel as nbval_kernel
from nbval import plugin as nbval_plugin

from publish import build
from tests import executions
from tests.recording import Recorder

# Memory of a kernel, less than 1 GiB with the server; seconds of a notebook, which are only marked.
MOST_MIB, LONG = 800, 180
# What a process takes that imports PyTorch built for CPUs alone. A build for CUDA takes more.
TORCH_MIB = 220
TORCH = "import torch; print(open('/proc/self/status').read())"
STRICT = """
def _strict(ip):
    import threading

    ip.system_raise_on_error = True
    ip.show_usage_error = lambda error: ip._showtraceback(type(error), error, [str(error)])
    own, failures = set(threading.enumerate()), []

    def note(failure):
        if failure.exc_type is not SystemExit:
            failures.append((failure.exc_type, failure.exc_value, failure.exc_traceback))

    def show_failures(*_):
        while failures:
            ip.showtraceback(failures.pop(0))

    def wait_for_threads(seconds):
        for thread in set(threading.enumerate()) - own:
            if not thread.daemon:
                thread.join(seconds)

    threading.excepthook = note
    ip.events.register("post_run_cell", show_failures)
    return wait_for_threads

_wait_for_threads = _strict(get_ipython())
del _strict
"""
# What the end of a notebook waits for a thread that still runs, in seconds.
LAST_WAIT = 10
PATIENCE = 300  # seconds for what a kernel does at once on a machine that has time
_setup = nbval_plugin.IPyNbFile.setup
_teardown = nbval_plugin.IPyNbFile.teardown
_get_kernel_message = nbval_plugin.IPyNbFile.get_kernel_message
_execute_cell_input = nbval_kernel.RunningKernel.execute_cell_input
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


def failed(file, where: str):
    """A notebook has failed there: its other cells are skipped, and nothing can be made of it."""
    file.failed = where
    executions.ended(file.config, file.path, f"{file.path.stem} failed under nbval at {where}.")


def _noted_execute(self, *arguments, **options):
    request = _execute_cell_input(self, *arguments, **options)
    if (number := getattr(self, "running", None)) is not None:
        self.recorder.start(number, request)
    return request


def _strict_setup(self):
    self.failed, self.passed = "", 0
    self.place = build.cached(self.path, self.config.getoption("executed"))
    self.changed = nbformat.read(self.path, as_version=4) != self.nb  # since it was collected
    executions.begun(self.config, self.path, "nbval")
    try:
        _setup(self)
        self.recorder = self.kernel.recorder = Recorder(self.nb, self.kernel.kc)
        self.kernel.await_reply(self.kernel.execute_cell_input(STRICT), timeout=PATIENCE)
    except BaseException:
        failed(self, "the start of its kernel")
        raise


def _recorded_message(self, timeout=None, stream="iopub"):
    """The next message that nbval needs; what a cell shows it gets from the recorder in the end."""
    while True:
        message = _get_kernel_message(self, timeout, stream)
        self.recorder.take(message)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") == self.recorder.request:
            if kind == "status" and content["execution_state"] == "idle":
                self.shown()[:] = copy.deepcopy(self.recorder.cell.outputs)
            if kind in ("status", "error"):
                return message


def _strict_teardown(self):
    """Closes the kernel; fails if a thread has raised since the last cell; keeps what passed."""
    try:
        if self.kernel is not None and self.kernel.is_alive() and not self.timed_out:
            _wait_for_threads(self.kernel)
        if self.passed < sum(cell.cell_type == "code" for cell in self.nb.cells) or self.changed:
            if not self.failed:
                failed(self, "its end, for it was changed or not run as a whole")
        elif not self.failed:
            notebook = self.recorder.notebook()
            build.keep(notebook, self.place)
            executions.took(self.config, self.path, notebook)
            executions.ended(self.config, self.path)
    except BaseException:
        failed(self, "its end")
        raise
    finally:
        _teardown(self)


def _wait_for_threads(kernel):
    request = kernel.execute_cell_input(f"_wait_for_threads({LAST_WAIT})")
    kernel.await_reply(request, timeout=PATIENCE)
    while True:
        message = kernel.get_message("iopub", timeout=PATIENCE)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != request:
            continue
        if kind == "error":
            traceback = "\n".join(content["traceback"])
            pytest.fail(f"A thread raised after the last cell:\n{traceback}", pytrace=False)
        if kind == "status" and content["execution_state"] == "idle":
            return


def _pictures(outputs):
    return sum("image/png" in out.get("data", {}) for out in outputs or [])


def _guarded_runtest(self):
    if self.parent.failed:
        pytest.skip(f"{self.parent.failed} of this notebook failed before")
    self.output_timeout = PATIENCE  # nbval's 5 seconds are too few for a busy machine
    self.parent.shown = lambda: self.test_outputs
    self.parent.kernel.running = self.cell_num
    try:
        if self.options["check"] and self.cell.execution_count is None:
            self.raise_cell_error("the cell is tagged for checking, but it has no stored run")
        _runtest(self)
        if self.parent.timed_out:
            self.raise_cell_error("the cell ran out of time")
        raised = any(out.output_type == "error" for out in self.test_outputs or [])
        if self.options["check_exception"] and not raised:
            self.raise_cell_error("the cell is tagged raises-exception, but it raised nothing")
        stored, shown = _pictures(self.cell.outputs), _pictures(self.test_outputs)
        if shown < stored:
            self.raise_cell_error(f"{stored} pictures are stored, but this run showed {shown}")
        if mebibytes := _peak(self.parent.kernel.km.provisioner.pid):
            self.user_properties.append(("MiB", mebibytes))
            if mebibytes > MOST_MIB and mebibytes > (most := _most()):
                self.raise_cell_error(
                    f"up to here the kernel took {mebibytes:,} MiB of memory at once, and it may "
                    f"take {most:,}: work on smaller pieces, or delete what is done with"
                )
        self.parent.passed += 1
    except Exception:
        failed(self.parent, self.name)
        raise
    finally:
        self.parent.kernel.running = None


def _peak(pid):
    """The most memory, in MiB, that a process has had at once; None where the system hides it."""
    try:
        return _in_mebibytes(Path(f"/proc/{pid}/status").read_text())
    except (OSError, ValueError):
        return None


def _in_mebibytes(status):
    (kibibytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return round(int(kibibytes) / 1024)


@functools.cache
def _most():
    """MOST_MIB, and what the import of this build of PyTorch takes more than TORCH_MIB."""
    told = subprocess.run([sys.executable, "-c", TORCH], capture_output=True, text=True, check=True)
    return MOST_MIB + max(0, _in_mebibytes(told.stdout) - TORCH_MIB)


def pytest_terminal_summary(terminalreporter, config):
    seconds, peaks, ways = {}, {}, executions.ways(config)
    for report in itertools.chain(*terminalreporter.stats.values()):
        notebook, _, cell = getattr(report, "nodeid", "").partition(".ipynb::")
        if cell and isinstance(report, pytest.TestReport):
            name = Path(notebook).name
            seconds[name] = seconds.get(name, 0) + report.duration
            for mebibytes in [value for key, value in report.user_properties if key == "MiB"]:
                peaks[name] = max(peaks.get(name, (0, "")), (mebibytes, cell), key=lambda p: p[0])
    if not (seconds or ways):
        return
    terminalreporter.section("notebooks")
    row = "{:40} {:>8} {:>8}  {:10}  {}".format
    terminalreporter.line(row("", "seconds", "peak MiB", "reached by", "executed by"))
    for name in sorted({*seconds, *ways}):
        took, (mebibytes, cell) = seconds.get(name, 0), peaks.get(name, ("–", ""))
        by = ", ".join(f"{way} {count} x" for way, count in ways.get(name, {}).items())
        slow = f"(longer than {LONG} s)" if took > LONG else ""
        terminalreporter.line(row(name, round(took), mebibytes, cell, f"{by} {slow}").rstrip())
    highest = max((mebibytes for mebibytes, _ in peaks.values()), default="–")
    total = round(sum(seconds.values()))
    terminalreporter.line(row("all; highest", total, highest, "", "").rstrip())
    if again := executions.too_often(config):
        terminalreporter.line(f"Executed more than once: {', '.join(again)}", red=True)


nbval_kernel.RunningKernel.await_reply = _await_reply
nbval_kernel.RunningKernel.execute_cell_input = _noted_execute
nbval_plugin.IPyNbFile.setup = _strict_setup
nbval_plugin.IPyNbFile.teardown = _strict_teardown
nbval_plugin.IPyNbFile.get_kernel_message = _recorded_message
nbval_plugin.IPyNbCell.runtest = _guarded_runtest
