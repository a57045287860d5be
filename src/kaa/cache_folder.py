"""Where Kaa keeps what it makes once for a user: the machine's image, and a starter for source trees.

The place is the XDG base directory specification's. It is worked out here in a line, not by a library, because every
start asks for it, also one under `-S`, when no installed library can be imported.
"""

import os


def cache_folder() -> str:
    """The folder, which may not exist yet: `KAA_CACHE`, or `kaa` in the user's cache folder."""
    chosen = os.environ.get("KAA_CACHE")
    if chosen:
        return chosen
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "kaa")
