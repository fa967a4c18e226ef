"""Records what a kernel says, message by message, just as nbclient does."""

import copy
from contextlib import suppress

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode


class Recorder:
    """A copy of a notebook with the outputs and the widget state of the run that it listens to.

    nbclient keeps them: what is cleared or updated, what goes into an Output widget, and buffers.
    Someone else runs the cells, starts each here, and passes all messages of the kernel on.

    Args:
        notebook: stays as it is.
        kernel_client: a blocking client of the kernel that runs the cells.
    """

    def __init__(self, notebook: NotebookNode, kernel_client):
        self._client = NotebookClient(
            copy.deepcopy(notebook), store_widget_state=True, record_timing=True
        )
        self._client.kc = kernel_client
        info = kernel_client.kernel_info(reply=True, timeout=300)["content"]
        self._client.nb.metadata["language_info"] = info["language_info"]
        cells = self._client.nb.cells
        self._places = [place for place, cell in enumerate(cells) if cell.cell_type == "code"]
        self.request = self._number = None

    def start(self, number: int, request: str):
        """The code cell `number`, from 0, has been sent to the kernel as this request."""
        self._number, self.request = number, request
        self._client.clear_before_next_output = False
        self.cell.outputs = []
        self.cell.metadata["execution"] = {}

    @property
    def cell(self) -> NotebookNode:
        """The cell that runs, or ran last; its outputs are those that a reader sees now."""
        return self._client.nb.cells[self._places[self._number]]

    def take(self, message: dict):
        """A message of the kernel; what no cell has caused is left out."""
        if self.request is None or message["parent_header"].get("msg_id") != self.request:
            return
        if "execution_count" in message["content"]:  # nbval keeps no history, so all are 1
            message["content"]["execution_count"] = self._number + 1
        with suppress(CellExecutionComplete):
            self._client.process_message(message, self.cell, self._places[self._number])

    def notebook(self) -> NotebookNode:
        """The executed notebook, with the state of its widgets."""
        self._client.set_widgets_metadata()
        return self._client.nb
