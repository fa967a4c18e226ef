"""A lesson is executed once in a run: what nbval's guard keeps is what nbclient would have made."""

import asyncio
import copy
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
import zmq.asyncio
from jupyter_client.session import Session
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.notebooks import Channel, execute
from tests import executions, guarded

OF_ALL_KINDS = [
    "print('a')\nprint('b')\n1 + 1",
    "import sys\nprint('told', file=sys.stderr)",
    """
from IPython.display import HTML, Markdown, clear_output, display

handle = display(1, display_id=True)""",
    "print('gone')\nclear_output()\nprint('kept')\nclear_output(wait=True)\nprint('last')",
    "print('stays')\nclear_output(wait=True)",
    "handle.update(HTML('<b>two</b>'))\nfor k in range(3):\n    handle.update(Markdown(str(k)))",
    "again = display('x', display_id='same')\nagain = display('y', display_id='same')",
    "clear_output()\nother = display('z', display_id='same')\nother.update('end')",
    "1 / 0",
    """
import ipywidgets

out = ipywidgets.Output()
with out:
    print("inside")
    display(HTML("<i>inside</i>"))
print("outside")
out""",
    "with out:\n    clear_output()\n    print('anew')\n    print('and more')",
    "with out:\n    clear_output(wait=True)\nwith out:\n    print('after')",
    "slider = ipywidgets.IntSlider(3, description='k')\nslider",
    "slider.value = 7\nslider.layout.width = '300px'",
    """
import anywidget
import numpy as np
import traitlets


class Two(anywidget.AnyWidget):
    _esm = "export default { render({ el }) { el.textContent = 'two'; } };"
    first = traitlets.Bytes(b"").tag(sync=True)
    second = traitlets.Bytes(b"").tag(sync=True)


two = Two(first=b"one", second=np.arange(6.0).tobytes())
two""",
    "two.first = b'another'",
    """
from course_utils import plots

fig, (ax,) = plots.planes(1, size=1)
(line,) = ax.plot([0, 1], [0, 1])
presses = []
words = "A line that goes up to the height a."
plots.live(fig, lambda a: line.set_ydata([len(presses), a]), words, a=(0.0, 1.0, 0.1, 0.5),
           press=lambda: presses.append(1))""",
    """
from course_utils.training import Steps

for step in (bar := Steps(4, "walk")):
    bar.show(loss=0.25)""",
    "from tqdm.auto import tqdm\nfor k in tqdm(range(3)):\n    print(k, end='\\r')",
]
pytestmark = pytest.mark.notebook
STATE = "application/vnd.jupyter.widget-state+json"
# Times, addresses, and the number of a cell in a traceback: nbval keeps no history, so it is 1.
OWN = re.compile(r"\d+(?:\.\d+)? ?(?:s|ms|it/s|s/it)\b|\d\d:\d\d|\?it/s|0x[0-9a-f]+|In\[\d+\]")
BAR = re.compile(r"\|(\\u25\w\w| )+(?=\|)")  # as wide as the times beside it leave room for
ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27})(?![0-9a-f])")


def cells():
    found = [new_markdown_cell("# Of all kinds")]
    for source in OF_ALL_KINDS:
        tags = ["raises-exception"] if source == "1 / 0" else []
        found.append(new_code_cell(source.strip(), metadata={"tags": tags}))
    for number, cell in enumerate(found):
        cell.id = f"cell{number}"
    return found


def comparable(notebook):
    """A notebook as texts without times and addresses; ids are numbers in the order of meeting.

    That is the order of the cells, and from the state of a widget on to those that it holds.
    """
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    states = notebook.metadata.pop("widgets")[STATE]["state"]
    met = dict.fromkeys(ID.findall(json.dumps(notebook.cells)))
    for name in (queue := [*met]):
        held = ID.findall(json.dumps(states.get(name), sort_keys=True))
        queue += [other for other in dict.fromkeys(held) if other not in met]
        met |= dict.fromkeys(held)
    numbers = {name: f"id {number}" for number, name in enumerate(met)}
    shown = [{**state, "id": name} for name, state in states.items() if name in met]
    shown.sort(key=lambda state: [*met].index(state["id"]))
    rest = [{**state, "id": ""} for name, state in states.items() if name not in met]
    texts = [json.dumps(part, indent=1, sort_keys=True) for part in (notebook, *shown, *rest)]
    texts = [ID.sub(lambda found: numbers.get(found[0], "an id"), OWN.sub("", t)) for t in texts]
    texts = [BAR.sub("|", text) for text in texts]
    return texts[: 1 + len(shown)] + sorted(texts[1 + len(shown) :])


