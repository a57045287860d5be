"""Tests of kaa.bytecode."""
