"""The lessons in reading order, and how a notebook is executed in a fresh kernel."""

from collections.abc import Collection
from pathlib import Path

import nbformat
import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError
from nbformat import NotebookNode
from traitlets import Type

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"


def select(numbers: Collection[str] = ()) -> list[Path]:
    """The notebooks in reading order, or those with these numbers.

    Raises:
        SystemExit: there is no notebook with one of the numbers.
    """
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    unknown = set(numbers) - {path.name[:2] for path in paths}
    if unknown:
        raise SystemExit(f"There is no notebook {', '.join(sorted(unknown))} in {NOTEBOOKS}.")
    return [path for path in paths if not numbers or path.name[:2] in numbers]


def read(path: Path) -> NotebookNode:
    """The notebook in a file."""
    return nbformat.read(path, as_version=4)  # pyrefly: ignore[bad-return]


class Channel(AsyncZMQSocketChannel):
    """A channel to a kernel that looks, after it has sent, for what has come meanwhile.

    nbclient sends the contents of an Output widget while it waits for the reply to a cell. ZeroMQ
    tells only once that a message has come, and tells it to what sends just then, so nbclient would
    wait until its time is up (github.com/jupyter/jupyter_client/pull/1059).
    """

    def send(self, msg: dict) -> None:
        """Send a message to the kernel."""
        super().send(msg)
        self.socket.get(zmq.EVENTS)  # pyzmq then reads what is there


class Client(AsyncKernelClient):
    """A client of a kernel whose requests and replies go through a `Channel`."""

    shell_channel_class = Type(Channel)


def execute(
    notebook: NotebookNode, folder: Path = NOTEBOOKS, store_widget_state: bool = False
) -> None:
    """Run all cells in a fresh kernel; outputs are stored in place; the first error is raised.

    Each cell's metadata tell when it began and ended.

    Raises:
        TimeoutError: a cell took more than ten minutes.
    """
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        store_widget_state=store_widget_state,
        record_timing=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.create_kernel_manager().client_factory = Client
    try:
        client.execute()
    except CellTimeoutError:
        raise TimeoutError(
            "A cell took more than ten minutes. Is the machine busy? Close what else computes, and "
            "try again."
        ) from None
