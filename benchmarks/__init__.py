"""Side-by-side runs of pyperformance's programs on Kaa, CPython and PyPy."""
