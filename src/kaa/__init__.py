"""Kaa: Python written in Python."""

version = "0.1.0"
