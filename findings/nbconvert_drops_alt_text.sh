#!/bin/sh
# IPython's Image(alt=...) writes the alt text where nbformat has room for it, in the metadata of the output.
# nbconvert does not read it from there: its HTML says that no description has been provided, and its Markdown
# says 'png'.
# Met where every figure of a lesson has an alt text, and a screen reader hears none of them in the exports.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check ipython==9.18.1 nbconvert==7.17.2 nbformat==5.11.1 pillow==13.0.0
cd "$folder"
"$python" - <<'PYTHON' 2>/dev/null
import io

import nbconvert
from IPython.display import Image
from nbconvert import HTMLExporter, MarkdownExporter, SlidesExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
import PIL.Image

print("nbconvert", nbconvert.__version__)
PIL.Image.new("L", (4, 4)).save(buffer := io.BytesIO(), "png")
data, metadata = Image(buffer.getvalue(), alt="A black square.")._repr_mimebundle_()
data = {"image/png": data} if isinstance(data, str) else data
metadata = metadata if "image/png" in metadata else {"image/png": metadata}
print("metadata of the output:", metadata)
output = new_output("display_data", data, metadata=metadata)
notebook = new_notebook(cells=[new_code_cell("picture", outputs=[output])])
for exporter in (HTMLExporter, SlidesExporter, MarkdownExporter):
    body, _ = exporter().from_notebook_node(notebook)
    print(
        f"{exporter.__name__}: the alt text is there: {'A black square.' in body};",
        f"'No description has been provided': {'No description has been provided' in body}",
    )
    assert "A black square." not in body
    assert ("No description has been provided" in body) == (exporter is not MarkdownExporter)
PYTHON
