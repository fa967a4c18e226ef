"""What the course prints and leaves behind, also where a terminal or a folder does not let it."""

import sys
from collections.abc import Callable
from pathlib import Path

# Words for the signs of claims and exercises where the output has no such signs.
_WORDS = {"✓": "[yes]", "✗": "[no]", "○": "[open]"}


def say(text: str) -> None:
    """Print a line; letters that the encoding of the output lacks are spelt out in its own.

    So does the output of a script that Windows writes to a file: it has no tick and no alpha.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for sign, word in _WORDS.items():
        if sign in text and not _has(encoding, sign):
            text = text.replace(sign, word)
    print(text.encode(encoding, "namereplace").decode(encoding))


def keep(write: Callable[[Path], object], path: Path) -> None:
    """Call `write(path)` for a file that nothing needs later.

    Where the folder is missing, read-only or full, a sentence says so, and all else goes on.
    """
    path = Path(path)
    try:
        write(path)
    except OSError as error:
        say(
            f"{path.name} is left out: the folder {path.absolute().parent} does not take it "
            f"({error.strerror or error}). Nothing else needs this file."
        )


def _has(encoding: str, sign: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