THREAD = "threading.Thread(target=lambda: time.sleep(1) or 1 / 0).start()"
OTHERS = {
    "failing": [new_code_cell("1"), new_code_cell("1 / 0"), new_code_cell("2")],
    "skipping": [new_code_cell("1"), new_code_cell("2", metadata={"tags": ["nbval-skip"]})],
    "thread": [new_code_cell("import threading, time"), new_code_cell(THREAD)],
    "good": [new_code_cell("1")],
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Name -> the notebook as a guarded run over all of them has kept it."""
    folder = tmp_path_factory.mktemp("recorded")
    told = guarded.run(folder, {"kinds": cells(), **OTHERS}).stdout
    assert guarded.outcomes(told, "kinds") == ["PASSED"] * len(OF_ALL_KINDS), told
    files = (folder / "executed").glob("*.ipynb")
    return {path.stem.rpartition("-")[0]: nbformat.read(path, as_version=4) for path in files}


def test_both_ways_give_the_same_notebook(kept, tmp_path):
    by_client = new_notebook(cells=cells())
    execute(by_client, tmp_path, store_widget_state=True)
    one, other = comparable(by_client), comparable(copy.deepcopy(kept["kinds"]))
    assert len(one) == len(other) > 10
    for text, same in zip(one, other, strict=True):
        assert text.splitlines() == same.splitlines()


def test_a_reply_that_comes_while_an_output_widget_is_sent_is_read():
    async def reply():
        session, there, here = Session(key=b""), zmq.Context(), zmq.asyncio.Context()
        with there, here, there.socket(zmq.PAIR) as kernel, here.socket(zmq.PAIR) as socket:
            socket.connect(f"tcp://127.0.0.1:{kernel.bind_to_random_port('tcp://127.0.0.1')}")
            channel = Channel(socket, session)
            channel.send(session.msg("execute_request"))
            kernel.recv_multipart()
            waiting = asyncio.ensure_future(channel.get_msg(timeout=600))
            await asyncio.sleep(0.1)  # now it waits
            session.send(kernel, "execute_reply")
            time.sleep(0.2)  # the reply has come, and nobody has looked
            channel.send(session.msg("comm_msg"))
            return await asyncio.wait_for(waiting, timeout=20)

    with ThreadPoolExecutor(1) as pool:  # of its own, where no other loop runs
        assert pool.submit(asyncio.run, reply()).result(timeout=60)["msg_type"] == "execute_reply"


def test_it_holds_what_it_is_to_hold(kept):
    text = json.dumps(kept["kinds"])
    for word in ("OutputModel", "buffers", "FloatSliderModel", "image/png", "ZeroDivisionError"):
        assert word in text
    code = kept["kinds"].cells[1:]
    assert "gone" not in json.dumps([cell.outputs for cell in code])
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    assert all(executions.seconds(cell) > 0 for cell in code)


def test_only_what_passes_as_a_whole_is_kept(kept):
    assert {*kept} == {"kinds", "good"}


def test_more_than_one_execution_turns_the_run_red(tmp_path):
    """Two files of one name stand for one lesson, which no run would find twice."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    notebooks = {f"{name}/one": [new_code_cell("1")] for name in ("a", "b")}
    run = guarded.run(tmp_path, notebooks, *guarded.TWO_PROCESSES)
    assert run.returncode == 1 and guarded.outcomes(run.stdout, "one") == ["PASSED"] * 2
    assert "nbval 2 x" in run.stdout and "Executed more than once: one" in run.stdout
