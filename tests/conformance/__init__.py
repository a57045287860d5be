"""CPython's own test modules, run on Kaa next to the host and compared test by test."""
