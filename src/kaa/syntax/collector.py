"""A pause for the cyclic garbage collector while a tree or a code object is made.

Making them allocates very many objects that all stay, and no garbage in cycles. Each time that some
thousands of them are there, the collector would look through all of them for nothing: a third of the time
of a compilation. The host's compiler, whose trees are no Python objects, does not set it off either.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection in here, unless another thread asks for one; afterwards as before."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
