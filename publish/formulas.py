"""Formulas as HTML and MathML, made by KaTeX while a page is built: no reader waits for them."""

import json
import re
import subprocess
from functools import cache

from publish.notebooks import ROOT

# Answers each line, [formula, whether it stands alone], with a line: [HTML, what is wrong].
KATEX = """
import katex from "./node_modules/katex/dist/katex.mjs";
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const [formula, displayMode] = JSON.parse(line);
  let answer;
  try {
    answer = [katex.renderToString(formula, { displayMode, strict: "ignore" }), ""];
  } catch (error) {
    answer = ["", String(error.message)];
  }
  console.log(JSON.stringify(answer));
}
"""


@cache
def _katex() -> subprocess.Popen:
    command = ["node", "--input-type=module", "-e", KATEX]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@cache
def html(formula: str, alone: bool = False) -> str:
    """A formula in LaTeX as HTML; its source is left out, which no reader sees.

    Raises:
        ValueError: KaTeX does not understand it.
    """
    katex = _katex()
    if not (katex.stdin and katex.stdout):
        raise RuntimeError("Node.js does not listen.")
    katex.stdin.write(json.dumps([formula, alone]) + "\n")
    katex.stdin.flush()
    text, wrong = json.loads(katex.stdout.readline())
    if wrong:
        raise ValueError(wrong)
    text = re.sub(r"<annotation.*?</annotation>|</?semantics>", "", text, flags=re.DOTALL)
    return text.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
