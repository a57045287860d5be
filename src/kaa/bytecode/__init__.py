"""CPython 3.13's instruction set as data; code units, exception and line tables, pyc files, the verifier."""
