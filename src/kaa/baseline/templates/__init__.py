"""The template of every instruction, one module a theme."""
