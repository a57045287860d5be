"""Microthreads: the Stackless API over greenlet."""
