"""How much of the value stack a construct may use before the generator builds it piece by piece."""

STACK_USE_GUIDELINE = 30
"""Literals and calls with more parts than this are built up in a container instead of on the stack."""
