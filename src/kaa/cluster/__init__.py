"""Microthreads over several machines: a later step, nothing is here yet."""
