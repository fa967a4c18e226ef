"""A pytest plugin that turns nbval's silent passes red (`-p tests.nbval_guard`).

nbval 0.11 stays green, or hangs, when a kernel dies, when a cell to be checked has no stored run,
when an exception that a cell announces is not raised, when IPython does not know a magic or a shell
call fails, when a thread raises, when fewer pictures come than are stored, and when a cell that may
raise runs out of time. After the first failure of a notebook its other cells are skipped: they
would only repeat it.

A thread that raises after its cell has ended turns the next cell red, or the end of the notebook.
Outputs are compared as a reader sees them in the end: what a cell clears is gone, and a display
that it updates has its last content.

A cell that brings the memory of its kernel beyond a limit fails too. In the end a table says how
long each notebook took, kernel and all, and how much memory (where there is /proc, as on Linux).
"""

import itertools
import queue
import re
import time
from pathlib import Path

import nbformat
import pytest
from nbval import kernel as nbval_kernel
from nbval import plugin as nbval_plugin

# Memory of a kernel, 1.6 GiB with the server; seconds of a notebook, which are only marked.
MOST_MIB, LONG = 1450, 180
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
OUTPUTS = ("stream", "display_data", "execute_result")
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


class _Follower:
    """Keeps the outputs of the running cell as a reader sees them, message by message.

    What goes into an Output widget is not the cell's; its errors are.
    """

    def __init__(self):
        self.request, self.outputs = None, lambda: []
        self._displays, self._widgets, self._clear_next = {}, {}, False

    def start(self, request):
        self.request, self._clear_next = request, False

    def passes(self, message) -> bool:
        """Whether nbval should see a message; what it does not know is done to the outputs here."""
        kind, content = message["msg_type"], message["content"]
        display = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            for data in self._displays.get(display, []):
                data.clear()
                data.update(content["data"])
            return False
        if kind in ("comm_open", "comm_msg"):
            self._watch_widget(content)
            return True
        if message["parent_header"].get("msg_id") != self.request:
            return True
        if kind in ("clear_output", *OUTPUTS) and self.request in self._widgets.values():
            return False
        if kind == "clear_output" and content["wait"]:
            self._clear_next = True
        elif kind == "clear_output" or (self._clear_next and kind in (*OUTPUTS, "error")):
            self.outputs().clear()
            self._clear_next = False
        if display:  # nbval keeps this very object, so that an update can change it
            content["data"] = nbformat.from_dict(content["data"])
            self._displays.setdefault(display, []).append(content["data"])
        return kind != "clear_output"

    def _watch_widget(self, content):
        state, widget = content["data"].get("state", {}), content["comm_id"]
        if state.get("_model_name") == "OutputModel" or widget in self._widgets:
            self._widgets[widget] = state.get("msg_id", self._widgets.get(widget))


def _noted_execute(self, *arguments, **options):
    request = _execute_cell_input(self, *arguments, **options)
    if follower := getattr(self, "follower", None):
        follower.start(request)
    return request


def _strict_setup(self):
    _setup(self)
    self.follower = self.kernel.follower = _Follower()
    self.kernel.await_reply(self.kernel.execute_cell_input(STRICT), timeout=60)


def _followed_message(self, timeout=None, stream="iopub"):
    while not self.follower.passes(message := _get_kernel_message(self, timeout, stream)):
        pass
    return message


def _strict_teardown(self):
    """Closes the kernel; fails if a thread has raised since the last cell."""
    try:
        if self.kernel is not None and self.kernel.is_alive() and not self.timed_out:
            _wait_for_threads(self.kernel)
    finally:
        _teardown(self)


def _wait_for_threads(kernel):
    request = kernel.execute_cell_input(f"_wait_for_threads({LAST_WAIT})")
    kernel.await_reply(request, timeout=10 * LAST_WAIT)
    while True:
        message = kernel.get_message("iopub", timeout=60)
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
    if failed := getattr(self.parent, "_failed", None):
        pytest.skip(f"{failed} of this notebook failed before")
    self.output_timeout = 60  # nbval's 5 seconds are too few for a busy machine
    self.parent.follower.outputs = lambda: self.test_outputs
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
nbval_kernel.RunningKernel.execute_cell_input = _noted_execute
nbval_plugin.IPyNbFile.setup = _strict_setup
nbval_plugin.IPyNbFile.teardown = _strict_teardown
nbval_plugin.IPyNbFile.get_kernel_message = _followed_message
nbval_plugin.IPyNbCell.runtest = _guarded_runtest
