"""A pytest plugin, first of all by `-p tests.light`: what no test needs is not imported.

jsonschema, which checks notebooks, parses grammars for two seconds in each process, for a format of
addresses that notebooks lack. It does without where it finds no `rfc3987_syntax`.
"""

import sys

sys.modules["rfc3987_syntax"] = None
