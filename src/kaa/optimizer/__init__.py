"""The optimizing compiler for hot functions: a later step, nothing is here yet."""
