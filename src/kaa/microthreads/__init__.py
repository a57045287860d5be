"""Microthreads: the Stackless API over greenlet, and suspended computations as pickles and files."""

from kaa.microthreads.pickling import dumps, loads
from kaa.microthreads.storage import restore, save

__all__ = ["dumps", "loads", "restore", "save"]
