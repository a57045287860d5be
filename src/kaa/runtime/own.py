"""Telling Kaa's own code from the guest's."""

from __future__ import annotations

import os

from kaa.runtime.invisible import invisible

#: Where Kaa's own modules are; ends in a separator.
OWN_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


@invisible
def is_own(filename: object) -> bool:
    """Whether code with this `co_filename` is Kaa's own."""
    return isinstance(filename, str) and filename.startswith(OWN_FOLDER)
