"""Live figures draw in one thread beside a running cell, and say when they wait for it."""

import ast
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from course_utils.live import WAITS
from publish.notebooks import NOTEBOOKS
from tests.notebook_rules import code_cells, read

FIGURE = """
import threading
from course_utils import plots

fig, ax = plots.plt.subplots(figsize=(3, 2))
ax.set(xlabel="x", ylabel="y")
(line,) = ax.plot([0, 1], [0, 0])
drawn, pressed, in_cell = [], [], False


def in_main():
    return threading.current_thread() is threading.main_thread()


def update(a):
    drawn.append((a, in_main(), in_cell))
    line.set_ydata([0, 1 / (a - 0.25)])
    print("moved to", a)


press = {"press": lambda: pressed.append((in_main(), in_cell))}
plots.live(fig, update, "A line that goes up or down to the right.", a=(0, 1, 0.01, 0.5), **press)
figure = plots.Live.made[-1]
"""
# A cell that runs until the test writes the file.
BUSY = """
import time
from pathlib import Path

in_cell = True
print("started")
while not Path({path!r}).exists():
    time.sleep(0.01)
in_cell = False
"""
PACKAGE = Path(__file__).resolve().parents[1] / "course_utils"
CALLBACKS = {
    "observe",
    "on_click",
    "on_msg",
    "on_submit",
    "on_trait_change",
    "interact",
    "interactive",
}
PATIENCE = 120  # seconds that nothing takes on any machine


class Kernel:
    """A kernel, and a second thread in it for what widgets say, as JupyterLab asks for one."""

    def __init__(self, client):
        self.client = client
        client.control_channel.send(client.session.msg("create_subshell_request"))
        self.thread = client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]

    def reply(self, number):
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == number:
                return reply["content"]

    def run(self, source):
        content = self.reply(self.client.execute(source))
        assert content["status"] == "ok", content

    def value(self, expression):
        """The value of an expression, by a request that is no cell."""
        number = self.client.execute("", silent=True, user_expressions={"value": expression})
        return ast.literal_eval(
            self.reply(number)["user_expressions"]["value"]["data"]["text/plain"]
        )

    def send(self, kind, content):
        """Send a message to the second thread; its number."""
        message = self.client.session.msg(kind, content)
        message["header"]["subshell_id"] = self.thread
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def say(self, widget, **data):
        self.send("comm_msg", {"comm_id": widget, "data": data})

    def move(self, slider, value):
        self.say(slider, method="update", state={"value": value}, buffer_paths=[])

    def hear(self, widget=None, value=None, text=None):
        """Wait until the kernel tells the browser a widget's value, or prints a text."""
        while True:
            content = self.client.get_iopub_msg(timeout=PATIENCE)["content"]
            state = content.get("data", {}).get("state", {})
            if widget and content.get("comm_id") == widget and state.get("value") == value:
                return
            if text and text in content.get("text", ""):
                return

    def start_busy_cell(self, notice, stop):
        """Start a cell that runs until the file is there; the figure has said that it waits."""
        cell = self.client.execute(BUSY.format(path=str(stop)))
        self.hear(notice, WAITS)
        self.hear(text="started")
        return cell

    def wait_for_the_second_thread(self):
        """Until it has dealt with all that was sent to it."""
        self.reply(self.send("kernel_info_request", {}))


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    yield Kernel(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def widgets(kernel):
    """The numbers of slider, button and notice."""
    kernel.run(FIGURE)
    parts = ("sliders['a']", "buttons['press']", "notice")
    return [kernel.value(f"figure.{part}.model_id") for part in parts]


def test_beside_a_running_cell_a_figure_waits_and_says_so(kernel, tmp_path):
    slider, _, notice = widgets(kernel)
    kernel.move(slider, 0.4)  # after a first message ipykernel 7 takes the second thread
    while kernel.value("figure.sliders['a'].value") != 0.4:
        pass
    kernel.run("drawn.clear()")
    cell = kernel.start_busy_cell(notice, tmp_path / "stop")
    for value in (0.6, 0.7, 0.8):
        kernel.move(slider, value)
    kernel.wait_for_the_second_thread()
    (tmp_path / "stop").touch()
    assert kernel.reply(cell)["status"] == "ok"
    kernel.hear(notice, "")
    assert kernel.value("drawn") == [(0.8, True, False)]  # once, with the latest value


def test_first_messages_and_buttons_wait_too(kernel, tmp_path):
    slider, button, notice = widgets(kernel)
    kernel.run("drawn.clear()")
    cell = kernel.start_busy_cell(notice, tmp_path / "stop")
    kernel.move(slider, 0.6)
    kernel.say(button, method="custom", content={"event": "click"})
    kernel.wait_for_the_second_thread()
    (tmp_path / "stop").touch()
    assert kernel.reply(cell)["status"] == "ok"
    while not kernel.value("pressed"):
        pass
    assert kernel.value("pressed") == [(True, False)]
    assert kernel.value("drawn") == [(0.6, True, False)] * 2


def test_what_an_update_prints_or_raises_stands_under_the_figure(kernel):
    widgets(kernel)
    kernel.run("figure.sliders['a'].value = 0.75")
    (printed,) = kernel.value("figure.log.outputs")
    assert (printed["name"], printed["text"]) == ("stdout", "moved to 0.75\n")
    kernel.run("figure.sliders['a'].value = 0.25")
    assert "ZeroDivisionError" in kernel.value("figure.log.outputs")[-1]["text"]
    kernel.run("figure.sliders['a'].value = 0.5")
    assert "Error" not in str(kernel.value("figure.log.outputs"))


def test_every_callback_of_a_widget_belongs_to_a_live_figure():
    """Else `tests.driving` would miss it. The painter's one only keeps what was drawn."""
    sources = {path.name: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = code_cells(read(path.name[:2])[0])
        sources[path.name] = "\n".join(cell.source for cell in cells)
    found = {name for name, source in sources.items() if CALLBACKS & set(called(source))}
    assert found <= {"live.py", "painter.py"} and "live.py" in found


def called(source):
    """The names of all functions and methods that a source calls."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", None))
