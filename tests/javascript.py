"""What the widgets' JavaScript computes for values from Python, in Node.js, without a browser."""

import json
import subprocess
from base64 import b64encode
from functools import cache
from pathlib import Path

import numpy as np

VALUES = Path(__file__).parent / "js" / "values.js"


@cache
def _node():
    """One process for all questions; it ends with this one, when its input does."""
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return subprocess.Popen(["node", VALUES], **pipes)


def javascript(name: str, *values):
    """The answer of that name in tests/js/values.js to values: numbers, texts, arrays, widgets.

    A widget comes with all its own traits. A number that is NaN comes back as None.
    """
    node = _node()
    node.stdin.write(in_json([name, *values]) + "\n")
    node.stdin.flush()
    answer = node.stdout.readline()
    assert answer, f"{VALUES.name} ended with {node.wait()}: see what it wrote on stderr."
    return json.loads(answer)


def in_json(values) -> str:
    """Values with arrays and widgets in them; bytes become {"base64": ...}."""
    return json.dumps(values, default=_plain)


def state_of(widget) -> dict:
    """The widget's own traits, as the browser gets them."""
    names = [name for name in widget.traits(sync=True) if name[0] != "_"]
    of_all = {"layout", "tabbable", "tooltip"}  # of every ipywidget
    return {name: getattr(widget, name) for name in names if name not in of_all}


def _plain(value):
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode()}
    return value.tolist() if isinstance(value, np.ndarray) else state_of(value)
