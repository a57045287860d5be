"""The tests mirror src/kaa."""
