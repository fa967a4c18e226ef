#!/bin/sh
# In an environment with JupyterLab, `import nbformat` builds 38 parsers: nbformat validates with jsonschema, jsonschema
# registers checks of formats for whatever it can import, and one of those, rfc3987-syntax, which Jupyter's events bring
# along for jsonschema's extra "format-nongpl", makes a parser for each rule of its grammar when it is imported. No notebook
# schema asks for that format. It is most of the time that the import takes.
# Met where each of many short test processes paid for it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check \
  nbformat==5.11.1 jsonschema==4.26.0 rfc3987-syntax==1.1.0 lark==1.3.1
cat > "$folder/count.py" <<'PYTHON'
import sys
import time
from importlib import metadata

import lark

made, make = [], lark.Lark.__init__


def counted(self, *arguments, **options):
    made.append(options.get("start"))
    make(self, *arguments, **options)


lark.Lark.__init__ = counted
if sys.argv[1] == "without":
    sys.modules["rfc3987_syntax"] = None
start = time.process_time()
import nbformat

seconds = time.process_time() - start
print(sys.argv[1], "rfc3987-syntax:", len(made), "parsers,", f"{seconds:.2f} s of CPU", file=sys.stderr)
print(len(made))
PYTHON
"$python" -m pip list --disable-pip-version-check --format freeze | grep -i -E "^(nbformat|jsonschema|rfc3987|lark)" || true
with=$("$python" "$folder/count.py" with)
without=$("$python" "$folder/count.py" without)
test "$with" -gt 30 && test "$without" -eq 0
