"""Where the library is by which a program of another language loads this Python."""

from __future__ import annotations

import os
import sysconfig


def library() -> str:
    """The path of this Python's shared library. Raises FileNotFoundError if it has none."""
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    path = os.path.join(folder or "", name or "")
    if ".so" not in path or not os.path.isfile(path):
        raise FileNotFoundError(
            f"this Python has no shared library ({path}), which a program needs to embed it"
        )
    return path
