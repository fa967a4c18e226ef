"""Where the course's files lie: nothing depends on the folder that Python was started in."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# An installed package holds the data; in the repository they lie beside the package.
DATA = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent / "data"
PICTURES, CHECKPOINTS, VERDICTS = DATA / "densities", DATA / "checkpoints", DATA / "verdicts.csv"
NOTEBOOKS = _PACKAGE.parent / "notebooks"  # in the repository alone
