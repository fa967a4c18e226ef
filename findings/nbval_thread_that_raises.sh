#!/bin/sh
# A cell that starts a thread stays green under nbval when the thread raises: Python hands the exception to
# threading.excepthook, the kernel prints it as text, and nbval looks for error messages alone.
# Met where a widget's callback ran in a thread.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check ipykernel==7.4.0 nbval==0.11.0 pytest==9.2.0
cd "$folder"
cat > make.py <<'PYTHON'
import nbformat
from nbformat.v4 import new_code_cell, new_notebook

source = "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()"
nbformat.write(new_notebook(cells=[new_code_cell(source), new_code_cell("1 / 0")]), "thread.ipynb")
PYTHON
"$python" make.py
PATH="$folder/venv/bin:$PATH" "$python" -m pytest -p no:cacheprovider --nbval-lax --nbval-current-env -q thread.ipynb > log.txt || true
tail -n 4 log.txt
echo "nbval 0.11.0, ipykernel 7.4.0: the first cell divides by zero in a thread, the second one outside of it"
grep -q "1 failed, 1 passed" log.txt
