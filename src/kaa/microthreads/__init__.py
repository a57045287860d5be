"""Microthreads: the Stackless API over greenlet, and suspended computations as pickles and files."""

from kaa.microthreads.checkpoints import checkpoint, resume
from kaa.microthreads.collection import collect
from kaa.microthreads.pickling import dumps, loads
from kaa.microthreads.storage import restore, save

__all__ = ["checkpoint", "collect", "dumps", "loads", "restore", "resume", "save"]
