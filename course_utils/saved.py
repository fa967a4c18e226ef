"""What becomes of a lesson's outputs when it is saved or exported: a page without a kernel.

The course's own environment uses this: its files in etc/jupyter and share/jupyter, which `jupyter/`
holds, name it to the Jupyter server and to nbconvert.
"""

from html import escape

import zmq
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
DESCRIBED = f"{__name__}.Described"


def _jupyter_server_extension_points():
    return [{"module": __name__}]


def _load_jupyter_server_extension(app):
    app.contents_manager.register_pre_save_hook(leave_pictures)
    if zmq.has("curve"):  # ipykernel warns about each start of a kernel that is not encrypted
        app.kernel_manager.transport_encryption = "auto"
    for exporter in ("HTMLExporter", "MarkdownExporter"):  # JupyterLab's Save and Export
        app.web_app.settings["config"][exporter].preprocessors.append(DESCRIBED)


def leave_pictures(model: dict, **_: object) -> None:
    """Before a notebook is written: where a widget lies beside its picture, keep the picture.

    JupyterLab prefers the widget, and without its kernel that is only an error. A widget that has
    no other form, or whose state is saved in the notebook, stays.

    Args:
        model: what Jupyter's contents manager is going to save; changed in place.
    """
    if model.get("type") != "notebook":
        return
    notebook = model["content"]
    states = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            alone = set(data) <= {VIEW, "text/plain"}
            if VIEW in data and not alone and data[VIEW].get("model_id") not in states:
                del data[VIEW]


class Described(Preprocessor):
    """Gives pictures their alt text in exports to HTML, slides and Markdown.

    nbconvert's own templates leave it out and write "No description has been provided".
    """

    def preprocess_cell(  # pyrefly: ignore[bad-override]
        self, cell: NotebookNode, resources: ResourcesDict, index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """The cell with each described PNG as an element of HTML."""
        for output in cell.get("outputs", []):
            data, about = output.get("data", {}), output.get("metadata", {}).get("image/png", {})
            if "image/png" in data and "text/html" not in data and about.get("alt"):
                file = output.metadata.get("filenames", {}).get("image/png", "")
                source = file.replace("\\", "/") or f"data:image/png;base64,{data['image/png']}"
                width = f' width="{about["width"]}"' if "width" in about else ""
                alt = escape(about["alt"])
                data["text/html"] = f'<img src="{source}" alt="{alt}"{width}>'
        return cell, resources
