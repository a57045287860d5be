"""Tests of kaa.runtime."""
