"""Microthreads: the Stackless API over greenlet, and pickles of suspended computations."""

from kaa.microthreads.pickling import dumps, loads

__all__ = ["dumps", "loads"]
