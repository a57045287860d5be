"""Settings for all tests: properties are tried on sixty examples, and no test measures time."""

from hypothesis import settings

settings.register_profile("kaa", max_examples=60, deadline=None)
settings.load_profile("kaa")
