"""The meaning of every instruction, one module a theme."""
