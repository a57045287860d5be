"""Where Kaa's own code lives: its functions are opaque to guest code, and its frames never show."""

from pathlib import Path

KAA = str(Path(__file__).resolve().parent.parent)
"""The folder of the package, which the file names of all its code start with."""
